"""What ``show``, ``verify`` and ``import`` are pointed to: files, or a server."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError
from ..printable import printable
from . import passphrases

if TYPE_CHECKING:
    from ..peers import Address

#: Nothing that people keep in such a file is larger.
LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True)
class Source:
    """A file with what is in it."""

    #: For sentences, printable.
    what: str
    data: bytes
    passphrase: bytes | None


def find_server(text: str) -> Address | None:
    """The server that ``HOST:PORT`` means. A file of that name comes first."""
    from ..peers import parse_address

    return None if os.path.lexists(text) else parse_address(text)


def read(text: str, passphrase_file: Path | None = None) -> Source:
    """The file of that name, or standard input for ``-``."""
    from .. import files

    if text == "-":
        what, data = "standard input", _read_stdin()
    else:
        what, data = printable(text), files.read(Path(text), limit=LIMIT)

    return Source(what, data, passphrases.to_open(data, what, passphrase_file))


def _read_stdin() -> bytes:
    data = sys.stdin.buffer.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise StoreError(f"Standard input is larger than {LIMIT} bytes.")

    return data
