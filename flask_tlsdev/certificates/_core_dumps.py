"""How does a key stay out of core dumps while it exists?"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# From <linux/prctl.h>.
_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4


@contextmanager
def no_core_dumps() -> Iterator[None]:
    """A crash inside leaves no core file; on Linux no debugger attaches either.

    The limit alone does not stop a ``core_pattern`` that pipes to a program,
    such as systemd-coredump; a process that is not dumpable does.
    """
    with _no_core_files(), _not_dumpable():
        yield


@contextmanager
def _no_core_files() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return

    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))

    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@contextmanager
def _not_dumpable() -> Iterator[None]:
    # Elsewhere there is no such switch. Of Linux' three states only 1 dumps.
    if sys.platform != "linux" or _prctl(_PR_GET_DUMPABLE) != 1:
        yield
        return

    _prctl(_PR_SET_DUMPABLE, 0)

    try:
        yield
    finally:
        _prctl(_PR_SET_DUMPABLE, 1)


def _prctl(option: int, value: int = 0) -> int:
    try:
        prctl = ctypes.CDLL(None).prctl
    except (AttributeError, OSError):
        # A C library without it, as in a static build.
        return -1

    return int(prctl(option, ctypes.c_ulong(value), 0, 0, 0))
