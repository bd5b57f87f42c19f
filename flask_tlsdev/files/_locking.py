"""How processes take turns: one lock file, never unlinked, and a deadline."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

from ..errors import StoreError
from ..errors import StoreLocked
from ._base import CLOEXEC
from ._base import kind
from ._base import NOFOLLOW
from ._base import NOINHERIT
from ._base import NONBLOCK
from ._base import set_mode
from ._base import shown
from ._base import told
from ._base import typed

_FIRST_WAIT = 0.005
_LONGEST_WAIT = 0.1

if sys.platform == "win32":
    import msvcrt

    # A locked byte cannot be read on Windows, so this one is far behind the
    # number of the process that holds the lock.
    _LOCKED_BYTE = 1 << 30

    def _try_to_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_to_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        # Closing alone would not do while a forked child has it open too.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def lock(path: Path, *, timeout: float = 30.0) -> Iterator[None]:
    """Hold the lock that this file stands for, against threads and processes.

    The file is made when missing and stays: were it unlinked, one process
    could hold the old file and another the new one. The system lets go of the
    lock of a process that dies. A thread must not take the same lock twice.

    :param timeout: For how many seconds to wait before :exc:`StoreLocked`.
    """
    with told("lock", path):
        descriptor = _acquire(path, timeout)

    try:
        _note_holder(descriptor, f"{os.getpid()}\n")
        yield
    finally:
        _note_holder(descriptor, "")
        with suppress(OSError):
            _unlock(descriptor)
        os.close(descriptor)


def _acquire(path: Path, timeout: float) -> int:
    deadline = time.monotonic() + timeout
    wait = _FIRST_WAIT

    while True:
        # Opened anew each time: the file may have been replaced meanwhile.
        descriptor = _open(path)

        try:
            if _try_to_lock(descriptor) and _is_still(path, descriptor):
                return descriptor

            holder = _holder(descriptor)
        except BaseException:
            os.close(descriptor)
            raise

        os.close(descriptor)

        if (left := deadline - time.monotonic()) <= 0:
            raise _locked(path, holder, timeout)

        time.sleep(min(wait, left))
        wait = min(2 * wait, _LONGEST_WAIT)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | NOFOLLOW | NONBLOCK | CLOEXEC | NOINHERIT
    descriptor = os.open(path, flags, 0o600)

    try:
        status = os.fstat(descriptor)

        if not stat.S_ISREG(status.st_mode):
            raise StoreError(
                f"The lock {shown(path)} is {kind(status)}, not a file.",
                hint=f"Look at it, then move it away: ls -l {typed(path)}",
            )

        if status.st_nlink > 1:
            # The number of the holder would be written into it.
            raise StoreError(
                f"The lock {shown(path)} has a second name (a hard link).",
                hint=f"Look at it, then delete it: rm {typed(path)}",
            )

        if stat.S_IMODE(status.st_mode) != 0o600:
            # Whatever the umask made of a new file. On FAT nothing can.
            with suppress(PermissionError):
                set_mode(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise

    return descriptor


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        now = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False

    return os.path.samestat(now, os.fstat(descriptor))


def _note_holder(descriptor: int, text: str) -> None:
    # It only helps to name the holder: a full disk is no reason to stop.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text.encode())


def _holder(descriptor: int) -> int | None:
    """The process that holds the lock, if it has said so yet."""
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = os.read(descriptor, 20).strip()
    except OSError:
        return None

    return int(text) if text.isdigit() else None


def _locked(path: Path, holder: int | None, timeout: float) -> StoreLocked:
    who = "another process" if holder is None else f"the process {holder}"
    look = f"fuser -v {typed(path)}" if holder is None else f"ps -p {holder}"
    return StoreLocked(
        f"{shown(path)} has been locked by {who} for {timeout:g} seconds.",
        hint=f"Try again when it is done; look at it with: {look}",
    )
