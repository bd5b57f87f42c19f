"""The headers whose value is one word or a few."""

from __future__ import annotations

import pytest

from flask_tlsdev import headers


@pytest.mark.parametrize(
    ("name", "header", "default"),
    [
        ("CONTENT_TYPE_OPTIONS", "X-Content-Type-Options", "nosniff"),
        ("FRAME_OPTIONS", "X-Frame-Options", "SAMEORIGIN"),
        ("REFERRER_POLICY", "Referrer-Policy", "strict-origin-when-cross-origin"),
        ("COOP", "Cross-Origin-Opener-Policy", "same-origin"),
        ("CORP", "Cross-Origin-Resource-Policy", "same-origin"),
        ("COOP_REPORT_ONLY", "Cross-Origin-Opener-Policy-Report-Only", "same-origin"),
        ("COEP", "Cross-Origin-Embedder-Policy", "require-corp"),
        (
            "COEP_REPORT_ONLY",
            "Cross-Origin-Embedder-Policy-Report-Only",
            "require-corp",
        ),
        ("ORIGIN_AGENT_CLUSTER", "Origin-Agent-Cluster", "?1"),
        ("INTEGRITY_POLICY", "Integrity-Policy", "blocked-destinations=(script)"),
        (
            "INTEGRITY_POLICY_REPORT_ONLY",
            "Integrity-Policy-Report-Only",
            "blocked-destinations=(script)",
        ),
        ("DNS_PREFETCH_CONTROL", "X-DNS-Prefetch-Control", "off"),
        (
            "PERMITTED_CROSS_DOMAIN_POLICIES",
            "X-Permitted-Cross-Domain-Policies",
            "none",
        ),
        ("DOWNLOAD_OPTIONS", "X-Download-Options", "noopen"),
        ("XSS_PROTECTION", "X-XSS-Protection", "0"),
        ("CACHE_CONTROL", "Cache-Control", "no-store"),
        ("CLEAR_SITE_DATA", "Clear-Site-Data", '"cache", "cookies", "storage"'),
    ],
)
def test_true_is_our_default(name: str, header: str, default: str) -> None:
    (made,) = headers.make(name, True)

    assert (made.name, made.text) == (header, default)
    assert headers.make(name, default) == (made,)


