"""Roots of our profile, a runner that only remembers, and the real command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess

from cryptography.hazmat.primitives.serialization import Encoding

from flask_tlsdev.certificates import make_authority
from flask_tlsdev.names import DEFAULT_PERMITS
from flask_tlsdev.programs import Done
from flask_tlsdev.trust.base import Root

from ..servers import flask
from ..tools import run

Answer = Callable[[Sequence[str], bytes], Done]


@cache
def our_root(number: int = 0) -> Root:
    """The root of a CA as we make it; another one for each number."""
    authority = make_authority(
        DEFAULT_PERMITS,
        key_type="ec-p256",
        lifetime=timedelta(days=30 + number),
        now=datetime.now(timezone.utc),
    )
    der = authority.root.public_bytes(Encoding.DER)
    return Root.from_der(der, f"/ca/{number}/root.crt")


class Remembering:
    """Runs nothing. What it was asked to run is in :attr:`commands`.

    :param answers: What a program says: its name to what it answers.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        *,
        here: Sequence[str] = (),
        is_root: bool = False,
        interactive: bool = True,
    ) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.stdin: list[bytes] = []
        self.asked: list[bool] = []
        self.is_root = is_root
        self.interactive = interactive
        self._answers = dict(answers or {})
        self._here = here

    def find(self, name: str) -> str:
        return f"/usr/bin/{name}" if name in self._here else ""

    def refusal(self, path: str) -> str:
        return ""

    def run(
        self, arguments: Sequence[str], *, stdin: bytes = b"", asks: bool = False
    ) -> Done:
        self.commands.append(tuple(arguments))
        self.stdin.append(stdin)
        self.asked.append(asks)
        name = os.path.basename(arguments[0].replace("\\", "/"))
        answer = self._answers.get(name)
        return answer(arguments, stdin) if answer else Done(0)


def tls(*arguments: str | Path, **env: str) -> CompletedProcess[str]:
    """``flask tls ARGUMENTS`` in a process of its own."""
    return run(*flask("tls", *arguments), env={**os.environ, **env})


def must(*arguments: str | Path, **env: str) -> str:
    """The same, which has to end well; what it printed."""
    done = tls(*arguments, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
