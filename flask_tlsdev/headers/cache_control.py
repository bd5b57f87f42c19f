"""Cache-Control: who may keep a response that is for one person only."""

from __future__ import annotations

import re

from .base import Header
from .base import not_possible

NAME = "Cache-Control"

_DIRECTIVES = (
    r"(?i)[a-z-]+(?:=(?:[0-9]+|\"[!-~]*\"))?(?:, *[a-z-]+(?:=(?:[0-9]+|\"[!-~]*\"))?)*"
)


def make(value: object) -> tuple[Header, ...]:
    """The header, for all responses that do not have one. ``True`` is ``no-store``."""
    text = "no-store" if value is True else value
    if not isinstance(text, str):
        raise ValueError(not_possible(value))

    if not re.fullmatch(_DIRECTIVES, text.strip()):
        raise ValueError("it reads like no-store, or like private, max-age=60.")

    return (Header(NAME, text.strip()),)
