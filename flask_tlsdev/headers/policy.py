"""Which header goes to which response?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .base import Facts
from .base import Header
from .base import Kind
from .base import kind_of
from .base import KINDS

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@dataclass(frozen=True)
class Policy:
    """The headers of an app. Of several with one name the first that goes is sent."""

    headers: tuple[Header, ...] = ()

    def apply(self, facts: Facts, response: Response) -> None:
        """Add what the response lacks. A header that it has is left as it is."""
        # One look at the names: setdefault would look through all of them for
        # each header, which costs three times as much.
        there = {name.lower(): value for name, value in response.headers}
        add = response.headers.add

        for key, header in self._for[kind_of(there.get("content-type"))]:
            if key not in there and (
                header.goes is None or header.goes(facts, response)
            ):
                there[key] = header.text
                add(header.name, header.text)

    @cached_property
    def _for(self) -> dict[Kind, tuple[tuple[str, Header], ...]]:
        """The headers that a kind of response can use, with their names' keys."""
        return {
            kind: tuple(
                (header.name.lower(), header)
                for header in self.headers
                if header.kinds is None or kind in header.kinds
            )
            for kind in KINDS
        }
