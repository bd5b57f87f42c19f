"""How is a manifest written so that every YAML parser reads the same in it?

YAML 1.1 and 1.2 differ in what ``no``, ``1e3``, ``0x1f`` or ``12:30`` is, so only
what is a text in both stands without quotation marks.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import TLSDevError
from ..printable import quoted

#: Begins like no number, date or sign, and has no ``: `` or `` #`` in it.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*")

#: Texts that some parser takes for a boolean or for nothing.
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})

_WIDTH = 79

#: A line of a comment that is to be copied, and so is not broken.
_COMMAND = "kubectl "


@dataclass(frozen=True)
class Noted:
    """A value with a comment above it."""

    value: Any
    note: str


def dump(documents: Iterable[Any]) -> str:
    """The YAML of some documents.

    :param documents: Mappings of texts, numbers, booleans, lists and mappings;
        each of these may be :class:`Noted`.
    :raises TLSDevError: A text has a line break or another control character.
    """
    return "".join(
        f"{line}\n" for each in documents for line in ("---", *_document(each))
    )


def plain(value: Any) -> Any:
    """The value without the notes in it."""
    if isinstance(value, Noted):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}

    return [plain(each) for each in value] if isinstance(value, list) else value


def _document(document: Any) -> Iterator[str]:
    note, mapping = _parts(document)
    yield from _comment(note, 0)
    yield from _mapping(mapping, 0)


def _mapping(mapping: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key, held in mapping.items():
        note, value = _parts(held)
        yield from _comment(note, depth)
        yield from _entry(f"{'  ' * depth}{scalar(key)}:", value, depth)


def _entry(head: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, depth + 1)
    elif isinstance(value, list) and value:
        yield head
        yield from _sequence(value, depth + 1)
    else:
        yield f"{head} {scalar(value)}"


def _sequence(items: list[Any], depth: int) -> Iterator[str]:
    for item in items:
        note, value = _parts(item)
        yield from _comment(note, depth)
        if isinstance(value, Mapping) and value:
            yield from _item(value, depth)
        else:
            yield f"{'  ' * depth}- {scalar(value)}"


def _item(mapping: Mapping[str, Any], depth: int) -> Iterator[str]:
    """The mapping, its first key behind a hyphen."""
    (key, held), *rest = mapping.items()
    note, value = _parts(held)
    yield from _comment(note, depth)
    yield from _entry(f"{'  ' * depth}- {scalar(key)}:", value, depth + 1)
    yield from _mapping(dict(rest), depth + 1)


def _parts(value: Any) -> tuple[str, Any]:
    return (value.note, value.value) if isinstance(value, Noted) else ("", value)


def _comment(note: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for line in note.splitlines():
        if line.startswith(_COMMAND):
            yield f"{indent}# {line}"
            continue

        yield from textwrap.wrap(
            line,
            _WIDTH,
            initial_indent=f"{indent}# ",
            subsequent_indent=f"{indent}# ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def scalar(value: Any) -> str:
    """One value as it stands behind a key."""
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping) and not value:
        return "{}"
    if isinstance(value, list) and not value:
        return "[]"
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is nothing that a manifest holds")

    return _text(value)


def _text(text: str) -> str:
    if not text.isprintable():
        raise TLSDevError(
            f"{quoted(text)} has a line break or another character in it that a"
            " manifest cannot hold.",
            hint="Write it without.",
        )

    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text

    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isascii():
        return character

    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
