"""What every trust store can be asked, and what it answers."""

from __future__ import annotations

import os
import stat
from abc import ABC
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from typing import NamedTuple
from typing import Protocol

from ..errors import TrustError

#: What a store makes of one root. ``absent``: there is no such store here.
#: ``unreadable``: there is one, and nobody can tell.
State = Literal["trusted", "not trusted", "absent", "unreadable"]

#: A bundle of every public root has a quarter of a megabyte.
READ_LIMIT = 16 << 20


@dataclass(frozen=True)
class StoreState:
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


class Element(NamedTuple):
    """One DER element: its tag, its content, and both with the length between."""

    tag: int
    content: bytes
    whole: bytes


def elements(data: bytes) -> Iterator[Element]:
    """The DER elements that stand one after the other in ``data``.

    :raises ValueError: if the data is not made of whole elements with one-byte
        tags, which is all that a certificate's outer fields have.
    """
    at = 0

    while at < len(data):
        start, at = at, at + 2
        if at > len(data):
            raise ValueError("a cut-off DER element")

        tag, length = data[start], data[start + 1]
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[at : at + octets], "big")
            at += octets
            if not 1 <= octets <= 4:
                raise ValueError("a DER length of a strange size")

        end = at + length
        if end > len(data):
            raise ValueError("a cut-off DER element")

        yield Element(tag, data[at:end], data[start:end])
        at = end


@dataclass(frozen=True)
class Root:
    """A root certificate, and the fields that trust stores find it by."""

    der: bytes
    #: As DER elements, byte for byte as they stand in the certificate.
    serial: bytes
    issuer: bytes
    subject: bytes

    @classmethod
    def from_der(cls, der: bytes) -> Root:
        """Read a certificate; :class:`TrustError` if the bytes are not one."""
        # Not with cryptography: a banner shall not wait for its import.
        try:
            (certificate,) = elements(der)
            body = next(elements(certificate.content))
            fields = list(elements(body.content))
            # A version stands before the serial number, except in version 1.
            first = 1 if fields[0].tag == 0xA0 else 0
            serial, _, issuer, _, subject = fields[first : first + 5]
        except (ValueError, IndexError, StopIteration) as error:
            raise TrustError(
                "The root to look for is not a certificate in DER form.",
                hint="Give the bytes of one certificate, not PEM text.",
            ) from error

        return cls(bytes(der), serial.whole, issuer.whole, subject.whole)


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
