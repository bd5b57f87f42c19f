"""What does SIGHUP do to a server: look at its pairs anew, or end with its terminal?"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def reloading_on_hangup(reload: Callable[[], object]) -> Iterator[None]:
    """Call ``reload`` on SIGHUP, as servers do.

    The same signal says that the terminal has been closed. A dev server that
    stayed then would keep its port for ever, so it ends as it did before.
    """
    if not _can_be_taken():
        yield
        return

    had_terminal = _has_terminal()

    def on_hangup(*_: Any) -> None:
        if had_terminal and not _has_terminal():
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            signal.raise_signal(signal.SIGHUP)

        reload()

    previous = signal.signal(signal.SIGHUP, on_hangup)

    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, previous)


def _can_be_taken() -> bool:
    # Windows has none. Under nohup it is ignored, and stays so.
    return (
        hasattr(signal, "SIGHUP")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    )


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False

    return True
