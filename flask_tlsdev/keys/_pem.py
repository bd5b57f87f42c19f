"""Which parts does this PEM file have?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,60})-----")


@dataclass(frozen=True)
class Block:
    """One part, and what it calls itself."""

    label: str
    #: From ``-----BEGIN`` to the end of ``END ...-----``.
    pem: bytes
    body: bytes

    @property
    def has_old_encryption(self) -> bool:
        """Whether it is encrypted as PEM (RFC 1421), not as PKCS #8."""
        return b"Proc-Type:" in self.body


def blocks(data: bytes) -> Iterator[Block]:
    """The parts in the order of the file; what is between them is text.

    :raises ValueError: with the label of a part that has no end.
    """
    position = 0

    while match := _BEGIN.search(data, position):
        label = match[1].decode("ascii")
        end_line = b"-----END " + match[1] + b"-----"
        end = data.find(end_line, match.end())

        if end == -1:
            raise ValueError(label)

        position = end + len(end_line)
        yield Block(label, data[match.start() : position], data[match.end() : end])
