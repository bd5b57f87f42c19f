from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.printable import printable
from flask_tlsdev.printable import printable_lines
from flask_tlsdev.printable import quoted

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text() | st.binary())
def test_nothing_that_a_terminal_acts_on_is_left(text: str | bytes) -> None:
    assert not {unicodedata.category(each) for each in printable(text)} & UNSAFE


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_of_any_script_is_left_as_it_is(text: str) -> None:
    assert printable(text, limit=10**6) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[2J", r"\x1b[2J", id="escape sequence"),
        pytest.param("a\r\nb", r"a\x0d\x0ab", id="line break"),
        pytest.param("\x9b31m", r"\u009b31m", id="one-byte CSI"),
        pytest.param("abc\u202egpj", r"abc\u202egpj", id="right-to-left override"),
        pytest.param("a\u200bb", r"a\u200bb", id="zero width"),
        pytest.param("\U000e0041", r"\U000e0041", id="tag character"),
        pytest.param("\udcff", r"\udcff", id="lone surrogate"),
        pytest.param(b"\xff\x00", r"\xff\x00", id="bytes that are no UTF-8"),
        pytest.param("größe 東京", "größe 東京", id="ordinary"),
    ],
)
def test_what_is_not_shown_is_named(text: str | bytes, shown: str) -> None:
    assert printable(text) == shown


def test_long_text_is_cut_and_says_so() -> None:
    assert printable("x" * 300, limit=10) == "x" * 10 + "…"
    assert printable(b"x" * 10_000_000, limit=10) == "x" * 10 + "…"


def test_anything_can_be_shown() -> None:
    assert printable(None) == "None"
    assert quoted(12) == "'12'"


def test_our_own_lines_stay_lines() -> None:
    assert printable_lines("one\ntwo\x1b") == "one\ntwo\\x1b"
