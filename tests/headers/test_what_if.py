from __future__ import annotations

import pytest

from flask_tlsdev.headers import what_if
from flask_tlsdev.headers.reports import Report
from flask_tlsdev.headers.what_if import Verdict

PAGE = "https://shop.test:5000/page"


def judged(policy: str, rule: str, blocked: str) -> tuple[str, str]:
    """The outcome, and which directive made it."""
    report = Report("csp-violation", True, PAGE, rule, blocked)
    verdict = what_if.read(policy).judge(report)
    assert verdict is not None
    return verdict.outcome, verdict.directive


@pytest.mark.parametrize(
    ("policy", "rule", "blocked", "directive"),
    [
        ("img-src https://cdn.test", "img-src", "https://cdn.test/a", "img-src"),
        ("default-src https:", "img-src", "https://cdn.test/a", "default-src"),
        ("img-src 'none'", "font-src", "https://cdn.test/a", ""),
        ("img-src data:", "img-src", "data:", "img-src"),
        ("img-src data:", "img-src", "data", "img-src"),
        ("worker-src blob:", "worker-src", "blob:", "worker-src"),
        ("connect-src 'self'", "connect-src", "wss://shop.test:5000/", "connect-src"),
        ("img-src 'self'", "img-src", "self", "img-src"),
        ("child-src *", "worker-src", "https://cdn.test/w.js", "child-src"),
        ("script-src *", "worker-src", "https://cdn.test/w.js", "script-src"),
        (
            "child-src *; default-src 'none'",
            "frame-src",
            "https://a.test/",
            "child-src",
        ),
        ("script-src 'unsafe-inline'", "script-src-elem", "inline", "script-src"),
        ("script-src 'unsafe-inline'", "script-src-attr", "inline", "script-src"),
        ("style-src 'UNSAFE-INLINE'", "style-src-attr", "inline", "style-src"),
        (
            "style-src 'unsafe-inline' 'strict-dynamic'",
            "style-src-elem",
            "inline",
            "style-src",
        ),
        (
            "script-src-elem 'none'; script-src 'unsafe-eval'",
            "script-src",
            "eval",
            "script-src",
        ),
        ("default-src 'wasm-unsafe-eval'", "script-src", "wasm-eval", "default-src"),
        ("default-src 'unsafe-eval'", "script-src", "wasm-eval", "default-src"),
        (
            "form-action https://pay.test",
            "form-action",
            "https://pay.test/",
            "form-action",
        ),
        ("default-src 'none'", "form-action", "https://pay.test/", ""),
        ("default-src 'none'", "base-uri", "https://a.test/", ""),
        ("default-src 'none'", "frame-ancestors", "https://a.test/", ""),
        ("default-src 'none'", "require-trusted-types-for", "trusted-types-sink", ""),
        ("default-src 'none'", "trusted-types", "trusted-types-policy", ""),
        ("trusted-types *", "trusted-types", "trusted-types-policy", "trusted-types"),
        ("default-src 'none'", "sandbox", "", ""),
    ],
)
def test_what_would_be_allowed(
    policy: str, rule: str, blocked: str, directive: str
) -> None:
    assert judged(policy, rule, blocked) == ("allowed", directive)


