"""What has to be known to get a certificate from an ACME server?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from ...errors import ConfigError
from ...hooks import Hook
from ...printable import quoted

#: Directories that have a name. Nobody gets the second who did not ask for it:
#: it counts what it issues, and every name goes into public logs for ever.
DIRECTORIES: Mapping[str, str] = MappingProxyType(
    {
        "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
        "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    }
)

CHALLENGES = ("http-01", "tls-alpn-01", "dns-01")

_URL_LENGTH = 2048


def is_https(url: object) -> bool:
    """Whether this is a URL that a request may go to."""
    if not isinstance(url, str) or len(url) > _URL_LENGTH or not url.isascii():
        return False

    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises for one that is no number)
    except ValueError:
        return False

    is_plain = url.isprintable() and " " not in url and "@" not in parts.netloc
    return parts.scheme == "https" and bool(parts.hostname) and is_plain


def directory_url(text: str) -> str:
    """The URL of a directory, of its name or itself.

    :raises ConfigError: It is neither.
    """
    url = DIRECTORIES.get(text, text)
    if not is_https(url):
        raise ConfigError(
            f"{quoted(text)} is no directory of an ACME server.",
            hint=f"It begins with https://, or is {' or '.join(DIRECTORIES)}.",
        )

    return url


@dataclass(frozen=True)
class Options:
    """Which server, which account, and how control of the names is shown."""

    directory: str = DIRECTORIES["letsencrypt-staging"]
    email: str | None = None
    #: The file with the root of the directory's own certificate.
    ca_file: Path | None = None
    eab_kid: str | None = None
    eab_hmac_key: str | None = field(default=None, repr=False)
    challenge: str = CHALLENGES[0]
    #: Where a short-lived server answers http-01; ``None``: the app does.
    http_port: int | None = None
    #: The same for tls-alpn-01; ``None``: our dev server does.
    tls_port: int | None = None
    dns_hook: Hook | None = None
    #: Who is asked whether a TXT record is there; ``None``: the zone's servers.
    dns_server: str | None = None
    #: Common name of the issuer at the top of the wanted chain.
    preferred_chain: str | None = None
    profile: str | None = None
    agree_tos: bool = False

    @property
    def account_id(self) -> str:
        """Names the account's folder: one for each directory and binding."""
        return _id(self.directory, self.eab_kid)

    @property
    def issuer_id(self) -> str:
        """Names what issues: another chain or profile is another pair."""
        wanted = (self.eab_kid, self.preferred_chain, self.profile)
        return f"acme-{_id(self.directory, *wanted)}"


def _id(directory: str, *more: str | None) -> str:
    parts = urlsplit(directory)
    host = re.sub(r"[^a-z0-9.-]", "-", parts.hostname or "")[:40].strip(".-")
    port = f"-{parts.port}" if parts.port not in (None, 443) else ""
    text = "\n".join([directory, *(each or "" for each in more)])
    return f"{host}{port}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
