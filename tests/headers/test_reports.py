from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.headers import Recipe
from flask_tlsdev.headers import reports
from flask_tlsdev.headers.reporting import reporting
from flask_tlsdev.headers.reports import cut
from flask_tlsdev.headers.reports import Report

PAGE = "https://shop.test/page"

ADD = 'TLSDEV_CSP = {{"{}": {{"add": "{}"}}}}'.format
NONCE = 'put nonce="{{ csp_nonce() }}" on its tag.'


def by_uri(**body: Any) -> list[Report]:
    """What ``report-uri`` brings, with hyphens for underscores."""
    said = {name.replace("_", "-"): each for name, each in body.items()}
    data = json.dumps({"csp-report": {"document-uri": PAGE, **said}}).encode()
    return reports.read("application/csp-report", data)


def by_api(kind: str = "csp-violation", url: str = PAGE, **body: Any) -> list[Report]:
    """What the Reporting API brings."""
    data = json.dumps([{"type": kind, "age": 1, "url": url, "body": body}]).encode()
    return reports.read("application/reports+json", data)


def csp(directive: str, blocked: str, **body: Any) -> Report:
    (report,) = by_api(effectiveDirective=directive, blockedURL=blocked, **body)
    return report


def test_both_kinds_say_the_same() -> None:
    (old,) = by_uri(
        effective_directive="img-src",
        violated_directive="img-src 'self'",
        blocked_uri="https://cdn.test/a.png",
        source_file=f"{PAGE}?a=1",
        line_number=3,
        column_number=14,
        disposition="report",
    )
    (new,) = by_api(
        documentURL=PAGE,
        effectiveDirective="img-src",
        blockedURL="https://cdn.test/a.png",
        sourceFile=f"{PAGE}?a=1",
        lineNumber=3,
        columnNumber=14,
        disposition="report",
    )

    assert old == new
    assert str(new) == (
        "A client claims: img-src would have stopped https://cdn.test/a.png at"
        " https://shop.test/page:3:14 on https://shop.test/page. To allow it:"
        ' TLSDEV_CSP_REPORT_ONLY = {"img-src": {"add": "https://cdn.test"}}'
    )


def test_an_old_browser_names_the_whole_directive() -> None:
    (report,) = by_uri(violated_directive="img-src 'self'", blocked_uri="data")

    assert report.rule == "img-src"
    assert report.enforced


@pytest.mark.parametrize(
    ("directive", "blocked", "remedy"),
    [
        ("img-src", "https://cdn.test:8443/a", ADD("img-src", "https://cdn.test:8443")),
        ("img-src", "https://shop.test/a.png", ADD("img-src", "'self'")),
        ("img-src", "data", ADD("img-src", "data:")),
        ("worker-src", "blob:https://shop.test/1", ADD("worker-src", "blob:")),
        ("script-src-elem", "https://c.test/", ADD("script-src", "https://c.test")),
        ("script-src-elem", "inline", NONCE),
        ("style-src-elem", "inline", NONCE),
        ("script-src-attr", "inline", ADD("script-src-attr", "'unsafe-inline'")),
        ("script-src", "eval", ADD("script-src", "'unsafe-eval'")),
        ("script-src", "wasm-eval", ADD("script-src", "'wasm-unsafe-eval'")),
        ("connect-src", "wss://api.test/x", ADD("connect-src", "wss://api.test")),
        ("form-action", "https://pay.test/", ADD("form-action", "https://pay.test")),
        ("frame-ancestors", "https://shop.test/", ""),
        ("img-src", "https://a.test';x/", ""),
        ("img-src", "", ""),
        ("no-such", "https://cdn.test/", ""),
    ],
)
def test_the_source_that_would_allow_it_is_named(
    directive: str, blocked: str, remedy: str
) -> None:
    assert csp(directive, blocked).remedy == remedy


@pytest.mark.parametrize(
    ("directive", "blocked", "caution"),
    [
        ("script-src-attr", "inline", "addEventListener()"),
        ("style-src-attr", "inline", "style sheet"),
        ("script-src", "eval", "without eval()"),
        ("script-src-elem", "data", "data: URL"),
        ("worker-src", "blob:https://shop.test/1", "blob: URL"),
        ("script-src-elem", "https://cdn.jsdelivr.net/npm/x", "Anybody can have"),
        ("img-src", "http://a.test/a.png", "plain HTTP"),
        ("require-trusted-types-for", "trusted-types-sink", "becomes markup"),
        ("script-src-elem", "chrome-extension://abc/x.js", "extension"),
    ],
)
def test_what_is_better_not_allowed_is_said_with_a_reason(
    directive: str, blocked: str, caution: str
) -> None:
    report = csp(directive, blocked)

    assert caution in report.caution
    assert str(report).endswith(f" But: {report.caution}")


