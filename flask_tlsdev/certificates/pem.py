"""Which PEM blocks are in a file?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..printable import printable

_MARKER = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 #]{1,40})-----")


class PemBlock(NamedTuple):
    """A block with its BEGIN line and, unless it is cut off, its END line."""

    label: str
    data: bytes


def pem_blocks(data: bytes) -> Iterator[PemBlock]:
    """Every PEM block of a file, whatever stands around them.

    One pass over the file: it takes linear time also where the END lines are
    missing.
    """
    begin = None

    for marker in _MARKER.finditer(data):
        is_begin = marker[1] == b"BEGIN"
        if begin:
            end = marker.start() if is_begin else marker.end()
            yield PemBlock(begin[2].decode(), data[begin.start() : end])
        begin = marker if is_begin else None

    if begin:
        yield PemBlock(begin[2].decode(), data[begin.start() :])


def is_der(data: bytes) -> bool:
    """Whether it begins like a DER sequence, as certificates, CSRs and keys do."""
    return data[:1] == b"\x30"


def kinds_in(data: bytes) -> str:
    """What a file holds, in words for "... holds ..., no certificate"."""
    labels = dict.fromkeys(block.label.lower() for block in pem_blocks(data))

    if labels:
        return printable(" and ".join(list(labels)[:4]))

    return "neither PEM nor DER" if data.strip() else "nothing"
