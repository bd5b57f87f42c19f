"""Flask servers as a user starts them: in a process of their own."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

#: The repository, where ``example_app`` can be imported.
ROOT = Path(__file__).parent.parent

_RUNNING = re.compile(r"Running on (https?)://\S+:(\d+)$")


class Server:
    """A running ``flask`` process and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0
        self._news: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None

        for line in self.process.stdout:
            self.lines.append(line)
            self._news.put(line)
        self._news.put(None)

    def end(self) -> None:
        """End the process and whatever it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                break

        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, pattern: str, timeout: float = 30) -> re.Match[str]:
        """Wait until a line matches; fail with all output when none does in time."""
        deadline = time.monotonic() + timeout

        while True:
            try:
                line = self._news.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {pattern!r} in:\n{self.output}") from None
            if line is None:
                raise AssertionError(f"ended without {pattern!r}:\n{self.output}")
            if found := re.search(pattern, line):
                return found

    def get(
        self, path: str = "/", *, cafile: Path | str, host: str = "localhost"
    ) -> tuple[int, bytes]:
        """Status and body of a GET over TLS that trusts only ``cafile``."""
        context = ssl.create_default_context(cafile=str(cafile))
        handler = urllib.request.HTTPSHandler(context=context)
        opener = urllib.request.build_opener(handler, _KeepErrors())
        url = f"https://{host}:{self.port}{path}"

        with opener.open(url, timeout=20) as response:
            return response.status, response.read()

    def certificate(self) -> bytes:
        """The leaf that is served now (DER). Nothing is verified."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE

        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain:
            with context.wrap_socket(plain) as connection:
                return connection.getpeercert(True) or b""


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    """An answer is an answer, whatever its status."""

    def http_response(self, request, response):  # type: ignore[no-untyped-def]
        return response

    https_response = http_response


def flask(*arguments: str | os.PathLike[str]) -> list[str]:
    """The command line of this environment's ``flask``."""
    return [sys.executable, "-m", "flask", *(os.fspath(each) for each in arguments)]


@contextlib.contextmanager
def serving(
    *arguments: str | os.PathLike[str],
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[Server]:
    """``flask ARGUMENTS`` on a free port, ready to answer; ended afterwards.

    ``--port`` is added.
    """
    process = subprocess.Popen(
        flask(*arguments, "--port", str(port)),
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # The reloader's child must end too.
        start_new_session=True,
    )
    server = Server(process)
    try:
        server.port = int(server.wait_for(_RUNNING.pattern)[2])
        yield server
    finally:
        server.end()