@pytest.mark.parametrize(
    ("directive", "blocked"),
    [
        ("img-src", "data"),
        ("img-src", "https://cdn.jsdelivr.net/a.png"),
        ("script-src-elem", "https://cdn.shop.test/a.js"),
        ("script-src-elem", "inline"),
        ("script-src", "wasm-eval"),
    ],
)
def test_of_what_does_no_harm_nothing_is_said(directive: str, blocked: str) -> None:
    assert csp(directive, blocked).caution == ""


def test_what_an_extension_does_is_nothing_to_allow() -> None:
    report = csp("script-src-elem", "inline", sourceFile="moz-extension://abc/x.js")

    assert "extension" in report.caution


def test_under_strict_dynamic_no_address_helps() -> None:
    policy = "script-src 'nonce-1' 'strict-dynamic'"

    report = csp("script-src-elem", "https://c.test/", originalPolicy=policy)

    assert report.remedy == NONCE


def test_a_directive_that_the_policy_has_is_the_one_to_change() -> None:
    policy = "script-src 'self'; script-src-elem 'self'"

    report = csp("script-src-elem", "https://c.test/", originalPolicy=policy)

    assert report.remedy == ADD("script-src-elem", "https://c.test")


def test_trusted_types_name_the_policy_but_not_the_value() -> None:
    sink = csp(
        "require-trusted-types-for",
        "trusted-types-sink",
        sample="Element innerHTML|<b>secret",
    )
    policy = csp("trusted-types", "trusted-types-policy", sample="lit-html")

    assert "a policy of trustedTypes" in sink.remedy
    assert "secret" not in str(sink)
    assert policy.remedy == ADD("trusted-types", "lit-html")


def test_what_is_no_policy_s_name_gets_into_no_line_to_copy() -> None:
    sample = 'x"}}; import os'

    report = csp("trusted-types", "trusted-types-policy", sample=sample)

    assert report.remedy == ""


@pytest.mark.parametrize(
    ("kind", "body", "line"),
    [
        (
            "coep",
            {"type": "corp", "blockedURL": "https://a.test/x?y", "disposition": "e"},
            "Cross-Origin-Embedder-Policy stopped https://a.test/x on",
        ),
        (
            "coop",
            {"type": "navigation-to-response", "disposition": "reporting"},
            "Cross-Origin-Opener-Policy would have stopped navigation-to-response on",
        ),
        (
            "permissions-policy-violation",
            {"policyId": "camera", "disposition": "enforce"},
            "Permissions-Policy stopped camera on",
        ),
        (
            "integrity-violation",
            {"blockedURL": "https://a.test/x.js", "reportOnly": True},
            "Integrity-Policy would have stopped https://a.test/x.js on",
        ),
        (
            "document-policy-violation",
            {"policyId": "document-write", "disposition": "enforce"},
            "Document-Policy stopped document-write on",
        ),
    ],
)
def test_other_headers_are_reported_as_well(
    kind: str, body: dict[str, Any], line: str
) -> None:
    (report,) = by_api(kind, **body)

    assert f"A client claims: {line} {PAGE}." in str(report)


def test_a_frame_needs_another_header_than_an_image() -> None:
    (frame,) = by_api("coep", type="navigation", blockedURL="https://a.test/")
    (image,) = by_api("coep", type="corp", blockedURL="https://a.test/")

    assert frame.remedy.startswith("send Cross-Origin-Embedder-Policy with it")
    assert image.remedy == "send Cross-Origin-Resource-Policy: cross-origin with it."


def test_what_is_no_violation_is_left_out() -> None:
    assert by_api("deprecation", id="WebSQL") == []
    assert len(reports.read(reports.REPORTS, b"[]")) == 0


def test_no_more_than_so_many_reports_of_a_request_are_looked_at() -> None:
    entry = {"type": "coep", "url": PAGE, "body": {}}

    found = reports.read(reports.REPORTS, json.dumps([entry] * 500).encode())

    assert len(found) == reports.MOST


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("https://me:secret@shop.test/a?b=secret#secret", "https://shop.test/a"),
        ("https://shop.test:8443/a", "https://shop.test:8443/a"),
        ("https://[::1]:5000/", "https://[::1]:5000/"),
        ("data:text/html,secret", "data:"),
        ("blob:https://shop.test/secret", "blob:"),
        ("inline", "inline"),
        ("https://[secret", ""),
        ("https://shop.test:secret/", ""),
        ("https:me:secret@shop.test", "https:"),
        ("/secret", ""),
        ("secret words", ""),
        ("https://shop.test/a To allow it: x", "https://shop.test/a%20To%20allow%20it:%20x"),
        ("https://shop.test/\x1b[31m", "https://shop.test/\\x1b[31m"),
    ],
)  # fmt: skip
def test_what_could_be_secret_is_cut_off(url: str, rest: str) -> None:
    assert cut(url) == rest


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        (reports.CSP_REPORT, b""),
        (reports.CSP_REPORT, b"\xff"),
        (reports.CSP_REPORT, b"[]"),
        (reports.CSP_REPORT, b"{}"),
        (reports.CSP_REPORT, b'{"csp-report": []}'),
        (reports.REPORTS, b"{}"),
        (reports.REPORTS, b"[1]"),
        (reports.REPORTS, b'[{"type": "coep"}]'),
        (reports.REPORTS, b"[" * 60_000),
        (reports.REPORTS, b"1" * 60_000),
    ],
)
def test_what_is_no_report_is_refused(content_type: str, data: bytes) -> None:
    with pytest.raises(ValueError, match="it is no "):
        reports.read(content_type, data)


