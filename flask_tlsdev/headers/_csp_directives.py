"""What do directives say, alone and on top of others?

A change is a mapping too: a text or list replaces a directive, ``None`` leaves
it out, and ``{"add": ..., "remove": ...}`` changes its sources.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from ..printable import quoted
from ._csp_sources import DIRECTIVES
from ._csp_sources import FALLBACKS
from ._csp_sources import RETIRED
from ._csp_sources import VALUELESS
from .base import doubt
from .base import is_defaults
from .base import keeps_defaults
from .base import not_possible
from .base import unknown

Directives: TypeAlias = dict[str, tuple[str, ...]]

UPGRADE = "upgrade-insecure-requests"
FORCE = ("force",)

_NONE = ("'none'",)

#: A name that could be a directive's. What is longer or has other characters
#: would be read as something else.
_NAME = r"[a-z0-9-]{1,100}"

#: What a source may consist of: a line break, a semicolon or a comma would
#: begin another header, directive or policy.
_WORD = r"[!-+\--:<-~]+"


def parse(value: object) -> Directives:
    """The directives of a text or mapping that stands alone.

    :raises ValueError: There is no such directive, or it cannot be this.
    """
    directives = changed({}, value)
    if not directives:
        raise ValueError("there is no directive in it. None switches the header off.")

    return directives


def changed(base: Mapping[str, tuple[str, ...]], value: object) -> Directives:
    """The directives after a change.

    :param value: A text, which is a whole policy, or a mapping of changes.
    """
    whole = isinstance(value, str) or not keeps_defaults(value)
    directives: Directives = {} if whole else dict(base)
    seen = set()
    for name, each in _pairs(value):
        if name in seen:
            doubt(f"{name} is given twice, and browsers ignore the second.")
            continue

        seen.add(name)
        if each is None or each is False:
            directives.pop(name, None)
        elif isinstance(each, Mapping):
            directives[name] = _changed_words(name, each, directives)
        else:
            directives[name] = _checked(name, _words(name, each))

    return directives


def names_in(value: object) -> frozenset[str]:
    """The directives that a text or mapping speaks of."""
    return frozenset(name for name, _ in _pairs(value))


def render(directives: Mapping[str, tuple[str, ...]]) -> str:
    """The policy's text."""
    return "; ".join(" ".join((name, *words)) for name, words in directives.items())


def effective(
    directives: Mapping[str, tuple[str, ...]], name: str
) -> tuple[str, ...] | None:
    """The sources that count for a directive; ``None``: anything goes."""
    for each in (name, *FALLBACKS.get(name, ())):
        if each in directives:
            return directives[each]

    return None


def with_source(words: tuple[str, ...], *added: str) -> tuple[str, ...]:
    """The sources and these. ``'none'`` stands alone, so it goes."""
    kept = () if words == _NONE else words
    return tuple(dict.fromkeys((*kept, *added)))


def _changed_words(
    name: str, change: Mapping[object, object], directives: Directives
) -> tuple[str, ...]:
    for key in change:
        if key not in ("add", "remove"):
            raise ValueError(f"{name}: {unknown(str(key), ('add', 'remove'))}")

    added = _words(name, change.get("add") or ())
    removed = _words(name, change.get("remove") or ())
    # A directive that is not there yet begins with what has counted until now:
    # alone, the new source would close all that default-src opens.
    words = effective(directives, name) or ()
    words = tuple(word for word in with_source(words, *added) if word not in removed)
    return _checked(name, words or _NONE)


def _pairs(value: object) -> list[tuple[str, object]]:
    if isinstance(value, str):
        parts = (part.split(None, 1) for part in value.split(";"))
        return [(_name(part[0]), "".join(part[1:]) or True) for part in parts if part]

    if isinstance(value, Mapping):
        return [
            (_name(key), each) for key, each in value.items() if not is_defaults(key)
        ]

    raise ValueError(not_possible(value))


def _name(key: object) -> str:
    """The directive's name. In a variable's name there are no hyphens."""
    name = str(key).lower().replace("_", "-")
    if name in RETIRED:
        doubt(f"no browser has {name} any more. {RETIRED[name]}")
    elif not re.fullmatch(_NAME, name):
        raise ValueError(unknown(str(key), DIRECTIVES))
    elif name not in DIRECTIVES:
        doubt(unknown(str(key), DIRECTIVES))

    return name


def _checked(name: str, words: tuple[str, ...]) -> tuple[str, ...]:
    if name not in DIRECTIVES or (name == UPGRADE and words == FORCE):
        return words

    try:
        DIRECTIVES[name](words)
    except ValueError as error:
        doubt(f"{name}: {error}")

    return words


def _words(name: str, value: object) -> tuple[str, ...]:
    if value is True:
        if name in DIRECTIVES and name not in VALUELESS:
            raise ValueError(f"{name} needs a value.")
        return ()

    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)):
        raise ValueError(f"{name}: {not_possible(value)}")

    words: list[str] = []
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"{name}: {not_possible(text)}")
        # Only blanks part words: a line break would part headers.
        words += [word for word in text.split(" ") if word]

    for word in words:
        if not re.fullmatch(_WORD, word):
            raise ValueError(
                f"{name}: {quoted(word)} has a character that no source can have."
            )

    return tuple(dict.fromkeys(words))
