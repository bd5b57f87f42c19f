"""Referrer-Policy: how much of its address does a page tell to others?"""

from __future__ import annotations

from .base import choose
from .base import Header
from .base import Kind
from .base import not_possible

NAME = "Referrer-Policy"

POLICIES = (
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
)
DEFAULT = "strict-origin-when-cross-origin"

#: The policy of a stylesheet or worker goes with what it loads.
_KINDS: frozenset[Kind] = frozenset({"document", "stylesheet", "worker"})


def make(value: object) -> tuple[Header, ...]:
    """The header for one policy, or for several: a list, or a text with commas.

    Of several, a browser takes the last one that it knows.
    """
    policies = [choose(each, POLICIES, DEFAULT) for each in _list(value)]
    if not policies:
        raise ValueError("there is no policy in it.")

    return (Header(NAME, ", ".join(policies), _KINDS),)


def _list(value: object) -> list[object]:
    if value is True:
        return [True]

    if isinstance(value, str):
        return [each.strip() for each in value.split(",")]

    if isinstance(value, (list, tuple)):
        return list(value)

    raise ValueError(not_possible(value))
