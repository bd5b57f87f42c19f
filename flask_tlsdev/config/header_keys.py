"""The keys of what responses get: their headers, and how requests are treated."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from .. import headers
from ..web import cookies
from ..web import fetch_metadata
from ..web import https
from ..web import overrides
from ..web import reports
from . import values
from ._key import BY_PRESET
from ._key import Key


def _header(name: str, takes: str, doc: str) -> Key:
    takes = f"True (our default), None (no such header), or {takes}"
    return Key(BY_PRESET, partial(headers.make, name), takes, doc)


def _behaviour(parse: Callable[[Any], Any], takes: str, doc: str) -> Key:
    return Key(BY_PRESET, parse, f"True (our default), None (off), or {takes}", doc)


KEYS: Mapping[str, Key] = MappingProxyType(
    {
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
