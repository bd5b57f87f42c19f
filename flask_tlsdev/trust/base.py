"""What every trust store can be asked, and what it answers."""

from __future__ import annotations

import os
import stat
from abc import ABC
from abc import abstractmethod
from pathlib import Path
from typing import Literal
from typing import NamedTuple
from typing import Protocol

from ..errors import TrustError
from .root import Element as Element
from .root import elements as elements
from .root import Root as Root

#: What a store makes of one root. ``absent``: there is no such store here.
#: ``unreadable``: there is one, and nobody can tell.
State = Literal["trusted", "not trusted", "absent", "unreadable"]

#: A bundle of every public root has a quarter of a megabyte.
READ_LIMIT = 16 << 20


class StoreState(NamedTuple):
    """What one trust store makes of one root."""

    #: The kind of store: ``openssl``, ``chromium``, ``firefox``, ...
    name: str
    #: The file or folder that was looked at.
    path: str
    state: State
    #: The reason in a few words, printable; empty where there is none to give.
    detail: str = ""


class TrustStore(Protocol):
    """A place where clients look for the roots that they trust."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str: ...

    def available(self) -> bool:
        """Whether there is such a store here."""

    def contains(self, root_der: bytes) -> bool:
        """Whether clients of the store trust servers because of this very root.

        Another root with the same subject or key is another root. The answer is
        of now, without a cache. :class:`TrustError` where it cannot be found out.
        """

    def state(self, root: Root) -> StoreState:
        """The same as a value, with the reason; it raises nothing."""


class ReadableStore(ABC):
    """The reading half of a :class:`TrustStore`, from one method."""

    def __init__(self, name: str, path: str | os.PathLike[str]) -> None:
        self.name = name
        self.path = os.fspath(path)

    @abstractmethod
    def state(self, root: Root) -> StoreState: ...

    @abstractmethod
    def available(self) -> bool: ...

    def contains(self, root_der: bytes) -> bool:
        found = self.state(Root.from_der(root_der))

        if found.state == "unreadable":
            raise TrustError(
                f"The trust store {self.path} cannot be read: {found.detail}."
            )

        return found.state == "trusted"

    def _answer(self, state: State, detail: str = "") -> StoreState:
        return StoreState(self.name, self.path, state, detail)


def read_regular(path: Path) -> bytes:
    """The content of a file, links followed; ``OSError`` if it is no file."""
    # A FIFO would keep us waiting for its writer without O_NONBLOCK.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)

    with open(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a regular file")

        if status.st_size > READ_LIMIT:
            raise OSError(f"it is larger than {READ_LIMIT >> 20} MiB")

        return stream.read(READ_LIMIT)
