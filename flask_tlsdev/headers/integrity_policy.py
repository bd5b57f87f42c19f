"""Integrity-Policy: which files are loaded only if their hash is named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ._reported import group_name
from .base import choose
from .base import doubt
from .base import GLOBALS
from .base import Header
from .base import not_possible
from .base import unknown

NAME = "Integrity-Policy"
REPORT_ONLY = f"{NAME}-Report-Only"

_DESTINATIONS = ("script", "style")
_SOURCES = ("inline",)
_PARTS = ("blocked_destinations", "sources", "endpoints")

_TEXT = r"([a-z-]+)=\(([^()]*)\)"


def make(value: object, name: str = NAME) -> tuple[Header, ...]:
    """The header for a mapping of ``blocked_destinations`` and ``endpoints``, or
    for its text. ``True`` is for scripts.
    """
    parts = _parts(value)
    blocked = _words(parts.get("blocked_destinations", ["script"]))
    for word in blocked:
        if word not in _DESTINATIONS:
            doubt(unknown(word, _DESTINATIONS))

    text = f"blocked-destinations=({' '.join(blocked)})"
    if "sources" in parts:
        sources = (
            choose(each, _SOURCES, "inline") for each in _words(parts["sources"])
        )
        text += f", sources=({' '.join(sources)})"
    if "endpoints" in parts:
        groups = (group_name(each) for each in _words(parts["endpoints"]))
        text += f", endpoints=({' '.join(groups)})"

    return (Header(name, text, GLOBALS),)


def make_report_only(value: object) -> tuple[Header, ...]:
    """The header that only reports."""
    return make(value, REPORT_ONLY)


def _parts(value: object) -> dict[str, object]:
    if value is True:
        return {}

    if isinstance(value, str):
        found = [re.fullmatch(_TEXT, part.strip()) for part in value.split(",")]
        if None in found:
            raise ValueError("it reads like blocked-destinations=(script).")
        value = {part[1]: part[2] for part in found if part}

    if not isinstance(value, Mapping):
        raise ValueError(not_possible(value))

    parts = {str(name).lower().replace("-", "_"): each for name, each in value.items()}
    for name in parts:
        if name not in _PARTS:
            raise ValueError(unknown(name, _PARTS))

    return parts


def _words(value: object) -> list[str]:
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise ValueError(not_possible(value) if words else "it is empty.")

    for word in words:
        if not isinstance(word, str) or not re.fullmatch(r"[a-z][a-z0-9_*.-]*", word):
            raise ValueError(unknown(str(word), ()))

    return list(words)
