from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.headers import HeaderProblem
from flask_tlsdev.headers import MAKERS
from flask_tlsdev.headers import PRESETS
from flask_tlsdev.headers import Recipe
from flask_tlsdev.printable import printable


def text(recipe: Recipe, key: str) -> str | None:
    headers = recipe.entries[key].headers
    return headers[0].text if headers else None


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_made(preset: str) -> None:
    recipe = Recipe.of(preset)

    sent = {entry.key for entry in recipe.policy.explain("document", "public")}
    on = {key for key, each in recipe.entries.items() if each.headers}
    views_only = {key for key, maker in MAKERS.items() if maker.views_only}
    assert sent == {f"TLSDEV_{key}" for key in MAKERS.keys() - views_only}
    assert on == PRESETS[preset].keys() & MAKERS.keys()


def test_a_change_makes_a_new_recipe_and_leaves_the_old_one() -> None:
    old = Recipe.of("balanced")

    new = old.changed({"COOP": None, "CSP": {"img-src": {"add": "a.test"}}}, "x")

    assert text(old, "COOP") == "same-origin"
    assert text(new, "COOP") is None
    assert "a.test" not in (text(old, "CSP") or "")
    assert "img-src 'self' data: a.test" in (text(new, "CSP") or "")


@pytest.mark.parametrize(
    ("key", "below", "change", "made"),
    [
        ("HSTS", 600, {"include_subdomains": True}, "max-age=600; includeSubDomains"),
        ("HSTS", True, {"max_age": 60}, "max-age=60; includeSubDomains"),
        ("HSTS", None, {"max_age": 60}, "max-age=60"),
        ("HSTS", True, 60, "max-age=60"),
        ("HSTS", 0, {"include_subdomains": True}, "max-age=0; includeSubDomains"),
        ("REPORTING_ENDPOINTS", {"a": "/a"}, {"b": "/b"}, 'a="/a", b="/b"'),
        ("REPORTING_ENDPOINTS", {"a": "/a", "b": "/b"}, {"a": None}, 'b="/b"'),
        ("PERMISSIONS_POLICY", "camera=()", {"usb": "self"}, "camera=(), usb=(self)"),
        ("PERMISSIONS_POLICY", "camera=(), usb=()", {"usb": None}, "camera=()"),
        (
            "PERMISSIONS_POLICY",
            True,
            {"DEFAULTS": False, "CAMERA": "self"},
            "camera=(self)",
        ),
        ("CSP", True, {"DEFAULTS": False, "IMG_SRC": "a.test"}, "img-src a.test"),
        ("COOP", True, {"report_to": "a"}, 'same-origin; report-to="a"'),
        ("CSP", "img-src a.test", {"img-src": {"remove": "a.test"}}, "img-src 'none'"),
        (
            "CSP",
            "default-src a.test",
            {"script-src-elem": {"add": "b.test"}},
            "default-src a.test; script-src-elem a.test b.test",
        ),
        ("CSP_REPORT_ONLY", None, {"img-src": "'none'"}, "img-src 'none'"),
    ],
)
def test_a_mapping_changes_what_lies_below(
    key: str, below: object, change: object, made: str
) -> None:
    recipe = Recipe.of("off").changed({key: below}, "below").changed({key: change}, "x")

    assert text(recipe, key) == made


def test_nothing_of_a_mapping_from_outside_is_changed() -> None:
    change: dict[str, Any] = {"img-src": {"add": ["a.test"]}, "defaults": True}

    Recipe.of("balanced").changed({"CSP": change}, "x")

    assert change == {"img-src": {"add": ["a.test"]}, "defaults": True}


@pytest.mark.parametrize(
    ("key", "value", "sent", "said"),
    [
        ("CSP", {"img-scr": "a.test"}, "img-scr a.test", "Did you mean 'img-src'"),
        ("CSP", {"img-src": "self"}, "img-src self", "needs its single quotes"),
        ("CSP", "navigate-to 'none'", "navigate-to 'none'", "no browser has"),
        (
            "HSTS",
            "max-age=1; preload",
            "max-age=1; preload",
            "preload list",
        ),
        ("PERMISSIONS_POLICY", {"cam": []}, "cam=()", "'cam' is not known"),
        ("INTEGRITY_POLICY", {"blocked_destinations": "font"}, "(font)", "font"),
    ],
)
def test_in_production_what_browsers_would_skip_is_sent_and_said(
    key: str, value: object, sent: str, said: str
) -> None:
    problems: list[HeaderProblem] = []

    recipe = Recipe.of("balanced").changed({key: value}, "x", problems.append)

    assert sent in (text(recipe, key) or "")
    assert [problem.sent for problem in problems] == [True]
    assert said in problems[0].message
    with pytest.raises(HeaderProblem, match=problems[0].message[:20]):
        Recipe.of("balanced").changed({key: value}, "x")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CSP", {"img-src": "a.test; script-src *"}),
        ("CSP", {"img-src": "a.test\r\nX: y"}),
        ("CSP", {"img src": "a.test"}),
        ("CSP", 1),
        ("FRAME_OPTIONS", "ALLOW-FROM https://a.test"),
        ("HSTS", "soon"),
        ("PERMISSIONS_POLICY", {"camera": "(, usb"}),
        ("REFERRER_POLICY", [[]]),
    ],
)
def test_in_production_what_cannot_be_sent_is_passed_over_and_said(
    key: str, value: object
) -> None:
    problems: list[HeaderProblem] = []
    below = Recipe.of("balanced")

    recipe = below.changed({key: value}, "TLSDEV_X", problems.append)

    assert text(recipe, key) == text(below, key)
    (problem,) = problems
    assert (problem.key, problem.origin, problem.sent) == (key, "TLSDEV_X", False)


def test_what_was_said_once_is_not_said_again() -> None:
    problems: list[HeaderProblem] = []

    below = Recipe.of("balanced").changed({"CSP": {"x-src": "a"}}, "x", problems.append)
    below.changed({"CSP": {"img-src": "a.test"}}, "y", problems.append)

    assert len(problems) == 1


words = st.text("abc-=:;,()\"'*/. \r\n\t\0é{}1") | st.text()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            words
            | st.sampled_from(
                ["add", "remove", "defaults", "img-src", "camera", "report_to", "csp"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(MAKERS)), values, values)
def test_no_value_ever_makes_a_header_that_ends_or_begins_another(
    key: str, below: object, value: object
) -> None:
    problems: list[HeaderProblem] = []
    recipe = Recipe.of("balanced").changed({key: below}, "x", problems.append)
    recipe = recipe.changed({key: value}, "y", problems.append)

    for header in recipe.policy.headers:
        assert header.text.isascii()
        assert header.text.isprintable()
        assert all(part.isprintable() for part in header.nonced)
    for problem in problems:
        assert printable(problem.message, 10_000) == problem.message