@pytest.mark.parametrize("name", headers.MAKERS)
@pytest.mark.parametrize("value", [None, False])
def test_none_switches_a_header_off(name: str, value: object) -> None:
    assert headers.make(name, value) == ()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("FRAME_OPTIONS", "deny", "DENY"),
        ("CONTENT_TYPE_OPTIONS", " NoSniff ", "nosniff"),
        ("COOP", "noopener-allow-popups", "noopener-allow-popups"),
        ("CORP", "cross-origin", "cross-origin"),
        ("ORIGIN_AGENT_CLUSTER", "?0", "?0"),
        ("COOP", 'same-origin; report-to="coop"', 'same-origin; report-to="coop"'),
        ("COEP", {"policy": "credentialless"}, "credentialless"),
        ("COEP", {"REPORT-TO": "x"}, 'require-corp; report-to="x"'),
        ("REPORTING_ENDPOINTS", {"csp": "/r", "x": None}, 'csp="/r"'),
        ("REPORTING_ENDPOINTS", 'a="/r", b="https://r.test/"', None),
        ("INTEGRITY_POLICY", {"blocked_destinations": ["script", "style"]}, None),
        (
            "INTEGRITY_POLICY",
            "blocked-destinations=(script), endpoints=(csp)",
            "blocked-destinations=(script), endpoints=(csp)",
        ),
        (
            "INTEGRITY_POLICY",
            {"sources": "inline"},
            "blocked-destinations=(script), sources=(inline)",
        ),
        ("DOCUMENT_POLICY", " force-load-at-top ", "force-load-at-top"),
        ("DNS_PREFETCH_CONTROL", "ON", "on"),
        ("XSS_PROTECTION", 0, "0"),
        ("CACHE_CONTROL", "private, max-age=60", "private, max-age=60"),
        ("CLEAR_SITE_DATA", '"cookies"', '"cookies"'),
        ("CLEAR_SITE_DATA", ["*"], '"*"'),
        ("PERMISSIONS_POLICY", {"camera": []}, "camera=()"),
        ("PERMISSIONS_POLICY", {"camera": False, "usb": None}, "camera=()"),
        ("PERMISSIONS_POLICY", {"CAMERA": "self"}, "camera=(self)"),
        ("PERMISSIONS_POLICY", {"camera": "*"}, "camera=*"),
        (
            "PERMISSIONS_POLICY",
            {"camera": ["self", "https://a.test"]},
            'camera=(self "https://a.test")',
        ),
        (
            "PERMISSIONS_POLICY",
            'camera=(), usb=(self "https://a.test")',
            'camera=(), usb=(self "https://a.test")',
        ),
        ("REFERRER_POLICY", "no-referrer,same-origin", "no-referrer, same-origin"),
        (
            "REFERRER_POLICY",
            ["origin", True],
            "origin, strict-origin-when-cross-origin",
        ),
    ],
)
def test_a_value_is_sent_as_the_standard_writes_it(
    name: str, value: object, text: str | None
) -> None:
    (made,) = headers.make(name, value)

    assert text is None or made.text == text
    assert headers.make(name, made.text)[0].text == made.text


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CONTENT_TYPE_OPTIONS", "no-sniff", "Did you mean 'nosniff'"),
        ("FRAME_OPTIONS", "SAME-ORIGIN", "Did you mean 'SAMEORIGIN'"),
        ("FRAME_OPTIONS", "ALLOW-FROM https://a.test", "frame-ancestors"),
        ("REFERRER_POLICY", "origin-when-crossorigin", "'origin-when-cross-origin'"),
        ("REFERRER_POLICY", "", "not known"),
        ("REFERRER_POLICY", [], "no policy"),
        ("REFERRER_POLICY", 1, "not a type"),
        ("COOP", "same-origin\r\nX: y", "not known"),
        ("COOP", "sameorigin", "Did you mean 'same-origin'"),
        ("CORP", "samesite", "Did you mean 'same-site'"),
        ("CORP", ["same-site"], "not a type"),
        ("ORIGIN_AGENT_CLUSTER", "1", "not known"),
        ("ORIGIN_AGENT_CLUSTER", 1, "not a type"),
        ("COOP", {"polcy": "same-origin"}, "Did you mean 'policy'"),
        ("COEP", {"report_to": 'a"b'}, "no endpoint's name"),
        ("COEP", "require_corp", "Did you mean 'require-corp'"),
        ("REPORTING_ENDPOINTS", {"CSP": "/r"}, "no endpoint's name"),
        ("REPORTING_ENDPOINTS", {"csp": "http://r.test"}, "neither an https URL"),
        ("REPORTING_ENDPOINTS", {"csp": "//r.test"}, "neither an https URL"),
        ("REPORTING_ENDPOINTS", {"csp": '/"'}, "neither an https URL"),
        ("REPORTING_ENDPOINTS", "csp", "reads like"),
        ("REPORTING_ENDPOINTS", True, "not a type"),
        ("INTEGRITY_POLICY", {"blocked_destinations": "scripts"}, "Did you mean"),
        ("INTEGRITY_POLICY", {"blocked": "script"}, "not known"),
        ("INTEGRITY_POLICY", "script", "reads like"),
        ("INTEGRITY_POLICY", {"sources": []}, "empty"),
        ("DOCUMENT_POLICY", "a\r\nX: y", "a character that no header"),
        ("DOCUMENT_POLICY", True, "not a type"),
        ("DNS_PREFETCH_CONTROL", "of", "Did you mean 'off'"),
        ("XSS_PROTECTION", "1; mode=block", "Browsers gave it up"),
        ("CACHE_CONTROL", "no store", "reads like"),
        ("CACHE_CONTROL", "private\r\nX: y", "reads like"),
        ("CLEAR_SITE_DATA", ["cookie"], "Did you mean 'cookies'"),
        ("CLEAR_SITE_DATA", [], "not a type"),
        ("CLEAR_SITE_DATA", [[]], "not a type"),
        ("PERMISSIONS_POLICY", {"cam": []}, "not known"),
        ("PERMISSIONS_POLICY", {"microphon": []}, "Did you mean 'microphone'"),
        ("PERMISSIONS_POLICY", {"interest-cohort": []}, "giving interest-cohort up"),
        ("PERMISSIONS_POLICY", {"browsing-topics": []}, "giving browsing-topics up"),
        ("PERMISSIONS_POLICY", {"camera": "a.test"}, "nor an origin"),
        ("PERMISSIONS_POLICY", {"camera": 'https://a"b'}, "nor an origin"),
        ("PERMISSIONS_POLICY", {"camera": ["*", "self"]}, "stand alone"),
        ("PERMISSIONS_POLICY", {"camera, x": []}, "not known"),
        ("PERMISSIONS_POLICY", "camera", "reads like"),
        ("PERMISSIONS_POLICY", 1, "not a type"),
    ],
)
def test_what_browsers_do_not_know_is_refused(
    name: str, value: object, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        headers.make(name, value)


@pytest.mark.parametrize(
    ("value", "preset"),
    [(None, "off"), (False, "off"), ("off", "off"), (True, "balanced"), ("API", "api")],
)
def test_a_preset_has_a_name(value: object, preset: str) -> None:
    assert headers.parse_preset(value) == preset


def test_a_preset_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'balanced'"):
        headers.parse_preset("balance")
