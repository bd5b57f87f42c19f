"""Commands in child processes that die, or are refused something, at each step.

What happens on the disk is a row of system calls. A child is stopped at each of
them in turn, so that every state that a command can leave behind is looked at,
and no more: between two calls nothing changes.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.cli import cli

from ..files.children import end_of
from ..files.children import start

#: What changes something on the disk, by the names that Python has for it.
CHANGES = frozenset(
    {
        "chmod",
        "close",
        "fchmod",
        "fsync",
        "ftruncate",
        "link",
        "mkdir",
        "open",
        "remove",
        "rename",
        "replace",
        "rmdir",
        "unlink",
        "write",
    }
)

#: What of that an operating system refuses with an error in practice, and the
#: calls that only look.
REFUSED = CHANGES - {"close"} | {"flock", "listdir", "lstat", "read", "scandir", "stat"}


@dataclass(frozen=True)
class Ended:
    """How a command came to its end."""

    #: The exit code, or minus the signal.
    code: int
    output: str
    #: Whether the step that was waited for was reached.
    reached: bool


def flask_killed_at(step: int, *arguments: str, report: Path) -> Ended:
    """``flask ARGUMENTS``, killed just before its nth change of the disk."""

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    return _flask(arguments, report, step, CHANGES, kill)


def flask_refused_at(
    step: int, *arguments: str, report: Path, number: int = errno.EIO
) -> Ended:
    """The same, where the nth call is refused with an error instead."""

    def refuse() -> None:
        raise OSError(number, os.strerror(number))

    return _flask(arguments, report, step, REFUSED, refuse)


class _Steps:
    """Counts the calls in a folder of ours or in our own modules."""

    def __init__(
        self,
        step: int,
        names: frozenset[str],
        action: Callable[[], None],
        reached: Path,
    ) -> None:
        #: One and the same line refuses alike for every folder on a way.
        self._once = names is REFUSED
        self._seen: set[tuple[tuple[str, int], ...]] = set()
        self._left = step
        self._names = names
        self._action = action
        self._reached = reached

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        if event != "c_call" or not self._counts(frame, argument):
            return

        self._left -= 1
        if self._left == 0:
            sys.setprofile(None)
            self._reached.touch()
            self._action()

    def _counts(self, frame: Any, function: Any) -> bool:
        if function.__name__ not in self._names:
            return False

        known = function.__module__ in ("posix", "fcntl") or (
            isinstance(function.__self__, io.IOBase) or function is open
        )
        way = _our_way(frame) if known else ()
        if not way or (self._once and way in self._seen):
            return False

        self._seen.add(way)
        return True


def _our_way(frame: Any) -> tuple[tuple[str, int], ...]:
    """The lines of our package that have led here; none when a module is imported."""
    way = []

    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.startswith("importlib"):
            return ()
        if name.startswith("flask_tlsdev."):
            way.append((name, frame.f_lineno))

        frame = frame.f_back

    return tuple(way)


def _flask(
    arguments: tuple[str, ...],
    report: Path,
    step: int,
    names: frozenset[str],
    action: Callable[[], None],
) -> Ended:
    reached = report.with_suffix(".reached")
    reached.unlink(missing_ok=True)

    def run() -> None:
        _write_to(report)
        sys.setprofile(_Steps(step, names, action, reached))
        try:
            cli.main(list(arguments), "flask")
        except SystemExit as error:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(error.code if isinstance(error.code, int) else 0)

    code = end_of(start(run))
    return Ended(code, report.read_text(errors="replace"), reached.exists())


def _write_to(report: Path) -> None:
    with report.open("wb") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)

    # pytest holds the old ones.
    sys.stdout = open(1, "w", closefd=False, buffering=1)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
