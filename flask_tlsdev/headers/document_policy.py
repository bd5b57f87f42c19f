"""Document-Policy: passed through, for no browser here documents what it knows."""

from __future__ import annotations

import re

from .base import DOCUMENTS
from .base import Header
from .base import not_possible

NAME = "Document-Policy"

#: A structured field's dictionary has no line breaks and nothing that is not ASCII.
_TEXT = r"[ -~]{1,2000}"


def make(value: object) -> tuple[Header, ...]:
    """The header for its text. There is no default."""
    if not isinstance(value, str):
        raise ValueError(not_possible(value))

    if not re.fullmatch(_TEXT, value.strip()):
        raise ValueError("it has a character that no header can have, or is empty.")

    return (Header(NAME, value.strip(), DOCUMENTS),)
