"""Every option of Helmet 8.3 and Flask-Talisman 1.1 has its counterpart here.

The page ``docs/coming-from-headers.rst`` shows them side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Response
from flask import session

from flask_tlsdev.headers.csp import BALANCED

from .apps import CSP
from .apps import make_app
from .apps import PUBLIC

PAGE = Path(__file__).parents[2] / "docs" / "coming-from-headers.rst"

HSTS = "Strict-Transport-Security"


@dataclass(frozen=True)
class Move:
    """What people write there, and what they write here."""

    theirs: str
    #: A key without ``TLSDEV_``, and its value as it is written.
    key: str
    value: str
    header: str
    #: A part of what is sent; ``None``: nothing is.
    sent: str | None

    def __str__(self) -> str:
        return self.theirs


HELMET = (
    Move("contentSecurityPolicy: false", "CSP", "None", CSP, None),
    Move(
        "contentSecurityPolicy.directives",
        "CSP",
        '{"img-src": "\'self\' https://a.example"}',
        CSP,
        "img-src 'self' https://a.example;",
    ),
    Move(
        "contentSecurityPolicy.useDefaults: false",
        "CSP",
        '{"defaults": False, "default-src": "\'self\'"}',
        CSP,
        "default-src 'self'",
    ),
    Move(
        "contentSecurityPolicy.reportOnly",
        "CSP_REPORT_ONLY",
        '{"default-src": "\'self\'"}',
        f"{CSP}-Report-Only",
        "default-src 'self'",
    ),
    Move(
        "contentSecurityPolicy.dangerouslyDisableDefaultSrc",
        "CSP",
        '{"default-src": None}',
        CSP,
        "base-uri",
    ),
    Move(
        "(req, res) => nonce",
        "CSP",
        '{"script-src": "\'nonce\'"}',
        CSP,
        "script-src 'nonce-",
    ),
    Move(
        "crossOriginEmbedderPolicy.policy",
        "COEP",
        '"credentialless"',
        "Cross-Origin-Embedder-Policy",
        "credentialless",
    ),
    Move(
        "crossOriginOpenerPolicy.policy",
        "COOP",
        '"same-origin-allow-popups"',
        "Cross-Origin-Opener-Policy",
        "same-origin-allow-popups",
    ),
    Move(
        "crossOriginResourcePolicy.policy",
        "CORP",
        '"cross-origin"',
        "Cross-Origin-Resource-Policy",
        "cross-origin",
    ),
    Move(
        "originAgentCluster: false",
        "ORIGIN_AGENT_CLUSTER",
        "None",
        "Origin-Agent-Cluster",
        None,
    ),
    Move(
        "referrerPolicy.policy",
        "REFERRER_POLICY",
        '["no-referrer", "origin"]',
        "Referrer-Policy",
        "no-referrer, origin",
    ),
    Move(
        "strictTransportSecurity.maxAge", "HSTS", '{"max_age": 60}', HSTS, "max-age=60"
    ),
    Move(
        "strictTransportSecurity.includeSubDomains",
        "HSTS",
        '{"include_subdomains": False}',
        HSTS,
        "max-age=31536000",
    ),
    Move(
        "strictTransportSecurity.preload", "HSTS", '{"preload": True}', HSTS, "preload"
    ),
    Move(
        "xContentTypeOptions: false",
        "CONTENT_TYPE_OPTIONS",
        "None",
        "X-Content-Type-Options",
        None,
    ),
    Move(
        "xDnsPrefetchControl.allow",
        "DNS_PREFETCH_CONTROL",
        '"on"',
        "X-DNS-Prefetch-Control",
        "on",
    ),
    Move(
        "xDownloadOptions", "DOWNLOAD_OPTIONS", "True", "X-Download-Options", "noopen"
    ),
    Move("xFrameOptions.action", "FRAME_OPTIONS", '"DENY"', "X-Frame-Options", "DENY"),
    Move(
        "xPermittedCrossDomainPolicies.permittedPolicies",
        "PERMITTED_CROSS_DOMAIN_POLICIES",
        '"master-only"',
        "X-Permitted-Cross-Domain-Policies",
        "master-only",
    ),
    Move("xPoweredBy", "REMOVED_HEADERS", '["X-Powered-By"]', "X-Powered-By", None),
    Move("xXssProtection", "XSS_PROTECTION", "True", "X-XSS-Protection", "0"),
)

TALISMAN = (
    Move(
        "feature_policy",
        "PERMISSIONS_POLICY",
        '{"camera": "self"}',
        "Permissions-Policy",
        "camera=(self)",
    ),
    Move(
        "permissions_policy",
        "PERMISSIONS_POLICY",
        '{"geolocation": "()"}',
        "Permissions-Policy",
        "geolocation=()",
    ),
    Move(
        "document_policy",
        "DOCUMENT_POLICY",
        '"force-load-at-top"',
        "Document-Policy",
        "force-load-at-top",
    ),
    Move("force_https", "FORCE_HTTPS", "True", "Location", "https://www.shop.com/"),
    Move(
        "force_https_permanent",
        "FORCE_HTTPS",
        '{"status": 301}',
        "Location",
        "https://www.shop.com/",
    ),
    Move("force_file_save", "DOWNLOAD_OPTIONS", "True", "X-Download-Options", "noopen"),
    Move("frame_options", "FRAME_OPTIONS", '"DENY"', "X-Frame-Options", "DENY"),
    Move(
        "frame_options_allow_from",
        "CSP",
        '{"frame-ancestors": "https://a.example"}',
        CSP,
        "frame-ancestors https://a.example",
    ),
    Move("strict_transport_security", "HSTS", "None", HSTS, None),
    Move(
        "strict_transport_security_preload",
        "HSTS",
        '{"preload": True}',
        HSTS,
        "preload",
    ),
    Move(
        "strict_transport_security_max_age",
        "HSTS",
        '{"max_age": 60}',
        HSTS,
        "max-age=60",
    ),
    Move(
        "strict_transport_security_include_subdomains",
        "HSTS",
        '{"include_subdomains": False}',
        HSTS,
        "max-age=31536000",
    ),
    Move(
        "content_security_policy",
        "CSP",
        '{"defaults": False, "default-src": "\'self\'"}',
        CSP,
        "default-src 'self'",
    ),
    Move(
        "content_security_policy_report_uri",
        "CSP",
        '{"report-uri": "/reports"}',
        CSP,
        "report-uri /reports",
    ),
    Move(
        "content_security_policy_report_only",
        "CSP_REPORT_ONLY",
        '{"default-src": "\'self\'"}',
        f"{CSP}-Report-Only",
        "default-src 'self'",
    ),
    Move(
        "content_security_policy_nonce_in",
        "CSP",
        "{\"script-src\": \"'self' 'nonce'\"}",
        CSP,
        "script-src 'self' 'nonce-",
    ),
    Move(
        "referrer_policy",
        "REFERRER_POLICY",
        '"no-referrer"',
        "Referrer-Policy",
        "no-referrer",
    ),
    Move(
        "session_cookie_secure",
        "COOKIES",
        '{"secure": True}',
        "Set-Cookie",
        "Secure",
    ),
    Move(
        "session_cookie_http_only",
        "COOKIES",
        '{"httponly": True}',
        "Set-Cookie",
        "HttpOnly",
    ),
    Move(
        "session_cookie_samesite",
        "COOKIES",
        '{"samesite": "Strict"}',
        "Set-Cookie",
        "SameSite=Strict",
    ),
    Move(
        "x_content_type_options",
        "CONTENT_TYPE_OPTIONS",
        "None",
        "X-Content-Type-Options",
        None,
    ),
    Move("x_xss_protection", "XSS_PROTECTION", "True", "X-XSS-Protection", "0"),
)


@pytest.mark.parametrize("move", [*HELMET, *TALISMAN], ids=str)
def test_an_option_has_its_counterpart(move: Move) -> None:
    values: dict[str, Any] = {move.key: eval(move.value)}
    app = make_app(**values)
    app.secret_key = "x"

    @app.get("/both")
    def both() -> Response:
        session["user"] = 1
        return Response("<p>", headers={"X-Powered-By": "us"})

    base_url = PUBLIC.replace("https", "http") if move.header == "Location" else PUBLIC
    sent = app.test_client().get("/both", base_url=base_url).headers.get(move.header)

    assert (sent is None) is (move.sent is None)
    assert sent is None or (move.sent or "") in sent


@pytest.mark.parametrize("move", [*HELMET, *TALISMAN], ids=str)
def test_the_page_for_people_who_move_shows_both(move: Move) -> None:
    text = PAGE.read_text(encoding="utf-8")

    row = (
        f"    *   - ``{move.theirs}``\n        - ``TLSDEV_{move.key} = {move.value}``\n"
    )
    assert row in text


#: The parameters of ``Talisman.init_app`` in 1.1.0.
TALISMAN_OPTIONS = frozenset(
    [
        "feature_policy",
        "permissions_policy",
        "document_policy",
        "force_https",
        "force_https_permanent",
        "force_file_save",
        "frame_options",
        "frame_options_allow_from",
        "strict_transport_security",
        "strict_transport_security_preload",
        "strict_transport_security_max_age",
        "strict_transport_security_include_subdomains",
        "content_security_policy",
        "content_security_policy_report_uri",
        "content_security_policy_report_only",
        "content_security_policy_nonce_in",
        "referrer_policy",
        "session_cookie_secure",
        "session_cookie_http_only",
        "session_cookie_samesite",
        "x_content_type_options",
        "x_xss_protection",
    ]
)

#: What ``HelmetOptions`` of 8.3.0 names, and the options of each.
HELMET_OPTIONS = frozenset(
    [
        "contentSecurityPolicy",
        "contentSecurityPolicy.useDefaults",
        "contentSecurityPolicy.directives",
        "contentSecurityPolicy.reportOnly",
        "contentSecurityPolicy.dangerouslyDisableDefaultSrc",
        "crossOriginEmbedderPolicy.policy",
        "crossOriginOpenerPolicy.policy",
        "crossOriginResourcePolicy.policy",
        "originAgentCluster",
        "referrerPolicy.policy",
        "strictTransportSecurity.maxAge",
        "strictTransportSecurity.includeSubDomains",
        "strictTransportSecurity.preload",
        "xContentTypeOptions",
        "xDnsPrefetchControl.allow",
        "xDownloadOptions",
        "xFrameOptions.action",
        "xPermittedCrossDomainPolicies.permittedPolicies",
        "xPoweredBy",
        "xXssProtection",
    ]
)


def test_no_option_is_left_out() -> None:
    helmet = {move.theirs.partition(":")[0] for move in HELMET}

    assert {move.theirs for move in TALISMAN} == TALISMAN_OPTIONS
    assert helmet - {"(req, res) => nonce"} == HELMET_OPTIONS


def test_the_default_closes_what_helmet_s_closes() -> None:
    helmet = {
        "default-src": "'self'",
        "base-uri": "'self'",
        "font-src": "'self' https: data:",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "script-src": "'self'",
        "script-src-attr": "'none'",
        "style-src": "'self' https: 'unsafe-inline'",
        "upgrade-insecure-requests": True,
    }

    assert dict(BALANCED) == helmet
