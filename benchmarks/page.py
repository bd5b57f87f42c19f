"""What does the development page cost the requests for everything else?

    python benchmarks/page.py [--rounds 30] [--requests 400]

The same app four times, with debug on: without the page, with it, with it and a
browser that watches it, and with a badge. Each round measures every server once, in an
order that changes, with GETs on one connection that stays. Printed are the medians of
the rounds, and the median of the ratios within a round to the server without a page.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

import clients
from road import free_port
from road import Machine

PLAIN = "without the page"

#: The options and the variables of each server.
CANDIDATES: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    PLAIN: (("--no-page",), {}),
    "with the page": (("--page",), {}),
    "while it is watched": (("--page",), {}),
    "with a badge": (("--page",), {"FLASK_TLSDEV_BADGE": "true"}),
}

APP = """
from flask import Flask
from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config.from_prefixed_env()
TLSDev(app)

@app.get("/")
def index():
    return "<!doctype html><title>hello</title><body>hello</body>"
"""

_TOKEN = re.compile(r"/_tlsdev/(\?token=\S+)")
_COOKIE = re.compile(rb"Set-Cookie: ([^;]+)")


@contextlib.contextmanager
def running(machine: Machine, name: str) -> Iterator[int]:
    """The port of a server; where its page is watched, it is so all the time."""
    options, variables = CANDIDATES[name]
    port = free_port()
    log = machine.folder / f"{port}.log"
    command = ("tls", "run", "--debug", "--no-reload", "--port", str(port), *options)
    with log.open("wb") as output:
        process = subprocess.Popen(
            machine.command(*command),
            cwd=machine.folder,
            env={
                **machine.environment(),
                **variables,
                "PYTHONUNBUFFERED": "1",
            },
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        wait(port, process)
        with contextlib.ExitStack() as stack:
            if "watched" in name:
                stack.enter_context(watching(port, log.read_text()))
            yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            clients.new_get(port)
            return
        except OSError:
            time.sleep(0.01)

    raise RuntimeError(f"{process.args!r} ended with {process.returncode}")


@contextlib.contextmanager
def watching(port: int, log: str) -> Iterator[None]:
    """Be the browser that has the page open."""
    found = _TOKEN.search(log)
    if found is None:
        raise RuntimeError(f"no page in {log}")

    typed = "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n"
    first = ask(port, f"/_tlsdev/{found[1]}", f"{typed}Sec-Fetch-Dest: document\r\n")
    with first:
        cookie = _COOKIE.search(first.recv(65536))
    if cookie is None:
        raise RuntimeError("the page has let nobody in")

    own = f"Cookie: {cookie[1].decode()}\r\nSec-Fetch-Site: same-origin\r\n"
    with ask(port, "/_tlsdev/events", own) as stream:
        if b"200 OK" not in stream.recv(65536):
            raise RuntimeError("there are no events")
        yield


def ask(port: int, path: str, fields: str) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection = clients.CONTEXT.wrap_socket(plain, server_hostname="localhost")
    head = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{fields}\r\n"
    connection.sendall(head.encode())
    return connection


def sample(port: int, count: int) -> float:
    """Microseconds for one GET: the mean of the faster half."""
    taken = []
    with clients.connected(port) as connection:
        connection.get()
        for _ in range(count):
            began = time.perf_counter()
            connection.get()
            taken.append(time.perf_counter() - began)

    return statistics.fmean(sorted(taken)[: count // 2]) * 1e6


def measure(machine: Machine, rounds: int, count: int) -> list[dict[str, float]]:
    with contextlib.ExitStack() as stack:
        ports = {
            name: stack.enter_context(running(machine, name)) for name in CANDIDATES
        }
        return [
            {name: sample(ports[name], count) for name in _shuffled()}
            for _ in range(rounds)
        ]


def _shuffled() -> list[str]:
    return random.sample(list(CANDIDATES), len(CANDIDATES))


def report(rounds: list[dict[str, float]]) -> None:
    print(f"{'':22}{'µs a GET':>10}{'ratio':>9}")
    for name in CANDIDATES:
        taken = statistics.median(each[name] for each in rounds)
        ratio = statistics.median(each[name] / each[PLAIN] for each in rounds)
        print(f"{name:22}{taken:10.0f}{ratio:9.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--requests", type=int, default=400)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        (machine.folder / "app.py").write_text(APP)
        report(measure(machine, arguments.rounds, arguments.requests))


if __name__ == "__main__":
    main()
