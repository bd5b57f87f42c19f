"""What has to be known to get a certificate from Vault, and who said it?"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import ConfigError
from ...printable import quoted

#: The ways to log in.
AUTHS = ("token", "approle", "kubernetes", "cert")

DEFAULT_ADDRESS = "https://127.0.0.1:8200"

_URL_LENGTH = 2048
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")
_PATH_LENGTH = 200


def check_address(text: str) -> str:
    """The address of a server, without what would not change where it leads.

    :raises ConfigError: It is none that a token may be sent to.
    """
    plain = len(text) <= _URL_LENGTH and text.isascii() and text.isprintable()
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (raises for one that is no number)
    except ValueError:
        plain = False

    if not plain or " " in text or "@" in parts.netloc or not parts.hostname:
        raise _no_address(text, "It looks like https://vault.example.com:8200")

    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _no_address(text, "It ends with the port, without a path.")

    if parts.scheme != "https" and not _is_local(parts.scheme, parts.hostname):
        raise _no_address(
            text, "It begins with https://; http:// is for 127.0.0.1 and localhost."
        )

    return f"{parts.scheme}://{parts.netloc}"


def _is_local(scheme: str, host: str) -> bool:
    if scheme != "http":
        return False

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_address(text: str, hint: str) -> ConfigError:
    return ConfigError(f"{quoted(text)} is no address of a Vault server.", hint=hint)


def check_path(text: str) -> str:
    """The path of a mount, a role or a namespace.

    :raises ConfigError: It would lead somewhere else.
    """
    path = text.strip("/")
    parts = path.split("/")
    if len(path) > _PATH_LENGTH or not all(map(_PART.fullmatch, parts)):
        raise ConfigError(
            f"{quoted(text)} is no name of a mount, a role or a namespace.",
            hint="Letters, digits, '-', '_' and '.' will do, in parts between '/'.",
        )

    return path


@dataclass(frozen=True)
class Options:
    """Which server and role, how to log in, and who named these."""

    address: str = DEFAULT_ADDRESS
    namespace: str | None = None
    mount: str = "pki"
    role: str | None = None
    #: The file with the root of the server's own certificate.
    ca_file: Path | None = None
    #: Through which proxy an https address is reached.
    proxy: str | None = None

    auth: str = AUTHS[0]
    #: Where the way to log in is mounted; by default under its own name.
    auth_mount: str | None = None
    #: The role to log in as with ``kubernetes`` or ``cert``.
    auth_role: str | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    role_id: str | None = None
    secret_id: str | None = field(default=None, repr=False)
    secret_id_file: Path | None = None
    jwt_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None

    #: Whether the user himself, and no repository, has named these.
    address_is_own: bool = False
    ca_is_own: bool = True
    #: Variables of TLS that are not from his own environment.
    foreign_trust: tuple[str, ...] = ()
    #: Whether token and secret id are from the same hand as the address.
    secrets_are_foreign: bool = False

    @property
    def foreign(self) -> str:
        """Why nothing of the user's own is sent there; empty where it is."""
        if not self.address_is_own:
            return "its address is not from your own environment or command line"

        if not self.ca_is_own:
            return "its CA file is not from your own environment or command line"

        return (
            f"a dotenv file sets {quoted(self.foreign_trust[0])}"
            if (self.foreign_trust)
            else ""
        )

    @property
    def issuer_id(self) -> str:
        """Names what issues: another server, mount or role is another issuer."""
        parts = (self.address, self.namespace, self.mount, self.role)
        digest = hashlib.sha256("\n".join(each or "" for each in parts).encode())
        name = "-".join(_slug(each or "") for each in (self.mount, self.role))
        return f"vault-{name}-{digest.hexdigest()[:8]}"

    @property
    def path(self) -> str:
        """Where a CSR is signed."""
        return f"{self.mount}/sign/{self.role}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:22].strip("-") or "none"
