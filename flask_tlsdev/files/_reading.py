"""How a file is read: a plain file of bounded size, or a sentence."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import StoreError
from ._base import BINARY
from ._base import CLOEXEC
from ._base import kind
from ._base import NOINHERIT
from ._base import NONBLOCK
from ._base import shown
from ._base import told
from ._base import typed


def read(path: Path, *, limit: int = 1 << 20) -> bytes:
    """The content of a plain file.

    Links are followed, since a mounted Secret is made of them; what they lead
    to has to be a plain file as well. A named pipe does not make us wait.

    :param limit: A larger file is an error; no more than this is ever read.
    """
    with told("read", path):
        descriptor = _open(path)

        try:
            status = os.fstat(descriptor)

            if not stat.S_ISREG(status.st_mode):
                raise _not_a_file(path, kind(status))

            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1)
        finally:
            os.close(descriptor)

    if len(data) > limit:
        raise StoreError(
            f"{shown(path)} is larger than the {limit} bytes that it may have.",
            hint=f"Look at what it is: ls -l {typed(path)}",
        )

    return data


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | NONBLOCK | CLOEXEC | BINARY | NOINHERIT)
    except FileNotFoundError as error:
        raise StoreError(
            f"There is no file {shown(path)}.",
            hint=f"Look at what is there: ls -l {typed(path.parent)}",
        ) from error
    except OSError as error:
        # Windows cannot open a folder at all, nobody can open a socket.
        if path.is_dir():
            raise _not_a_file(path, "a folder") from error

        raise


def _not_a_file(path: Path, what: str) -> StoreError:
    return StoreError(f"{shown(path)} is {what}, not a file.", hint="Name a file.")
