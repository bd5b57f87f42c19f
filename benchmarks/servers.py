"""The servers that are compared, each as its users start it, with the same pair."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import clients
from road import free_port
from road import Machine

_TICKS = os.sysconf("SC_CLK_TCK")

APP = """
from flask import Flask

app = Flask(__name__)
ASSET = b"x" * 4096

@app.get("/")
def index():
    return "hello"

@app.get("/asset/<int:number>")
def asset(number):
    return ASSET
"""

NODE = """
const fs = require("fs");
const asset = Buffer.alloc(4096, "x");
require("https").createServer(
  { cert: fs.readFileSync("p256.pem"), key: fs.readFileSync("p256.key") },
  (request, response) => {
    const body = request.url === "/" ? "hello" : asset;
    response.setHeader("Content-Length", body.length);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(body);
  }
).listen(Number(process.argv[2]), "127.0.0.1");
"""

CADDY = """
{
    admin off
    auto_https off
}
https://localhost:%d {
    bind 127.0.0.1
    tls p256.pem p256.key
    respond / "hello"
    respond "%s"
}
"""


class Servers:
    """The servers that can be compared on this machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        (machine.folder / "app.py").write_text(APP)
        (machine.folder / "node.js").write_text(NODE)

    def commands(self, port: int) -> dict[str, list[str]]:
        flask = self.machine.command
        found = {
            "tls": flask("tls", "run", *_pair("p256"), "--port", str(port)),
            "flask": flask("run", *_pair("p256"), "--port", str(port)),
            "flask-rsa4096": flask("run", *_pair("rsa4096"), "--port", str(port)),
            "flask-adhoc": flask("run", "--cert=adhoc", "--port", str(port)),
            "gunicorn": [
                *(sys.executable, "-m", "gunicorn", "app:app"),
                *("--worker-class", "gthread", "--threads", "8"),
                *("--certfile", "p256.pem", "--keyfile", "p256.key"),
                *("--bind", f"127.0.0.1:{port}"),
            ],
        }
        if node := shutil.which("node"):
            found["node"] = [node, "node.js", str(port)]
        if caddy := shutil.which("caddy"):
            config = self.machine.folder / f"Caddyfile-{port}"
            config.write_text(CADDY % (port, "x" * 4096))
            found["caddy"] = [
                *(caddy, "run", "--adapter", "caddyfile"),
                *("--config", str(config)),
            ]
        return found

    @contextlib.contextmanager
    def running(self, name: str, names: int = 0) -> Iterator[Running]:
        """:param names: Serve a pair of ours with so many of them."""
        port = free_port()
        command = self.commands(port)[name]
        if names:
            more = [f"--name=n{number}.test" for number in range(names - 1)]
            command = self.machine.command("tls", "run", "--port", str(port), *more)
        process = subprocess.Popen(
            command,
            cwd=self.machine.folder,
            env=self.machine.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        began = time.perf_counter()
        try:
            wait(port, process)
            yield Running(process.pid, port, time.perf_counter() - began)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _pair(stem: str) -> tuple[str, ...]:
    return "--cert", f"{stem}.pem", "--key", f"{stem}.key"


def wait(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            clients.new_get(port)
            return
        except OSError:
            time.sleep(0.005)

    raise RuntimeError(f"{process.args!r} ended with {process.returncode}")


class Running:
    """A server that answers."""

    def __init__(self, pid: int, port: int, start: float) -> None:
        self.pid = pid
        self.port = port
        #: Seconds from the start of the process to the first answer.
        self.start = start

    @property
    def memory(self) -> float:
        """MiB."""
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in self._family()]
        return sum(int(text.partition("VmRSS:")[2].split()[0]) for text in texts) / 1024

    @property
    def cpu(self) -> float:
        """Seconds."""
        texts = [Path(f"/proc/{pid}/stat").read_text() for pid in self._family()]
        ticks = [text.rpartition(")")[2].split()[11:13] for text in texts]
        return sum(int(each) for pair in ticks for each in pair) / _TICKS

    def _family(self) -> list[int]:
        """The process and those that it has started."""
        found, new = [], [self.pid]
        while new:
            found.append(pid := new.pop())
            for task in Path(f"/proc/{pid}/task").iterdir():
                # A thread may end while we look at it.
                with contextlib.suppress(OSError):
                    new += map(int, (task / "children").read_text().split())
        return found
