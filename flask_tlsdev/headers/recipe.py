"""What does each key say, when a preset, keys and overrides lie on one another?

A recipe is a value: a change makes a new one. Changes are put on in the order
of the road to a response: preset, keys of ``app.config``, path prefixes,
blueprints from the outer to the inner, the view. The last word counts.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple
from typing import TypeAlias

from . import csp
from . import frame_options
from ._csp_directives import names_in
from ._makers import MAKERS
from .base import Header
from .base import is_off
from .base import lenient
from .base import unknown
from .policy import Policy
from .presets import PRESETS

_ANCESTORS = "frame-ancestors"


class HeaderProblem(ValueError):
    """A header cannot be, or should not be, what it was told to be."""

    def __init__(self, key: str, origin: str, message: str, *, sent: bool) -> None:
        super().__init__(message)
        #: The key without ``TLSDEV_``.
        self.key = key
        #: Who said so: ``TLSDEV_CSP``, or an override.
        self.origin = origin
        self.message = message
        #: Whether it is sent all the same.
        self.sent = sent


#: Hears of what would be an error in development.
OnProblem: TypeAlias = Callable[[HeaderProblem], None]


class Entry(NamedTuple):
    """What one key says, and who says so."""

    value: object
    #: The last word last.
    origins: tuple[str, ...]
    headers: tuple[Header, ...]
    #: What was said against it when it was put in.
    doubts: tuple[str, ...] = ()


class Override:
    """Changes for a part of an app.

    :param changes: Keys without ``TLSDEV_``, to what they are changed.
    """

    def __init__(self, origin: str, changes: Mapping[str, object]) -> None:
        self.origin = origin
        self.changes = changes


class Recipe:
    """What every key says."""

    def __init__(self, entries: Mapping[str, Entry] | None = None) -> None:
        self.entries = entries or {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recipe):
            return NotImplemented

        return self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # as a mapping has none

    @classmethod
    def of(cls, preset: str) -> Recipe:
        """The recipe of a preset."""
        values = {
            key: PRESETS[preset].get(key)
            for key, maker in MAKERS.items()
            if not maker.views_only
        }
        return cls().changed(values, f"TLSDEV_HEADERS = {preset!r}")

    def changed(
        self,
        changes: Mapping[str, object],
        origin: str,
        on_problem: OnProblem | None = None,
    ) -> Recipe:
        """The recipe with these changes on top.

        :param changes: Keys without ``TLSDEV_``: a mapping changes what a
            structured header says, anything else replaces it.
        :param on_problem: Told of what is wrong instead of raising it: what
            browsers would skip is sent as it is, and what cannot be sent is
            left as it was.
        :raises HeaderProblem: A value is wrong.
        """
        entries = dict(self.entries)
        change = _Change(entries, origin, on_problem)
        for key, value in changes.items():
            change.put(key, value)

        _keep_in_step(change, changes)
        return Recipe(entries)

    @cached_property
    def policy(self) -> Policy:
        """The headers that it makes."""
        headers = []
        off = []
        for key, maker in MAKERS.items():
            entry = self.entries.get(key)
            if entry is None:
                continue

            headers += [
                header._replace(key=f"TLSDEV_{key}", origins=entry.origins)
                for header in entry.headers
            ]
            if not entry.headers:
                off.append(
                    Header(maker.name, "", key=f"TLSDEV_{key}", origins=entry.origins)
                )

        return Policy(tuple(headers), tuple(off))


class _Change:
    """Puts one set of changes into entries."""

    def __init__(
        self, entries: dict[str, Entry], origin: str, on_problem: OnProblem | None
    ) -> None:
        self.entries = entries
        self.origin = origin
        self.on_problem = on_problem

    def put(self, key: str, value: object) -> None:
        try:
            if self.on_problem is None:
                self.entries[key] = self._made(key, value)
                return

            with lenient() as doubts:
                made = self._made(key, value)
        except ValueError as error:
            self.say(key, str(error), sent=False)
        else:
            old = self.entries.get(key)
            self.entries[key] = made._replace(doubts=tuple(dict.fromkeys(doubts)))
            for message in self.entries[key].doubts:
                # What lies below was told already.
                if old is None or message not in old.doubts:
                    self.say(key, message, sent=True)

    def say(self, key: str, message: str, *, sent: bool) -> None:
        problem = HeaderProblem(key, self.origin, message, sent=sent)
        if self.on_problem is None:
            raise problem

        self.on_problem(problem)

    def _made(self, key: str, value: object) -> Entry:
        if key not in MAKERS:
            raise ValueError(unknown(key.lower(), [each.lower() for each in MAKERS]))

        maker, old = MAKERS[key], self.entries.get(key)
        origins: tuple[str, ...] = (self.origin,)
        if maker.merge is not None and isinstance(value, Mapping):
            value = maker.merge(None if old is None else old.value, value)
            origins = (*(old.origins if old else ()), self.origin)

        return Entry(value, origins, make(key, value))


def make(key: str, value: object) -> tuple[Header, ...]:
    """What a header's key says as headers; ``None`` and ``False`` are none.

    :param key: The key without ``TLSDEV_``.
    :raises ValueError: The header cannot be this.
    """
    return () if is_off(value) else MAKERS[key].make(value)


def _keep_in_step(change: _Change, changes: Mapping[str, object]) -> None:
    """Let ``X-Frame-Options`` and ``frame-ancestors`` say the same.

    Browsers hear only the second where both are there: to change the first
    alone would do nothing.
    """
    spoken = _speaks_of_ancestors(changes.get("CSP"))
    policy, options = change.entries.get("CSP"), change.entries.get("FRAME_OPTIONS")
    if policy is None or options is None or not policy.headers:
        return

    with lenient():
        allowed = csp.frame_options_of(policy.value)
        has_ancestors = csp.has(policy.value, _ANCESTORS)

    if "FRAME_OPTIONS" in changes:
        said = options.headers[0].text if options.headers else None
        if spoken and said is not None and allowed != said:
            sentence = f"{said} and frame-ancestors of the CSP contradict each other."
            change.say("FRAME_OPTIONS", sentence, sent=True)
        elif not spoken and has_ancestors and allowed != said:
            ancestors = frame_options.ancestors_of(options.value)
            change.put("CSP", {_ANCESTORS: ancestors})
    elif spoken and options.headers:
        change.put("FRAME_OPTIONS", allowed)


def _speaks_of_ancestors(value: object) -> bool:
    if not isinstance(value, (str, Mapping)):
        return False

    with lenient():
        try:
            return _ANCESTORS in names_in(value)
        except ValueError:
            return False
