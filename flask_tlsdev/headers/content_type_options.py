"""X-Content-Type-Options: browsers believe the Content-Type."""

from __future__ import annotations

from .base import choose
from .base import Header

NAME = "X-Content-Type-Options"


def make(value: object) -> tuple[Header, ...]:
    """The header, for all responses: the type is what scripts and styles need."""
    return (Header(NAME, choose(value, ("nosniff",), "nosniff")),)
