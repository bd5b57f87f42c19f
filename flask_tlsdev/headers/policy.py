"""Which header goes to which response, and why?"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple
from typing import TypeAlias

from .base import Header
from .base import Kind
from .base import Reach

Pair: TypeAlias = tuple[str, str]


class Lines:
    """The headers that one kind of response gets, ready to be sent."""

    def __init__(self, headers: Collection[Header]) -> None:
        self._pairs = tuple((header.name, header.text) for header in headers)
        self._names = tuple(header.name.lower() for header in headers)
        self._keys = frozenset(self._names)
        self._nonced = tuple(
            (place, header) for place, header in enumerate(headers) if header.nonced
        )
        #: Whether one of them has a place for a nonce.
        self.has_nonce = bool(self._nonced)
        #: Whether one of them is not sent without a nonce.
        self.needs_nonce = any(header.nonce_always for header in headers)

    def missing(self, there: Collection[str], nonce: str | None) -> Sequence[Pair]:
        """The headers that a response lacks.

        :param there: The names that it has, in lower case.
        :param nonce: The nonce that was used, if any was.
        """
        pairs: Sequence[Pair] = self._pairs
        if nonce is not None and self._nonced:
            pairs = self._with(nonce)

        # As a rule there is nothing to leave out.
        if self._keys.isdisjoint(there):
            return pairs

        named = zip(self._names, pairs, strict=True)
        return [pair for name, pair in named if name not in there]

    def _with(self, nonce: str) -> list[Pair]:
        pairs = list(self._pairs)
        for place, header in self._nonced:
            pairs[place] = header.name, nonce.join(header.nonced)

        return pairs


class Explanation(NamedTuple):
    """Why a header is sent, or is not."""

    #: The header's name.
    name: str
    #: What it says; ``'nonce-...'`` stands for a nonce. Empty where it is off.
    text: str
    #: The key that it is of, such as ``TLSDEV_CSP``.
    key: str
    #: What made it so, the last word last.
    origins: tuple[str, ...]
    sent: bool
    #: Why it is not sent, as a sentence; empty where it is.
    reason: str = ""


class Policy:
    """The headers of an app, a view or a path.

    Of several with one name the first that goes is sent.

    :param off: Keys that were switched off, as headers without a text.
    """

    def __init__(
        self, headers: tuple[Header, ...] = (), off: tuple[Header, ...] = ()
    ) -> None:
        self.headers = headers
        self.off = off

    def lines(self, kind: Kind, reach: Reach, *, revalidated: bool = False) -> Lines:
        """The headers for such a response.

        :param revalidated: Whether it is a 304.
        """
        key = (kind, reach, revalidated)
        lines = self._lines.get(key)
        if lines is None:
            lines = self._lines[key] = Lines(
                [
                    header
                    for header in self._firsts(kind, reach)
                    if header.revalidates or not revalidated
                ]
            )

        return lines

    @cached_property
    def tells_workers_apart(self) -> bool:
        """Whether a script gets other headers when it is a worker's."""
        return any(
            header.is_for("worker") is not header.is_for("script")
            for header in self.headers
        )

    @cached_property
    def _lines(self) -> dict[tuple[Kind, Reach, bool], Lines]:
        return {}

    def _firsts(self, kind: Kind, reach: Reach) -> Iterator[Header]:
        seen: set[str] = set()
        for header in self.headers:
            if header.name not in seen and header.is_for(kind) and header.goes(reach):
                seen.add(header.name)
                yield header

    def explain(
        self, kind: Kind, reach: Reach, *, revalidated: bool = False
    ) -> tuple[Explanation, ...]:
        """Each header there could be: what it says, who says so, whether it goes."""
        sent = {
            id(header)
            for header in self._firsts(kind, reach)
            if header.revalidates or not revalidated
        }
        seen: set[str] = set()
        found = []
        for header in sorted(self.headers, key=lambda each: id(each) not in sent):
            # Of alternatives, the one that goes, or else the first.
            if header.name not in seen:
                seen.add(header.name)
                goes = id(header) in sent
                reason = "" if goes else _reason(header, kind, reach)
                found.append(_explanation(header, goes, reason))

        off = [
            _explanation(each, False, f"{' and '.join(each.origins[-1:])} says so.")
            for each in self.off
        ]
        return (*found, *off)


def _explanation(header: Header, sent: bool, reason: str) -> Explanation:
    text = header.text_with("...") if header.nonce_always else header.text
    return Explanation(header.name, text, header.key, header.origins, sent, reason)


def _reason(header: Header, kind: Kind, reach: Reach) -> str:
    if not header.is_for(kind):
        kinds = " and ".join(f"{each}s" for each in sorted(header.kinds or ()))
        return f"Only {kinds} can use it."

    if header.goes(reach):
        return "A 304 leaves the stored page its own, with the nonce that is in it."

    if reach == "plain":
        return "It goes to HTTPS only."

    return (
        "Browsers would remember it: it does not go to names that are used in"
        " development, in debug or in tests."
    )
