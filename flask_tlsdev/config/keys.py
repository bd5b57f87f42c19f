"""The ``TLSDEV_*`` keys: what each may be, and what it is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any
from typing import Final

from .. import headers
from ..errors import ConfigError
from ..errors import TLSDevError
from ..keys import DEFAULT_KEY_TYPE
from ..keys import KEY_TYPES
from ..printable import printable
from ..spelling import nearest
from . import values

#: The default of a header's key: ``TLSDEV_HEADERS`` decides.
BY_PRESET: Final = "as TLSDEV_HEADERS says"


@dataclass(frozen=True)
class Key:
    """One key of ``app.config``."""

    #: What it is when nobody sets it, in the form in which people set it.
    default: object
    #: Makes the value that the program works with, or raises ``ValueError``.
    parse: Callable[[Any], Any]
    #: What it may be, for a sentence that begins "It takes".
    takes: str
    #: What it is for, in one sentence.
    doc: str


def _header(name: str, takes: str, doc: str) -> Key:
    takes = f"True (our default), None (no such header), or {takes}"
    return Key(BY_PRESET, partial(headers.make, name), takes, doc)


_DURATION = "a timedelta, a number of days, or a text such as '90d', '12h' or '30m'"

#: Every key there is.
KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "TLSDEV_NAMES": Key(
            "localhost, 127.0.0.1, ::1",
            values.parse_name_list,
            "DNS names and addresses: a list, or one text with commas",
            "The names and addresses that the app is served under.",
        ),
        "TLSDEV_ISSUER": Key(
            "local-ca",
            values.parse_text,
            "the name of an issuer",
            "Who issues the certificate: ``local-ca``, ``self-signed``, ``files``,"
            " or one of your own.",
        ),
        "TLSDEV_ON_DEMAND": Key(
            None,
            values.parse_suffixes,
            "domains such as 'app.test': a list, one text with commas, or None",
            "Domains below which every name gets a certificate when a client on this"
            " machine asks for it.",
        ),
        "TLSDEV_KEY_TYPE": Key(
            DEFAULT_KEY_TYPE,
            values.parse_key_type,
            ", ".join(KEY_TYPES),
            "The kind of private key that is made for the certificate.",
        ),
        "TLSDEV_LIFETIME": Key(
            "90d",
            values.parse_lifetime,
            f"{_DURATION}, at most {values.LONGEST_LIFETIME.days} days",
            "How long a certificate is valid; it never outlives the CA.",
        ),
        "TLSDEV_RENEW_BEFORE": Key(
            None,
            values.parse_margin,
            f"{_DURATION}, less than TLSDEV_LIFETIME, or None",
            "How long before its end a certificate is renewed; ``None`` is a third"
            " of its life.",
        ),
        "TLSDEV_MINIMUM_VERSION": Key(
            "TLSv1.2",
            values.parse_minimum_version,
            " or ".join(values.MINIMUM_VERSIONS),
            "The oldest version of TLS that the server speaks.",
        ),
        "TLSDEV_CLIENT_CA": Key(
            None,
            values.parse_path,
            "the absolute path of a file, or None",
            "The file (PEM) with the CA whose certificates clients show.",
        ),
        "TLSDEV_CLIENT_CERTIFICATE": Key(
            "optional",
            values.parse_client_certificate,
            " or ".join(map(repr, values.CLIENT_CERTIFICATES)),
            "Whether a client without a certificate of ``TLSDEV_CLIENT_CA`` gets in.",
        ),
        "TLSDEV_HANDSHAKE_TIMEOUT": Key(
            10,
            values.parse_timeout,
            "seconds, a timedelta, or a text such as '10s', at most an hour",
            "How long a client may take from connecting to the end of its handshake.",
        ),
        "TLSDEV_HEAD_TIMEOUT": Key(
            20,
            values.parse_timeout,
            "seconds, a timedelta, or a text such as '20s', at most an hour",
            "How long a client may take from the first byte of a request's head to its"
            " last. A body may stand still for as long.",
        ),
        "TLSDEV_IDLE_TIMEOUT": Key(
            15,
            values.parse_timeout,
            "seconds, a timedelta, or a text such as '15s', at most an hour",
            "How long a connection is kept for the next request.",
        ),
        "TLSDEV_MAX_CONNECTIONS": Key(
            256,
            values.parse_count,
            "a number from 1 to 10000",
            "How many clients may be connected at once. Those who take their time have"
            " to go when there are more. Half of the descriptors is the most.",
        ),
        "TLSDEV_FILES_PATH": Key(
            None,
            values.parse_path,
            "the absolute path of a folder, or None",
            "The folder with ``tls.crt`` and ``tls.key`` that the issuer ``files``"
            " serves.",
        ),
        "TLSDEV_HEADERS": Key(
            headers.DEFAULT,
            headers.parse_preset,
            "'balanced' or 'off'",
            "What the keys of the single headers are when they are not set.",
        ),
        "TLSDEV_HSTS": _header(
            "HSTS",
            "seconds, a text such as 'max-age=31536000', or a mapping with max_age,"
            " include_subdomains, preload and force",
            "``Strict-Transport-Security``: browsers come back by HTTPS only. Goes"
            " out over HTTPS, and not in debug or tests or for a name that is used"
            " in development, unless forced.",
        ),
        "TLSDEV_CONTENT_TYPE_OPTIONS": _header(
            "CONTENT_TYPE_OPTIONS",
            "'nosniff'",
            "``X-Content-Type-Options``: browsers believe the ``Content-Type``.",
        ),
        "TLSDEV_FRAME_OPTIONS": _header(
            "FRAME_OPTIONS",
            "'DENY' or 'SAMEORIGIN'",
            "``X-Frame-Options``: which pages may show this one in a frame.",
        ),
        "TLSDEV_REFERRER_POLICY": _header(
            "REFERRER_POLICY",
            "one policy or several, the last one known to a browser counts",
            "``Referrer-Policy``: how much of its address a page tells to others.",
        ),
        "TLSDEV_COOP": _header(
            "COOP",
            "'same-origin', 'same-origin-allow-popups', 'noopener-allow-popups' or"
            " 'unsafe-none'",
            "``Cross-Origin-Opener-Policy``: which windows may hold on to this one.",
        ),
        "TLSDEV_CORP": _header(
            "CORP",
            "'same-origin', 'same-site' or 'cross-origin'",
            "``Cross-Origin-Resource-Policy``: which sites may embed the response.",
        ),
        "TLSDEV_ORIGIN_AGENT_CLUSTER": _header(
            "ORIGIN_AGENT_CLUSTER",
            "'?1' or '?0'",
            "``Origin-Agent-Cluster``: the page shares no process with its siblings.",
        ),
        "TLSDEV_CSP": _header(
            "CSP",
            "a mapping of directives, or one text",
            "``Content-Security-Policy``: where a page may load things from.",
        ),
    }
)

#: Keys that the environment has and ``app.config`` has not.
_OF_THE_USER = {
    "TLSDEV_STORE_PATH": "--store-path",
    "TLSDEV_CA_PATH": "--ca-path",
}

#: What people call a key: by its name or by the name of its header.
_SPELLINGS = {name.removeprefix("TLSDEV_"): name for name in KEYS} | {
    header.upper().replace("-", "_"): f"TLSDEV_{name}"
    for name, header in headers.NAMES.items()
}

#: How our keys look, and how they look when somebody was in a hurry.
_OURS = re.compile(r"(?:FLASK_)?TLSDEV[_-].*", re.IGNORECASE | re.DOTALL)


def read(config: Mapping[str, object]) -> dict[str, Any]:
    """The value of every key.

    :raises ConfigError: A key is unknown or its value is none that it can have.
    """
    for name in config:
        if name not in KEYS and isinstance(name, str) and _OURS.fullmatch(name):
            raise _unknown(name)

    preset = _parse("TLSDEV_HEADERS", _given(config, "TLSDEV_HEADERS", {}))
    return {name: _parse(name, _given(config, name, preset)) for name in KEYS}


def _given(
    config: Mapping[str, object], name: str, preset: Mapping[str, object]
) -> object:
    if name in config:
        return config[name]

    default = KEYS[name].default
    if default is BY_PRESET:
        return preset.get(name.removeprefix("TLSDEV_"))

    return default


def _parse(name: str, value: object) -> Any:
    key = KEYS[name]
    try:
        return key.parse(value)
    except TLSDevError as error:
        message, hint = error.message, error.hint
        cause: Exception = error
    except ValueError as error:
        message, hint = str(error), ""
        cause = error

    hint = f"{hint} It takes {key.takes}.".lstrip()
    raise ConfigError(f"{name}: {message}", key=name, hint=hint) from cause


def _unknown(name: str) -> ConfigError:
    if name in _OF_THE_USER:
        return ConfigError(
            f"{name} cannot be set in app.config: whoever wrote the app does not"
            " choose where its users keep their keys.",
            key=name,
            hint=f"Set the environment variable {name} in your shell, or type:"
            f" flask tls {_OF_THE_USER[name]} FOLDER ...",
        )

    suffix = re.sub(r"^(?:FLASK_)?TLSDEV[_-]", "", name, flags=re.IGNORECASE)
    near = nearest(suffix, _SPELLINGS)
    hint = (
        f"Did you mean {_SPELLINGS[near]}?" if near else f"There are {', '.join(KEYS)}."
    )
    return ConfigError(f"There is no key {printable(name)}.", key=name, hint=hint)


def policy(values: Mapping[str, Any]) -> headers.Policy:
    """The headers that these values add up to."""
    return headers.Policy(
        tuple(
            header
            for name, key in KEYS.items()
            if key.default is BY_PRESET
            for header in values[name]
        )
    )
