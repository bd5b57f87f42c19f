from __future__ import annotations

import pytest

from flask_tlsdev.spelling import did_you_mean
from flask_tlsdev.spelling import nearest


@pytest.mark.parametrize("word", ["same-origin", "SAMEORIGIN", "smae-origin"])
def test_a_slip_finds_the_word_that_was_meant(word: str) -> None:
    assert nearest(word, ["unsafe-none", "same-origin"]) == "same-origin"
    assert did_you_mean(word, ["same-origin"]) == "Did you mean 'same-origin'?"


@pytest.mark.parametrize("word", ["", "banana", "x" * 1_000_000])
def test_nothing_is_guessed_where_no_word_is_near(word: str) -> None:
    assert nearest(word, ["unsafe-none", "same-origin"]) is None
    assert did_you_mean(word, ["same-origin"]) == ""
