"""The ``TLSDEV_*`` keys: what each may be, and what it is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
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
from ..web import cookies
from ..web import fetch_metadata
from ..web import https
from ..web import overrides
from ..web import reports
from . import acme
from . import values
from . import vault
from ._key import Key as Key

#: The default of a header's key: ``TLSDEV_HEADERS`` decides.
BY_PRESET: Final = "as TLSDEV_HEADERS says"


def _header(name: str, takes: str, doc: str) -> Key:
    takes = f"True (our default), None (no such header), or {takes}"
    return Key(BY_PRESET, partial(headers.make, name), takes, doc)


def _behaviour(parse: Callable[[Any], Any], takes: str, doc: str) -> Key:
    return Key(BY_PRESET, parse, f"True (our default), None (off), or {takes}", doc)


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
            "Who issues the certificate: ``local-ca``, ``self-signed``, ``acme``,"
            " ``files``, ``imported``, or one of your own.",
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
        "TLSDEV_VALIDATION_PATH": Key(
            None,
            values.parse_path,
            "the absolute path of a folder, or None",
            "A folder whose files are shown under ``/.well-known/pki-validation/``,"
            " where a commercial authority looks for the file that it has sent.",
        ),
        **acme.KEYS,
        **vault.KEYS,
        "TLSDEV_HEADERS": Key(
            headers.DEFAULT,
            headers.parse_preset,
            "'balanced', 'strict', 'api' or 'off'",
            "What the keys of the single headers are when they are not set.",
        ),
        "TLSDEV_PATHS": Key(
            None,
            overrides.parse_paths,
            "a mapping of path prefixes to mappings of headers, or None",
            "Other headers below some paths, such as"
            ' ``{"/admin": {"frame_options": "DENY"}}``.',
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
            "a mapping of directives, which changes the preset's, or one text, which"
            " is the whole policy",
            "``Content-Security-Policy``: where a page may load things from.",
        ),
        "TLSDEV_CSP_REPORT_ONLY": _header(
            "CSP_REPORT_ONLY",
            "a mapping of directives, or one text",
            "``Content-Security-Policy-Report-Only``: a policy to try out beside the"
            " one that is in force.",
        ),
        "TLSDEV_PERMISSIONS_POLICY": _header(
            "PERMISSIONS_POLICY",
            "a mapping of features to '()', 'self', '*' or origins, which changes the"
            " preset's, or one text",
            "``Permissions-Policy``: which abilities of the browser a page has.",
        ),
        "TLSDEV_COOP_REPORT_ONLY": _header(
            "COOP_REPORT_ONLY",
            "the policy, or a mapping with policy and report_to",
            "``Cross-Origin-Opener-Policy-Report-Only``: the same to try out.",
        ),
        "TLSDEV_COEP": _header(
            "COEP",
            "'require-corp', 'credentialless' or 'unsafe-none', or a mapping with"
            " policy and report_to",
            "``Cross-Origin-Embedder-Policy``: what a page loads from others must"
            " agree to it.",
        ),
        "TLSDEV_COEP_REPORT_ONLY": _header(
            "COEP_REPORT_ONLY",
            "the policy, or a mapping with policy and report_to",
            "``Cross-Origin-Embedder-Policy-Report-Only``: the same to try out.",
        ),
        "TLSDEV_REPORTING_ENDPOINTS": _header(
            "REPORTING_ENDPOINTS",
            "a mapping of names to https URLs or paths, or one text",
            "``Reporting-Endpoints``: where browsers send their reports.",
        ),
        "TLSDEV_INTEGRITY_POLICY": _header(
            "INTEGRITY_POLICY",
            "a mapping with blocked_destinations, sources and endpoints, or one text",
            "``Integrity-Policy``: which files are loaded only with their hash.",
        ),
        "TLSDEV_INTEGRITY_POLICY_REPORT_ONLY": _header(
            "INTEGRITY_POLICY_REPORT_ONLY",
            "a mapping with blocked_destinations, sources and endpoints, or one text",
            "``Integrity-Policy-Report-Only``: the same to try out.",
        ),
        "TLSDEV_DOCUMENT_POLICY": Key(
            BY_PRESET,
            partial(headers.make, "DOCUMENT_POLICY"),
            "None (no such header), or one text",
            "``Document-Policy``: passed through as it is.",
        ),
        "TLSDEV_DNS_PREFETCH_CONTROL": _header(
            "DNS_PREFETCH_CONTROL",
            "'on' or 'off'",
            "``X-DNS-Prefetch-Control``: whether browsers look up the names of links"
            " beforehand.",
        ),
        "TLSDEV_PERMITTED_CROSS_DOMAIN_POLICIES": _header(
            "PERMITTED_CROSS_DOMAIN_POLICIES",
            "'none', 'master-only', 'by-content-type', 'by-ftp-filename' or 'all'",
            "``X-Permitted-Cross-Domain-Policies``: what Adobe's programs may load.",
        ),
        "TLSDEV_DOWNLOAD_OPTIONS": _header(
            "DOWNLOAD_OPTIONS",
            "'noopen'",
            "``X-Download-Options``: Internet Explorer saves a download first.",
        ),
        "TLSDEV_XSS_PROTECTION": _header(
            "XSS_PROTECTION",
            "'0'",
            "``X-XSS-Protection``: old browsers leave out a harmful filter.",
        ),
        "TLSDEV_CACHE_CONTROL": _header(
            "CACHE_CONTROL",
            "one text",
            "``Cache-Control`` of responses that have none; ``True`` is ``no-store``.",
        ),
        "TLSDEV_REMOVED_HEADERS": _behaviour(
            values.parse_header_names,
            "names of headers: a list, or one text with commas",
            "Headers that are taken out of responses: ``Server`` and ``X-Powered-By``.",
        ),
        "TLSDEV_COOKIES": _behaviour(
            cookies.parse,
            "a mapping with secure, httponly, samesite, host_prefix and except",
            "What cookies get that do not say it: ``Secure`` over HTTPS,"
            " ``SameSite=Lax``.",
        ),
        "TLSDEV_FORCE_HTTPS": _behaviour(
            https.parse,
            "a mapping with status, port and exempt",
            "Redirects plain HTTP to the port that speaks TLS. In development only"
            " with a ``port``, and never in tests.",
        ),
        "TLSDEV_FETCH_METADATA": _behaviour(
            fetch_metadata.parse,
            "'enforce', 'log', or a mapping with mode and exempt",
            "Refuses what another site's page requests, but for links to pages.",
        ),
        "TLSDEV_REPORTS": Key(
            None,
            reports.parse,
            "True (the logger flask_tlsdev), a logger's name, a function, or None",
            "Who is told of what browsers report of pages that break the headers;"
            " ``None``: nothing is reported to us.",
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


def read(
    config: Mapping[str, object], on_problem: headers.OnProblem | None = None
) -> dict[str, Any]:
    """The value of every key: of a header's the headers that it makes, and of
    ``TLSDEV_HEADERS`` the recipe of them all.

    :param on_problem: Told of a header that should not be what it was told to
        be, instead of raising it.
    :raises ConfigError: A key is unknown or its value is none that it can have.
    """
    for name in config:
        if name not in KEYS and isinstance(name, str) and _OURS.fullmatch(name):
            raise _unknown(name)

    preset: str = _parse("TLSDEV_HEADERS", _given(config, "TLSDEV_HEADERS"))
    made = recipe(config, preset, on_problem)
    read: dict[str, Any] = {}
    for name, key in KEYS.items():
        short = name.removeprefix("TLSDEV_")
        if name == "TLSDEV_HEADERS":
            read[name] = made
        elif short in headers.NAMES:
            read[name] = made.entries[short].headers
        elif key.default is BY_PRESET and name not in config:
            read[name] = key.parse(headers.PRESETS[preset].get(short))
        else:
            read[name] = _parse(name, _given(config, name))

    return read


def recipe(
    config: Mapping[str, object],
    preset: str,
    on_problem: headers.OnProblem | None = None,
) -> headers.Recipe:
    """What makes the headers: the preset, with the keys on top of it."""
    made = headers.Recipe.of(preset)
    given = {key for key in headers.NAMES if f"TLSDEV_{key}" in config}
    # These two are kept in step: that both are given has to be seen.
    together = given & {"CSP", "FRAME_OPTIONS"}
    for keys in (
        [*together],
        *([key] for key in headers.NAMES if key in given - together),
    ):
        made = _on_top(made, {key: config[f"TLSDEV_{key}"] for key in keys}, on_problem)

    return made


def _on_top(
    made: headers.Recipe,
    changes: Mapping[str, object],
    on_problem: headers.OnProblem | None,
) -> headers.Recipe:
    origin = " and ".join(f"TLSDEV_{key}" for key in sorted(changes))
    try:
        return made.changed(changes, origin, on_problem)
    except headers.HeaderProblem as problem:
        name = f"TLSDEV_{problem.key}"
        raise ConfigError(
            f"{name}: {problem.message}", key=name, hint=f"It takes {KEYS[name].takes}."
        ) from problem


def _given(config: Mapping[str, object], name: str) -> object:
    return config[name] if name in config else KEYS[name].default


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
    if name in acme.OF_THE_USER:
        return ConfigError(
            f"{name} cannot be set in app.config: whoever wrote the app neither runs"
            " programs for its users nor accepts terms for them.",
            key=name,
            hint=f"Set the environment variable {name} in your shell, or add"
            f" {acme.OF_THE_USER[name]} to the command.",
        )

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
