"""While one client does its worst, every one of twenty good ones is answered.

They ask a server of their own process, as a user starts it. Afterwards it has as
many descriptors and threads as before, and doing it again costs no more memory.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..contexts.serving import settle
from ..servers import flask
from ..servers import Server
from ..tools import run
from .attacks import Attack
from .attacks import ATTACKS
from .attacks import saying

APP = """
from flask import Flask

app = Flask(__name__)

@app.route("/", methods=["GET", "POST"])
def index():
    from flask import request
    return b"good" + request.get_data()

@app.get("/large")
def large():
    return (b"x" * 10_000 for _ in range(2_000)), {"Content-Length": "20000000"}
"""

needs_proc = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="what a process has is in /proc"
)


class Process(Server):
    """A server, and what it holds."""

    def __init__(self, process: subprocess.Popen[str], root: Path) -> None:
        super().__init__(process)
        self.root = root

    def ask(self) -> bytes:
        return self.get(cafile=self.root)[1]

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def threads(self) -> int:
        return self._status("Threads:")

    @property
    def memory(self) -> int:
        """KiB."""
        return self._status("VmRSS:")

    def _status(self, field: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [each for each in text.splitlines() if each.startswith(field)]
        return int(line.split()[1])


@contextlib.contextmanager
def started(folder: Path, *, descriptors: int = 4096) -> Iterator[Process]:
    """``flask tls run``, with no more descriptors than this."""
    (folder / "app.py").write_text(APP)
    root = folder / "root.crt"
    assert run(*flask("tls", "issue"), cwd=folder).returncode == 0
    done = run(*flask("tls", "ca", "export", "--out", root, "--force"), cwd=folder)
    assert done.returncode == 0, done.stderr

    process = subprocess.Popen(
        [
            *("/bin/sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh"),
            *flask("tls", "run", "--port", "0"),
        ],
        cwd=folder,
        # One heap for all threads: else it is chance in which the memory is kept.
        env={**os.environ, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    server = Process(process, root)
    try:
        server.port = int(server.wait_for(r"Running on https://\S+:(\d+)$")[1])
        yield server
    finally:
        server.end()


def calm(server: Process) -> tuple[int, int]:
    """Descriptors and threads of a server that has answered once and has no client."""
    before = server.descriptors, server.threads
    server.ask()
    assert back(server, *before)
    return before


def back(server: Process, descriptors: int, threads: int) -> bool:
    """Whether the server has let go of everything."""
    return settle(
        lambda: server.descriptors <= descriptors and server.threads <= threads, 20
    )


@needs_proc
def test_good_clients_are_answered_whatever_the_others_do(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        before = calm(server)
        bad = {}

        def again() -> int:
            """How much more memory the server has after another torture, in KiB."""
            held = server.memory
            for name, attack in ATTACKS.items():
                answers, gone = torture(server, attack, before)
                if answers != [b"good"] * 20 or not gone:
                    bad[name] = answers, server.descriptors, server.threads
            return server.memory - held

        # What is kept for those that follow grows until it is enough, a leak always.
        growth = [again(), again()]
        while growth[-1] >= 1024 and len(growth) < 8:
            growth.append(again())

        assert bad == {}
        assert growth[-1] < 1024, f"each torture costs memory: {growth} KiB"
        assert "Traceback" not in server.output


def torture(
    server: Process, attack: Attack, before: tuple[int, int]
) -> tuple[list[bytes], bool]:
    """What twenty good clients get meanwhile, and whether all is gone afterwards."""
    with attack(server.port):
        answers = []
        for _ in range(20):
            try:
                answers.append(server.ask())
            except OSError as error:
                answers.append(str(error).encode())

    return answers, back(server, *before)


@needs_proc
def test_few_descriptors_are_enough_for_good_clients(tmp_path: Path) -> None:
    with started(tmp_path, descriptors=64) as server:
        before = calm(server)

        answers, gone = torture(server, saying(b"", count=150), before)

        assert answers == [b"good"] * 20
        assert gone
        assert "Traceback" not in server.output
