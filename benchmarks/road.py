"""How fast is `flask tls run` beside `flask run`? Ratios from alternating runs.

    python benchmarks/road.py [--rounds 15]

Each round measures every candidate once, in an order that changes, so that
what else the machine does falls on all of them. Printed are medians and the
median of the ratios within a round.
"""

from __future__ import annotations

import argparse
import compileall
import os
import random
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_tlsdev

APP = """
from flask import Flask

app = Flask(__name__)

@app.get("/")
def index():
    return "hello"
"""

PACKAGE = Path(flask_tlsdev.__file__).parent

#: The key of the texts that people follow, and ours.
KEY_TYPES = {"rsa4096": "rsa:4096", "p256": "ec-p256"}


class Machine:
    """A folder with an app, pairs, and a home of its own."""

    def __init__(self, folder: Path) -> None:
        # As an installed package is.
        compileall.compile_dir(PACKAGE, quiet=1)
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        (folder / "app.py").write_text(APP)

        for stem, key_type in KEY_TYPES.items():
            self.flask(
                *("tls", "issue", "localhost", "--issuer", "self-signed"),
                *("--key-type", key_type),
                *("--out", f"{stem}.pem", "--keyout", f"{stem}.key"),
            )

    def environment(self, home: Path | None = None) -> dict[str, str]:
        keep = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
        return {**keep, "HOME": str(home or self.home), "PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "flask", *arguments]

    def flask(self, *arguments: str) -> None:
        subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    @contextmanager
    def serving(self, *arguments: str, home: Path | None = None) -> Iterator[int]:
        """The port on which the command answers HTTPS."""
        port = free_port()
        process = subprocess.Popen(
            self.command(*arguments, "--port", str(port)),
            cwd=self.folder,
            env=self.environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for_answer(port, process)
            yield port
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def client_context() -> ssl.SSLContext:
    """Encrypts without verifying: that costs every candidate the same."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


CLIENT = client_context()


def get(port: int) -> None:
    """One GET on a connection of its own, until the whole answer is there."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with CLIENT.wrap_socket(plain) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            # The server closes late; a browser does not wait for that.
            while not received.endswith(b"\r\n\r\nhello"):
                chunk = connection.recv(65536)
                if not chunk:
                    raise RuntimeError(f"answered {received[:80]!r}")
                received += chunk


def wait_for_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            get(port)
            return
        except ConnectionRefusedError:
            time.sleep(0.002)

    raise RuntimeError(f"{process.args!r} ended with {process.returncode}")


Measure = Callable[[], float]


def start_up(machine: Machine, *arguments: str, fresh: bool = False) -> Measure:
    """Milliseconds from the start of the process to the first answer."""

    def measure() -> float:
        with tempfile.TemporaryDirectory(dir=machine.folder) as home:
            began = time.perf_counter()
            with machine.serving(*arguments, home=Path(home) if fresh else None):
                return (time.perf_counter() - began) * 1000

    return measure


def new_connection(port: int, count: int = 20) -> Measure:
    """Median milliseconds of a GET that makes its own connection."""

    def measure() -> float:
        taken = []
        for _ in range(count):
            began = time.perf_counter()
            get(port)
            taken.append((time.perf_counter() - began) * 1000)
        return statistics.median(taken)

    return measure


def compare(title: str, rounds: int, candidates: dict[str, Measure]) -> None:
    """Measure in turns and print each candidate beside the first."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}

    for _ in range(rounds):
        for name in random.sample(list(candidates), len(candidates)):
            taken[name].append(candidates[name]())

    first = taken[next(iter(candidates))]
    print(f"\n{title}")
    for name, values in taken.items():
        ratio = statistics.median(
            value / base for value, base in zip(values, first, strict=True)
        )
        print(f"  {name:<42} {statistics.median(values):8.1f} ms   {ratio:5.2f}x")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds

    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        machine.flask("tls", "issue")
        plain = ("run", "--cert", "p256.pem", "--key", "p256.key")
        texts = ("run", "--cert", "rsa4096.pem", "--key", "rsa4096.key")

        compare(
            "Start-up with a pair that exists, to the first HTTPS answer",
            rounds,
            {
                "flask run --cert --key (P-256)": start_up(machine, *plain),
                "flask tls run": start_up(machine, "tls", "run"),
            },
        )
        compare(
            "First start, which makes everything",
            rounds,
            {
                "flask run --cert=adhoc": start_up(machine, "run", "--cert=adhoc"),
                "flask tls run (new CA and pair)": start_up(
                    machine, "tls", "run", fresh=True
                ),
            },
        )
        with machine.serving(*texts) as one, machine.serving("tls", "run") as two:
            compare(
                "GET on a new connection",
                rounds,
                {
                    "flask run with the texts' RSA-4096 pair": new_connection(one),
                    "flask tls run": new_connection(two),
                },
            )


if __name__ == "__main__":
    main()
