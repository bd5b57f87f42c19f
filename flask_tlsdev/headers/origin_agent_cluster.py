"""Origin-Agent-Cluster: the page shares no process with its sibling domains."""

from __future__ import annotations

from .base import choose
from .base import DOCUMENTS
from .base import Header

NAME = "Origin-Agent-Cluster"


def make(value: object) -> tuple[Header, ...]:
    """The header, for documents. ``?1`` is "true" in a structured field."""
    return (Header(NAME, choose(value, ("?1", "?0"), "?1"), DOCUMENTS),)
