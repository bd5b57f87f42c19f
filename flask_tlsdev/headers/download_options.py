"""X-Download-Options: Internet Explorer saves a download before it opens it."""

from __future__ import annotations

from .base import choose
from .base import Header

NAME = "X-Download-Options"


def make(value: object) -> tuple[Header, ...]:
    """The header, for all responses."""
    return (Header(NAME, choose(value, ("noopen",), "noopen")),)