foreign = st.text() | st.integers() | st.none() | st.lists(st.text())


@given(
    st.sampled_from(["csp-violation", "coep", "coop", "permissions-policy-violation"]),
    st.text(),
    st.dictionaries(
        st.sampled_from(
            [
                *("documentURL", "blockedURL", "effectiveDirective", "sourceFile"),
                *("lineNumber", "originalPolicy", "sample", "type", "policyId"),
                "disposition",
            ]
        ),
        foreign,
    ),
)
def test_whatever_a_report_holds_is_one_printable_line(
    kind: str, url: str, body: dict[str, Any]
) -> None:
    (report,) = by_api(kind, url, **body)

    assert str(report).isprintable()


def text(recipe: Recipe, key: str) -> str:
    (*_, header) = recipe.entries[key].headers
    return header.text


def with_reports(preset: str = "balanced", **changes: Any) -> Recipe:
    """What is sent with these keys, reported to ``/r``."""
    return reporting(Recipe.of(preset).changed(changes, "test"), "/r")


def test_each_header_that_can_names_the_endpoint() -> None:
    recipe = with_reports(
        "strict",
        CSP_REPORT_ONLY=True,
        COOP_REPORT_ONLY=True,
        COEP_REPORT_ONLY=True,
        INTEGRITY_POLICY=True,
        INTEGRITY_POLICY_REPORT_ONLY="blocked-destinations=(style)",
    )

    assert text(recipe, "CSP").endswith("; report-uri /r; report-to tlsdev")
    assert text(recipe, "CSP_REPORT_ONLY").endswith("; report-uri /r; report-to tlsdev")
    assert text(recipe, "REPORTING_ENDPOINTS") == 'tlsdev="/r", default="/r"'
    assert text(recipe, "COOP") == 'same-origin; report-to="tlsdev"'
    assert text(recipe, "COOP_REPORT_ONLY") == 'same-origin; report-to="tlsdev"'
    assert text(recipe, "COEP") == 'require-corp; report-to="tlsdev"'
    assert text(recipe, "COEP_REPORT_ONLY") == 'require-corp; report-to="tlsdev"'
    assert text(recipe, "INTEGRITY_POLICY").endswith(", endpoints=(tlsdev)")
    assert text(recipe, "INTEGRITY_POLICY_REPORT_ONLY").endswith("(tlsdev)")


def test_what_is_to_come_at_once_names_the_path_in_the_older_way() -> None:
    recipe = Recipe.of("strict").changed({"CSP_REPORT_ONLY": True}, "test")

    found = reporting(recipe, "/r", at_once=True)

    assert text(found, "CSP").endswith("; report-uri /r")
    assert text(found, "CSP_REPORT_ONLY").endswith("; report-uri /r")
    assert text(found, "COOP") == 'same-origin; report-to="tlsdev"'


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CSP", "default-src 'self'; report-uri /mine"),
        ("CSP", "default-src 'self'; report-to mine"),
        ("CSP_REPORT_ONLY", "default-src 'self'; report-uri https://r.test/"),
        ("COOP", 'same-origin; report-to="mine"'),
        ("COEP_REPORT_ONLY", 'require-corp; report-to="mine"'),
        ("INTEGRITY_POLICY", "blocked-destinations=(script), endpoints=(mine)"),
    ],
)
def test_a_header_that_is_reported_elsewhere_stays(key: str, value: str) -> None:
    assert text(with_reports(**{key: value}), key) == value


def test_endpoints_of_the_user_s_stay() -> None:
    endpoints = {"default": "https://r.test/", "mine": "/mine"}

    recipe = with_reports(REPORTING_ENDPOINTS=endpoints)

    assert text(recipe, "REPORTING_ENDPOINTS") == (
        'default="https://r.test/", mine="/mine", tlsdev="/r"'
    )


def test_a_header_that_is_off_stays_off() -> None:
    recipe = with_reports("off", CSP=None)

    assert {key for key, each in recipe.entries.items() if each.headers} == {
        "REPORTING_ENDPOINTS"
    }
