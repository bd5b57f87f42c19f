"""Below which of these paths does a path lie?"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Generic
from typing import TypeVar

from ..printable import quoted

T = TypeVar("T")


class Prefixes(Generic[T]):
    """Values for paths and all that lies below them.

    To find them costs as many look-ups as the longest prefix has parts,
    however many prefixes there are and however long a client makes a path.
    """

    def __init__(self, values: Mapping[str, T]) -> None:
        self._values = {prefix.rstrip("/"): value for prefix, value in values.items()}
        self._depth = max((each.count("/") for each in self._values), default=-1)

    def __bool__(self) -> bool:
        return bool(self._values)

    def all(self) -> Iterable[T]:
        return self._values.values()

    def above(self, path: str) -> Iterator[T]:
        """The values for a path, those of the shortest prefix first."""
        end = 0
        for _ in range(self._depth + 1):
            if path[:end] in self._values:
                yield self._values[path[:end]]
            if end >= len(path):
                return
            end = path.find("/", end + 1)
            end = len(path) if end < 0 else end

    def has(self, path: str) -> bool:
        return next(self.above(path), None) is not None


def prefix(value: object) -> str:
    """A path that others can lie below.

    :raises ValueError: It is none.
    """
    if isinstance(value, str) and value.startswith("/") and "?" not in value:
        return value

    raise ValueError(f"{quoted(value)} is no path: it has to begin with '/'.")


def exempt(value: object) -> Prefixes[bool]:
    """The paths of a list, or of a text with commas."""
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, Iterable):
        raise ValueError(f"{quoted(type(value).__name__)} is no list of paths.")

    return Prefixes(
        {
            prefix(each.strip() if isinstance(each, str) else each): True
            for each in texts
        }
    )
