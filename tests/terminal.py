"""A program on a terminal, and somebody who answers its questions."""

from __future__ import annotations

import os
import pty
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


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
        # A hidden question throws away what was typed before its last blank.
        asked = re.compile(re.escape(question.encode()) + rb".* $", re.DOTALL)
        while not asked.search(shown, at):
            part = _read(terminal)
            assert part, shown.decode()
            shown += part
        os.write(terminal, f"{answer}\n".encode())

    while part := _read(terminal):
        shown += part

    os.close(terminal)
    os.waitpid(child, 0)
    return shown.decode()


def _read(terminal: int) -> bytes:
    # Linux says that the other end is gone with an error.
    with suppress(OSError):
        return os.read(terminal, 4096)

    return b""
