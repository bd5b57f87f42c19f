"""The code blocks of our pages, and a reader who types them in one after another.

What a page shows is what it promises: ``shell`` blocks are commands, ``console``
blocks are commands with what they print, ``python`` blocks are files. A comment
``.. not run: REASON`` before a block leaves it out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from ..tools import missing

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.rst", *sorted((ROOT / "docs").glob("*.rst")))

#: What is run, and what is only to be looked at.
RUN = frozenset({"shell", "console", "python"})
SHOWN = frozenset({"text"})

#: The two commands that set up a clone have a test of their own, which clones.
SET_UP = ("./dev ",)

#: A Python block that does not say its file's name is this one.
UNNAMED = "yourapp.py"

#: The port that the pages speak of. Each reader has another one.
PORT = "5000"

#: Seconds for one command, and for a server until it answers.
DEADLINE = 60.0

_BLOCK = re.compile(
    r"(?:^ *\.\. not run: (?P<reason>.+)\n\n)?"
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\S+)\n"
    r"(?P<options>(?:(?P=indent) +:\S+:.*\n)*)"
    r"\n?"
    r"(?P<body>(?:(?:(?P=indent) +.*)?\n)+)",
    re.MULTILINE,
)
_CAPTION = re.compile(r":caption: (\S+)")

#: What is another one each time: ids of CAs and pairs, and dates.
_VARIABLE = re.compile(r"\b[0-9a-f]{8}\b|\b20\d\d-\d\d-\d\d\b")

#: What a shell takes for a variable in front of a command.
_ASSIGNMENT = re.compile(r"\w+=")

#: A command that goes on until it is ended.
_SERVER = re.compile(r"^(flask .*\btls run\b|gunicorn |python (serve|streams)\.py)")


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    caption: str
    body: str
    #: Why it is not run; empty where it is.
    reason: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def is_run(self) -> bool:
        if self.body.startswith(SET_UP):
            return False

        return self.language in RUN and not self.reason


def blocks(page: Path) -> Iterator[Block]:
    """The code blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text + "\n"):
        caption = _CAPTION.search(found["options"])
        yield Block(
            page,
            text.count("\n", 0, found.start("language")) + 1,
            found["language"],
            caption[1] if caption else "",
            dedent(found["body"]).strip() + "\n",
            found["reason"] or "",
        )


@dataclass(frozen=True)
class Step:
    """A command and the lines that it prints."""

    command: str
    #: ``None``: whatever it prints. A line ``...`` stands for any lines.
    output: list[str] | None

    @property
    def fails(self) -> bool:
        """Whether the page shows that the command ends with an error."""
        return any(line.startswith("Error: ") for line in self.output or ())


def steps(block: Block) -> Iterator[Step]:
    """The commands of a ``shell`` or ``console`` block."""
    if block.language == "shell":
        for line in block.body.splitlines():
            yield Step(line, None)
        return

    for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, *output = part.rstrip().splitlines()
        yield Step(command, output)


class Reader:
    """Somebody with an empty folder who follows a page.

    :param folder: The empty folder.
    :param home: His home folder.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._home = home
        self._port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def follow(self, block: Block) -> None:
        if block.language == "python":
            self._write(block)
            return

        for step in steps(block):
            if _SERVER.match(step.command):
                self._serve(step)
            else:
                self._run(step)

    def _write(self, block: Block) -> None:
        path = self._folder / (block.caption or UNNAMED)
        path.write_text(self._here(block.body), encoding="utf-8")

        # As a module, as an importer would see it: nothing is to be served yet.
        code = f"import runpy; runpy.run_path({str(path)!r}, run_name='read')"
        command = (sys.executable, "-W", "error", "-c", code)
        done = subprocess.run(
            command,
            cwd=self._folder,
            env={**self._environment(), "PYTHONPATH": str(self._folder)},
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    def _run(self, step: Step) -> None:
        self._need(step.command)
        done = subprocess.run(
            ["/bin/sh", "-c", self._here(step.command)],
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=DEADLINE,
            check=False,
        )
        output = done.stdout.decode()
        assert bool(done.returncode) == step.fails, f"{step.command}\n{output}"
        self._compare(step, output)

    def _need(self, command: str) -> None:
        """End the test as :func:`.program` does if there is no such program."""
        words = shlex.split(command)
        name = next(word for word in words if not _ASSIGNMENT.match(word))
        # A browser's store is changed by a program that has to be there, too.
        needed = (name, "certutil") if "tls trust" in command else (name,)
        for each in needed:
            if not shutil.which(each, path=self._environment()["PATH"]):
                missing(each)

    def _serve(self, step: Step) -> None:
        """Start a server in place of an earlier one, and wait for its answer."""
        self.close()
        self._need(step.command)
        log = self._folder / "server.log"
        with log.open("wb") as stream:
            self._server = subprocess.Popen(
                shlex.split(self._here(step.command)),
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                # The reloader's child and Gunicorn's workers end with it.
                start_new_session=True,
            )

        status = self._wait(log)
        said = log.read_text()
        assert status < b"500", f"{step.command}: {status!r}\n{said}"
        banner = [line for line in said.splitlines() if line.startswith(" * ")]
        self._compare(step, "\n".join(banner))

    def _wait(self, log: Path) -> bytes:
        assert self._server is not None
        end = time.monotonic() + DEADLINE

        while time.monotonic() < end:
            assert self._server.poll() is None, log.read_text()
            with suppress(OSError):
                return _status(int(self._port))
            # Nobody tells when a port is open.
            time.sleep(0.05)

        raise AssertionError(f"no answer:\n{log.read_text()}")

    def close(self) -> None:
        """End the server, if there is one."""
        if self._server is None:
            return

        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(10)

        self._server = None

    def _compare(self, step: Step, output: str) -> None:
        if step.output is None:
            return

        shown = [_steady(line) for line in self._there(output).splitlines()]
        expected = [_steady(line) for line in step.output]
        assert _matches(expected, shown), "\n".join(
            [f"$ {step.command}", *expected, "--- but it was", *shown]
        )

    def _here(self, text: str) -> str:
        return text.replace(PORT, self._port)

    def _there(self, text: str) -> str:
        """What he sees, as the page says it."""
        text = text.replace(str(self._home), "/home/you")
        return text.replace(f":{self._port}", f":{PORT}")

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self._home),
            "PATH": os.pathsep.join(
                (str(Path(sys.executable).parent), os.environ["PATH"])
            ),
            "FLASK_RUN_PORT": self._port,
            "PYTHONUNBUFFERED": "1",
            # Werkzeug's banner is coloured for whoever forces it.
            "NO_COLOR": "1",
        }


def _steady(line: str) -> str:
    return _VARIABLE.sub("#", line.rstrip())


def _matches(expected: list[str], shown: list[str]) -> bool:
    """Whether the lines are these, where ``...`` is any number of lines."""
    if not expected:
        return not shown

    first, *rest = expected
    if first == "...":
        return any(_matches(rest, shown[at:]) for at in range(len(shown) + 1))

    return bool(shown) and _line_matches(first, shown[0]) and _matches(rest, shown[1:])


def _line_matches(expected: str, shown: str) -> bool:
    """Whether the line is this one, where ``...`` at its end is the rest of it."""
    if expected.endswith(" ..."):
        return shown.startswith(expected.removesuffix("..."))

    return expected == shown


def _free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def _status(port: int) -> bytes:
    """The status that ``/`` is answered with. Who answers is another test's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    with socket.create_connection(("localhost", port), timeout=DEADLINE) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            return client.recv(12)[9:]
