"""A program on a terminal, and somebody who answers its questions."""

from __future__ import annotations

import os
import pty
import re
import select
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

#: Seconds until a program that says nothing is given up.
DEADLINE = 30.0


def talk(command: list[str], answers: Iterable[tuple[str, str]], *, cwd: Path) -> str:
    """All that the terminal shows until the program ends.

    :param answers: What to wait for, and what is typed then.
    """
    child, terminal = pty.fork()
    if not child:
        os.chdir(cwd)
        os.execv(command[0], command)

    shown = b""
    for question, answer in answers:
        at = len(shown)
        # A hidden question throws away what was typed before its end, and half a
        # line may come with a blank as its last character.
        asked = re.compile(re.escape(question.encode()) + rb".*: $", re.DOTALL)
        while not asked.search(shown, at):
            part = _read(terminal)
            assert part, f"no {question!r} in {shown.decode()!r}"
            shown += part
        os.write(terminal, f"{answer}\n".encode())

    while part := _read(terminal):
        shown += part

    # Who still waits for an answer is told that nobody is there.
    os.close(terminal)
    os.waitpid(child, 0)
    return shown.decode()


def _read(terminal: int) -> bytes:
    if not select.select([terminal], [], [], DEADLINE)[0]:
        return b""

    # Linux says that the other end is gone with an error.
    with suppress(OSError):
        return os.read(terminal, 4096)

    return b""
