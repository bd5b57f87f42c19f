"""Cross-Origin-Resource-Policy: which sites may embed the response."""

from __future__ import annotations

from .base import choose
from .base import Header

NAME = "Cross-Origin-Resource-Policy"

POLICIES = ("same-origin", "same-site", "cross-origin")


def make(value: object) -> tuple[Header, ...]:
    """The header, for all responses. A view for others sets its own."""
    return (Header(NAME, choose(value, POLICIES, "same-origin")),)
