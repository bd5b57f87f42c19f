"""Which word was meant?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one looks like, whatever its case."""
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean '...'?``, or nothing where no known word is near."""
    near = nearest(word, known)
    if near is None:
        return ""

    # CSP's keywords have quotes of their own.
    return f'Did you mean "{near}"?' if "'" in near else f"Did you mean '{near}'?"
