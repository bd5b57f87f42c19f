"""Content-Security-Policy: where a page may load things from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..printable import quoted
from ._csp_sources import DIRECTIVES
from ._csp_sources import RETIRED
from ._csp_sources import VALUELESS
from .base import DOCUMENTS
from .base import Facts
from .base import Header
from .base import not_possible
from .base import unknown

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

NAME = "Content-Security-Policy"

#: Our default: what most pages do works, scripts of others and inline ones do not.
BALANCED: Mapping[str, object] = MappingProxyType(
    {
        "default-src": "'self'",
        "base-uri": "'self'",
        "font-src": "'self' https: data:",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "script-src": "'self'",
        "script-src-attr": "'none'",
        "style-src": "'self' https: 'unsafe-inline'",
        "upgrade-insecure-requests": True,
    }
)

_UPGRADE = "upgrade-insecure-requests"

#: Visible ASCII. ``;`` begins the next directive and ``,`` the next policy, so
#: in a value either would say what nobody meant to say.
_WORD = re.compile(r"[!-+\--:<-~]+")


def make(value: object) -> tuple[Header, ...]:
    """The header for a mapping of directives, or for its text.

    A directive's value is a text, a list of sources, or ``True`` where it has
    none; ``None`` leaves it out. ``upgrade-insecure-requests`` goes out where
    HSTS does: a browser that upgraded the links of a development server would
    find nobody there. As ``"force"`` it always goes.
    """
    directives = _directives(BALANCED if value is True else value)
    upgrade = directives.pop(_UPGRADE, None)
    base = [" ".join((name, *words)) for name, words in directives.items()]

    plain = Header(NAME, "; ".join(base), DOCUMENTS)
    upgraded = Header(
        NAME,
        "; ".join((*base, _UPGRADE)),
        DOCUMENTS,
        goes=None if upgrade == _FORCE else _is_public,
    )
    if upgrade is None or upgrade == _FORCE:
        return (plain if upgrade is None else upgraded,)

    return (upgraded, plain) if base else (upgraded,)


_FORCE = ["force"]


def _is_public(facts: Facts, response: Response) -> bool:
    return facts.in_production


def _directives(value: object) -> dict[str, list[str]]:
    """The words of each directive, checked.

    :raises ValueError: There is no such directive, or it cannot be this.
    """
    pairs = _pairs(value)
    directives: dict[str, list[str]] = {}
    for name, each in pairs:
        if name in directives:
            raise ValueError(f"{name} is given twice, and browsers ignore the second.")
        directives[name] = _checked(name, each)

    if not directives:
        raise ValueError("there is no directive in it. None switches the header off.")

    return directives


def _pairs(value: object) -> list[tuple[str, object]]:
    if isinstance(value, str):
        parts = (part.split(None, 1) for part in value.split(";"))
        return [(_name(part[0]), "".join(part[1:]) or True) for part in parts if part]

    if isinstance(value, Mapping):
        return [
            (_name(key), each)
            for key, each in value.items()
            if each is not None and each is not False
        ]

    raise ValueError(not_possible(value))


def _name(key: object) -> str:
    """The directive's name. In a variable's name there are no hyphens."""
    name = str(key).lower().replace("_", "-")
    if name in RETIRED:
        raise ValueError(f"no browser has {name} any more. {RETIRED[name]}")

    if name not in DIRECTIVES:
        raise ValueError(unknown(str(key), DIRECTIVES))

    return name


def _checked(name: str, value: object) -> list[str]:
    words = _words(name, value)
    if name == _UPGRADE and words == _FORCE:
        return words

    try:
        DIRECTIVES[name](words)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None

    return words


def _words(name: str, value: object) -> list[str]:
    if value is True:
        if name not in VALUELESS:
            raise ValueError(f"{name} needs a value.")
        return []

    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)):
        raise ValueError(f"{name}: {not_possible(value)}")

    words = []
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"{name}: {not_possible(text)}")
        # Only blanks part words: a line break would part headers.
        words += [word for word in text.split(" ") if word]

    for word in words:
        if not _WORD.fullmatch(word):
            raise ValueError(
                f"{name}: {quoted(word)} has a character that no source can have."
            )

    return list(dict.fromkeys(words))