@pytest.mark.parametrize(
    ("policy", "rule", "blocked", "directive"),
    [
        ("img-src 'self'", "img-src", "https://cdn.test/a", "img-src"),
        ("default-src 'self'", "img-src", "https://cdn.test/a", "default-src"),
        ("default-src *; img-src", "img-src", "https://cdn.test/a", "img-src"),
        ("img-src 'self'; img-src *", "img-src", "https://cdn.test/a", "img-src"),
        ("img-src *", "img-src", "data:", "img-src"),
        (
            "script-src 'none'; script-src-elem *",
            "script-src-attr",
            "inline",
            "script-src",
        ),
        (
            "script-src 'unsafe-inline' 'strict-dynamic'",
            "script-src-attr",
            "inline",
            "script-src",
        ),
        (
            "script-src 'unsafe-inline' 'nonce-1'",
            "script-src-attr",
            "inline",
            "script-src",
        ),
        ("script-src 'sha256-1'", "script-src-attr", "inline", "script-src"),
        ("script-src 'nonce-1'", "worker-src", "https://a.test/", "script-src"),
        ("worker-src 'nonce-1'", "worker-src", "https://a.test/", "worker-src"),
        ("img-src 'nonce-1'", "img-src", "https://a.test/", "img-src"),
        ("script-src 'self'", "script-src", "eval", "script-src"),
        ("script-src 'wasm-unsafe-eval'", "script-src", "eval", "script-src"),
        ("form-action 'self'", "form-action", "https://pay.test/", "form-action"),
        (
            "frame-ancestors 'none'",
            "frame-ancestors",
            "https://a.test/",
            "frame-ancestors",
        ),
        (
            "require-trusted-types-for 'script'",
            "require-trusted-types-for",
            "trusted-types-sink",
            "require-trusted-types-for",
        ),
        (
            "trusted-types 'none'",
            "trusted-types",
            "trusted-types-policy",
            "trusted-types",
        ),
    ],
)
def test_what_would_be_blocked(
    policy: str, rule: str, blocked: str, directive: str
) -> None:
    assert judged(policy, rule, blocked) == ("blocked", directive)


@pytest.mark.parametrize(
    ("policy", "rule", "blocked", "reason"),
    [
        ("script-src 'nonce-1'", "script-src-elem", "inline", "the nonce"),
        ("script-src 'nonce'", "script-src-elem", "inline", "the nonce"),
        (
            "script-src 'unsafe-inline' 'nonce-1'",
            "script-src-elem",
            "inline",
            "the nonce",
        ),
        ("script-src 'nonce-1'", "script-src-elem", "https://a.test/", "the nonce"),
        ("style-src 'sha256-1'", "style-src-elem", "inline", "hash"),
        ("style-src 'sha256-1' 'unsafe-hashes'", "style-src-attr", "inline", "hash"),
        (
            "script-src 'nonce-1' 'strict-dynamic'",
            "script-src-elem",
            "https://a.test/",
            "what loads it",
        ),
        (
            "script-src 'nonce-1' 'strict-dynamic'",
            "worker-src",
            "https://a.test/",
            "what loads it",
        ),
        (
            "script-src https: 'strict-dynamic'",
            "script-src-elem",
            "https://a.test/",
            "what loads it",
        ),
        ("script-src 'trusted-types-eval'", "script-src", "eval", "TrustedScript"),
        ("trusted-types lit", "trusted-types", "trusted-types-policy", "name"),
        ("frame-ancestors 'self'", "frame-ancestors", "https://a.test/", "framed"),
        ("sandbox", "sandbox", "", "asked for"),
        ("img-src 'self'", "img-src", "", "what was stopped"),
        ("img-src cdn.test/a/", "img-src", "https://cdn.test/a/…", "path"),
        ("img-src 'self'", "Content-Security-Policy", "", "which directive"),
    ],
)
def test_what_a_report_does_not_say_is_not_made_up(
    policy: str, rule: str, blocked: str, reason: str
) -> None:
    report = Report("csp-violation", True, PAGE, rule, blocked)

    verdict = what_if.read(policy).judge(report)

    assert verdict is not None
    assert verdict.outcome == "depends"
    assert reason in verdict.reason


def test_the_source_that_would_let_it_in_is_named() -> None:
    report = Report("csp-violation", True, PAGE, "img-src", "https://cdn.test/a")

    verdict = what_if.read("img-src 'self' https:").judge(report)

    assert verdict == Verdict("allowed", "img-src", "https: lets it in.")


def test_a_csp_has_no_say_in_another_header_s_violation() -> None:
    report = Report("coep", True, PAGE, "Cross-Origin-Embedder-Policy", "x")

    assert what_if.read("default-src 'none'").judge(report) is None


def test_what_browsers_would_skip_is_said() -> None:
    policy = what_if.read("img-src self; scirpt-src 'self'")

    assert any("'self'" in each for each in policy.doubts)
    assert any("script-src" in each for each in policy.doubts)
    assert what_if.read("default-src 'self' 'nonce'; sandbox").doubts == ()


@pytest.mark.parametrize("text", ["", " ; ", "img-src " + "x" * what_if.LONGEST])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        what_if.read(text)
