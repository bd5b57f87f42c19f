"""What is a header, and what does it have to know of a response?"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Literal
from typing import NamedTuple
from typing import TypeAlias

from ..names import is_development
from ..printable import quoted
from ..spelling import did_you_mean

#: What a browser does with a response: shows it as a page, styles one with it,
#: runs it in one or in a worker of its own, or none of these.
Kind: TypeAlias = Literal["document", "stylesheet", "script", "worker", "other"]

KINDS: tuple[Kind, ...] = ("document", "stylesheet", "script", "worker", "other")
DOCUMENTS: frozenset[Kind] = frozenset({"document"})

#: What has a policy of its own: a worker does not inherit its page's.
GLOBALS: frozenset[Kind] = frozenset({"document", "worker"})

#: Who hears a response: somebody over plain HTTP, a browser over HTTPS that
#: must not remember it, or one that may.
Reach: TypeAlias = Literal["plain", "private", "public"]

REACHES: tuple[Reach, ...] = ("plain", "private", "public")

#: Where a header goes: everywhere, to HTTPS, to what a browser may remember.
When: TypeAlias = Literal["always", "secure", "public"]

_REACHED: dict[When, frozenset[Reach]] = {
    "always": frozenset(REACHES),
    "secure": frozenset({"private", "public"}),
    "public": frozenset({"public"}),
}


class Facts(NamedTuple):
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
        return self.reach == "public"

    @property
    def reach(self) -> Reach:
        """Whether a browser hears it by HTTPS, and may remember it."""
        if not self.secure:
            return "plain"

        private = self.debug or self.testing or is_development(self.host)
        return "private" if private else "public"


class Header(NamedTuple):
    """One header. Its text is made once; whether it goes is decided each time."""

    name: str
    #: What it says; where a nonce was used, :attr:`nonced` says it.
    text: str
    #: The kinds of response that can use it; ``None``: all.
    kinds: frozenset[Kind] | None = None
    when: When = "always"
    #: The text in the pieces that stand around the nonce; empty: it has none.
    nonced: tuple[str, ...] = ()
    #: Whether the nonce is in it even where nobody used it.
    nonce_always: bool = False
    #: Whether it goes with a 304, whose headers replace those of the page that
    #: the browser has stored.
    revalidates: bool = True
    #: The key that it is of, such as ``TLSDEV_CSP``.
    key: str = ""
    #: What made it so, the last word last: a preset, keys, overrides.
    origins: tuple[str, ...] = ()

    def goes(self, reach: Reach) -> bool:
        return reach in _REACHED[self.when]

    def is_for(self, kind: Kind) -> bool:
        return self.kinds is None or kind in self.kinds

    def text_with(self, nonce: str) -> str:
        """What it says on a page that used this nonce."""
        return nonce.join(self.nonced) if self.nonced else self.text


#: Makes the headers that a value means; ``True`` is our default. Several are
#: alternatives: the first that goes to a response is sent. ``ValueError``: the
#: header cannot be this.
Make: TypeAlias = Callable[[object], tuple[Header, ...]]


class Maker(NamedTuple):
    """How a key becomes a header."""

    name: str
    make: Make
    #: The value that a mapping means on top of another value; ``None``: it
    #: replaces it like any other.
    merge: Callable[[object, object], object] | None = None
    #: Whether it is for single views and no key of ``app.config``.
    views_only: bool = False


#: Everything that can run scripts or show other pages. SVG and the rest of the
#: ``+xml`` types are such as well.
_DOCUMENT_TYPES = frozenset(
    {"text/html", "text/xml", "application/xml", "multipart/x-mixed-replace"}
)

#: https://mimesniff.spec.whatwg.org/#javascript-mime-type
_SCRIPT_TYPE = (
    r"(?:application|text)/(?:x-)?(?:java|ecma)script"
    r"|text/(?:jscript|livescript|javascript1\.[0-5])"
)


@lru_cache(maxsize=128)
def kind_of(content_type: str | None) -> Kind:
    """What a browser makes of a ``Content-Type``.

    A response without one is a document: browsers guess, and may guess HTML.
    Whether a script becomes a worker is for the request to say.
    """
    if not content_type:
        return "document"

    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _DOCUMENT_TYPES or media_type.endswith("+xml"):
        return "document"

    if media_type == "text/css":
        return "stylesheet"

    return "script" if re.fullmatch(_SCRIPT_TYPE, media_type) else "other"


_doubts: ContextVar[list[str] | None] = ContextVar("doubts", default=None)


@contextmanager
def lenient() -> Iterator[list[str]]:
    """Collect what is only doubtful, instead of raising it.

    In production a site goes on: what browsers do not know they skip.
    """
    found: list[str] = []
    token = _doubts.set(found)
    try:
        yield found
    finally:
        _doubts.reset(token)


def doubt(message: str) -> None:
    """Say that a value can be sent, but will hardly do what was meant.

    :raises ValueError: Nobody asked to be lenient.
    """
    found = _doubts.get()
    if found is None:
        raise ValueError(message)

    found.append(message)


def is_off(value: object) -> bool:
    """Whether a value means that there is no such header. ``0`` does not."""
    return value is None or value is False


#: With this key ``False``, a mapping is the whole of a header, not a change.
DEFAULTS = "defaults"


def is_defaults(key: object) -> bool:
    """Whether a mapping's key is :data:`DEFAULTS`. A variable's is upper case."""
    return str(key).lower() == DEFAULTS


def keeps_defaults(value: object) -> bool:
    """Whether a mapping is a change, not the whole."""
    if not isinstance(value, Mapping):
        return False

    kept = [each for key, each in value.items() if is_defaults(key)]
    if not all(isinstance(each, bool) for each in kept):
        raise ValueError(f"{DEFAULTS} is True or False.")

    return all(kept)


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
