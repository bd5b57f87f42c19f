"""How is an ACME server configured, by the app and by the user?"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import files
from ..errors import ConfigError
from ..hooks import Hook
from ..hooks import ProjectHooks
from ..issuers.acme import CHALLENGES
from ..issuers.acme import DIRECTORIES
from ..issuers.acme import directory_url
from ..issuers.acme import Options
from ..printable import quoted
from . import values
from ._key import Key
from .environment import AGREE_TOS
from .environment import DNS_HOOK
from .environment import user_environment

_PREFIX = "TLSDEV_ACME_"
_TEXT_LENGTH = 1000
_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,255}")


def parse_email(value: object) -> str | None:
    """An e-mail address, or ``None``."""
    text = _optional(value)
    if text is not None and not _EMAIL.fullmatch(text):
        raise ConfigError(f"{quoted(text)} is no e-mail address.")

    return text


def parse_port(value: object) -> int | None:
    """A port to listen on, or ``None``."""
    if value is None:
        return None

    text = values.parse_text(value)
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        raise ConfigError(f"{quoted(text)} is no port.")

    return int(text)


def parse_dns_server(value: object) -> str | None:
    """A DNS server's address, perhaps with a port, or ``None``."""
    from ..issuers.acme.dns_server import parse

    text = _optional(value)
    if text is not None:
        parse(text)

    return text


def _directory(value: object) -> str:
    return directory_url(values.parse_text(value))


def _challenge(value: object) -> str:
    return values.parse_choice(value, CHALLENGES)


def _optional(value: object) -> str | None:
    if value is None or value == "":
        return None

    text = values.parse_text(value)
    if len(text) > _TEXT_LENGTH or not text.isprintable():
        raise ConfigError("The text is too long or cannot be printed.")

    return text


KEYS: Mapping[str, Key] = {
    "TLSDEV_ACME_DIRECTORY": Key(
        "letsencrypt-staging",
        _directory,
        f"{', '.join(map(repr, DIRECTORIES))} or an https URL",
        "The directory of the ACME server that the issuer ``acme`` asks.",
    ),
    "TLSDEV_ACME_EMAIL": Key(
        None,
        parse_email,
        "an e-mail address, or None",
        "Where the authority can reach the account's owner.",
    ),
    "TLSDEV_ACME_CHALLENGE": Key(
        "http-01",
        _challenge,
        f"{', '.join(map(repr, CHALLENGES))}",
        "How control of the names is shown to the ACME server.",
    ),
    "TLSDEV_ACME_HTTP_PORT": Key(
        None,
        parse_port,
        "a port, or None",
        "Where a short-lived server answers ``http-01``; with ``None`` the running"
        " app does.",
    ),
    "TLSDEV_ACME_TLS_PORT": Key(
        None,
        parse_port,
        "a port, or None",
        "Where a short-lived server answers ``tls-alpn-01``; with ``None`` the"
        " running dev server does.",
    ),
    "TLSDEV_ACME_DNS_SERVER": Key(
        None,
        parse_dns_server,
        "an address such as '192.0.2.53' or '127.0.0.1:8053', or None",
        "Who is asked whether the record of ``dns-01`` can be seen; with ``None``"
        " the servers of its zone are.",
    ),
    "TLSDEV_ACME_CA_FILE": Key(
        None,
        values.parse_path,
        "the absolute path of a file, or None",
        "The root of the directory's own certificate, where the system does not"
        " know it.",
    ),
    "TLSDEV_ACME_EAB_KID": Key(
        None,
        _optional,
        "a text, or None",
        "The key id of an external account binding.",
    ),
    "TLSDEV_ACME_EAB_HMAC_KEY": Key(
        None,
        _optional,
        "a text (base64url), or None",
        "The HMAC key of an external account binding.",
    ),
    "TLSDEV_ACME_PREFERRED_CHAIN": Key(
        None,
        _optional,
        "the common name of an issuer, or None",
        "Which of several chains is taken: the one that ends at this issuer.",
    ),
    "TLSDEV_ACME_PROFILE": Key(
        None,
        _optional,
        "the name of a profile, or None",
        "Which of the ACME server's profiles the certificate follows.",
    ),
}


def options(found: Mapping[str, Any], environ: Mapping[str, str]) -> Options:
    """The options of all the keys.

    :param environ: The user's own environment.
    """
    named = {
        key.removeprefix(_PREFIX).lower(): found[key] for key in KEYS if key in found
    }
    return Options(
        **named,
        dns_hook=user_hook(DNS_HOOK, environ),
        agree_tos=environ.get(AGREE_TOS, "").lower() in ("1", "true", "yes"),
    )


def user_hook(variable: str, environ: Mapping[str, str]) -> Hook | None:
    """The hook in a variable of the user's own environment."""
    text = environ.get(variable)
    return Hook.parse(text, variable) if text else None


def project_hook(kind: str) -> Hook | None:
    """The hook that the project's file names and the user has approved.

    :raises ConfigError: It is not approved.
    """
    found = ProjectHooks.read(Path.cwd())
    return found.hook(kind, approvals_folder()) if found else None


def approvals_folder() -> Path:
    """Where the user's approvals of hooks are kept."""
    return files.data_folder(user_environment(os.environ)) / "approved-hooks"
