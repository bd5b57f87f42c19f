"""What is a header, and what does it have to know of a response?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from typing import TYPE_CHECKING
from typing import TypeAlias

from ..names import is_development
from ..printable import quoted
from ..spelling import did_you_mean

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

#: What a browser does with a response: shows it as a page, styles one with it,
#: or neither.
Kind: TypeAlias = Literal["document", "stylesheet", "other"]

KINDS: tuple[Kind, ...] = ("document", "stylesheet", "other")
DOCUMENTS: frozenset[Kind] = frozenset({"document"})


@dataclass(frozen=True)
class Facts:
    """What is known of the request that a response answers."""

    #: Whether it came by HTTPS.
    secure: bool
    #: The name or address in the ``Host`` header, lower case, without port.
    host: str
    path: str
    debug: bool
    testing: bool

    @property
    def in_production(self) -> bool:
        """Whether a browser may remember what it is told of this host."""
        return (
            self.secure
            and not self.debug
            and not self.testing
            and not is_development(self.host)
        )


@dataclass(frozen=True)
class Header:
    """One header. Its text is made once; whether it goes is decided each time."""

    name: str
    text: str
    #: The kinds of response that can use it; ``None``: all.
    kinds: frozenset[Kind] | None = None
    #: Whether it goes to a response that can use it; ``None``: always.
    goes: Callable[[Facts, Response], bool] | None = None


#: Everything that can run scripts or show other pages. SVG and the rest of the
#: ``+xml`` types are such as well.
_DOCUMENT_TYPES = frozenset(
    {"text/html", "text/xml", "application/xml", "multipart/x-mixed-replace"}
)


@lru_cache(maxsize=128)
def kind_of(content_type: str | None) -> Kind:
    """What a browser makes of a ``Content-Type``.

    A response without one is a document: browsers guess, and may guess HTML.
    """
    if not content_type:
        return "document"

    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _DOCUMENT_TYPES or media_type.endswith("+xml"):
        return "document"

    return "stylesheet" if media_type == "text/css" else "other"


def choose(value: object, choices: Collection[str], default: str) -> str:
    """One of the texts, whatever its case; ``True`` is the default.

    :raises ValueError: It is none of them.
    """
    if value is True:
        return default

    if not isinstance(value, str):
        raise ValueError(not_possible(value))

    for choice in choices:
        if value.strip().lower() == choice.lower():
            return choice

    raise ValueError(unknown(value, choices))


def not_possible(value: object) -> str:
    """The sentence on a value of a type that a header cannot be made of."""
    return f"{quoted(type(value).__name__)} is not a type that it can be."


def unknown(word: str, known: Iterable[str]) -> str:
    """The sentence on a word that is none of the known ones."""
    return f"{quoted(word)} is not known. {did_you_mean(word, known)}".rstrip()
