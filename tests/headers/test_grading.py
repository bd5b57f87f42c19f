from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev.headers import Recipe
from flask_tlsdev.headers.grading import grade

from ..tools import missing
from ..tools import program
from ..tools import run

GRADERS = Path(__file__).parent.parent / "graders"

GOOD = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}

POLICIES = {
    "nothing": "default-src 'none'",
    "self": "default-src 'self'; object-src 'none'",
    "inline styles": "default-src 'self'; style-src 'self' 'unsafe-inline'",
    "styles from anywhere": "default-src 'self'; style-src https:",
    "inline scripts": "default-src 'self' 'unsafe-inline'",
    "scripts from anywhere": "script-src https:; object-src 'none'",
    "no word of scripts": "img-src 'self'",
    "objects from anywhere": "script-src 'self'; object-src *",
    "eval": "default-src 'self'; script-src 'self' 'unsafe-eval'",
    "data scripts": "default-src 'self'; script-src data:",
    "plain scripts": "default-src 'self'; script-src http://cdn.example",
    "plain images": "default-src 'self'; img-src http:",
    "nonce beside inline": "default-src 'self'; script-src 'nonce-YQ' 'unsafe-inline'",
    "strict-dynamic": "default-src 'self'; object-src 'none';"
    " script-src 'nonce-YQ' 'strict-dynamic' https: 'unsafe-inline'",
}

CASES = {
    **{
        name: {**GOOD, "content-security-policy": csp} for name, csp in POLICIES.items()
    },
    "no header": {},
    "no policy": GOOD,
    "short HSTS": {**GOOD, "strict-transport-security": "max-age=600"},
    "frames by policy": {
        **{key: GOOD[key] for key in GOOD if key != "x-frame-options"},
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    },
    "talking referrer": {**GOOD, "referrer-policy": "unsafe-url"},
    "open resources": {**GOOD, "cross-origin-resource-policy": "cross-origin"},
}


def of_preset(preset: str) -> dict[str, str]:
    explanations = Recipe.of(preset).policy.explain("document", "public")
    return {each.name.lower(): each.text for each in explanations if each.sent}


def observatory(sent: dict[str, str]) -> dict[str, Any]:
    if not (GRADERS / "node_modules").exists():
        missing("MDN's HTTP Observatory (npm install in tests/graders)")

    done = run(
        program("node"), GRADERS / "grade.mjs", stdin=json.dumps({"headers": sent})
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("sent", CASES.values(), ids=CASES)
def test_our_points_are_the_observatorys(sent: dict[str, str]) -> None:
    theirs = observatory(sent)
    ours = grade(sent)

    assert (ours.letter, ours.score) == (theirs["grade"], theirs["score"])


@pytest.mark.parametrize("preset", ["balanced", "strict", "api"])
def test_the_presets_are_graded_best(preset: str) -> None:
    assert observatory(of_preset(preset))["grade"] == "A+"


def test_strict_reaches_the_ceiling() -> None:
    """What is above it is for cookies, SRI and a place in browsers' lists."""
    ceiling = max(grade(sent).score for sent in CASES.values())

    assert observatory(of_preset("strict"))["score"] == ceiling


def test_googles_evaluator_finds_nothing_in_strict() -> None:
    sent = of_preset("strict")
    sent["content-security-policy"] = sent["content-security-policy"].replace(
        "nonce-...", "nonce-cmFuZG9tcmFuZG9tMTIzNDU2"
    )

    assert observatory(sent)["findings"] == []


def test_what_would_improve_most_comes_first() -> None:
    improvements = grade({}).improvements

    assert "TLSDEV_CSP" in improvements[0]
    assert "TLSDEV_CORP" in improvements[-1]


def test_what_is_good_needs_no_improvement() -> None:
    assert grade(CASES["frames by policy"]).improvements == ()
