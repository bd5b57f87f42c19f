from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ..servers import flask
from ..servers import serving
from ..tools import run
from .repository import Repository

#: Ends a process that is about to start another program, and says which.
GUARD = """\
import sys

STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork",
          "os.forkpty", "os.startfile", "os.spawn", "pty.spawn"}

def guard(event, arguments):
    if event in STARTS:
        sys.stderr.write(f"STARTED {event} {arguments!r}\\n")

sys.addaudithook(guard)

from flask.cli import cli
cli.main(sys.argv[1:], "flask")
"""

COMMANDS = {
    "ca show": ("ca", "show"),
    "ca create": ("ca", "create", "--yes", "--permit", "shop.internal"),
    "ca export": ("ca", "export", "--out", "root.crt"),
    "list": ("list",),
    "show": ("show", "app.py", "/etc/ssl/certs/ca-certificates.crt"),
    "issue": ("issue", "b.test"),
    "issue into files": ("issue", "b.test", "--out", "c.pem", "--keyout", "k.pem"),
    "delete": ("delete", "a.test", "--yes"),
    "ca delete": ("ca", "delete", "--yes"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_program_is_started(
    repository: Repository, user: Path, command: tuple[str, ...]
) -> None:
    path = repository.path_with_own_programs_first()

    done = run(
        sys.executable,
        *("-c", GUARD, "tls", *command),
        cwd=repository.folder,
        env={**os.environ, "PATH": path},
    )

    assert "STARTED" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not repository.mark.exists()


def test_neither_does_a_server_with_a_banner(
    repository: Repository, user: Path
) -> None:
    (repository.folder / "app.py").write_text(
        "from flask import Flask\nfrom flask_tlsdev import TLSDev\n"
        "app = Flask(__name__)\nTLSDev(app)\n"
    )
    path = repository.path_with_own_programs_first()

    with serving("tls", "run", cwd=repository.folder, env={"PATH": path}) as server:
        assert server.certificate()

    assert not repository.mark.exists()


def test_a_ca_in_the_repository_is_not_used(
    repository: Repository, tmp_path: Path
) -> None:
    outside, inside = tmp_path / "outside", repository.folder / "ca"
    made = run(*flask("tls", "--ca-path", outside, "ca", "create"), cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    outside.rename(inside)

    for command in ("show", "export", "delete"):
        yes = ["--yes"] if command == "delete" else []
        done = run(
            *flask("tls", "--ca-path", "ca", "ca", command, *yes),
            cwd=repository.folder,
        )

        assert done.returncode == 1
        assert "lies in the git work tree" in done.stderr

    assert list(inside.rglob("ca.key"))


@pytest.mark.parametrize(
    "arguments", [("status",), ("install", "--yes"), ("uninstall", "--yes")], ids=str
)
def test_programs_that_are_started_are_not_the_repository_s(
    repository: Repository, user: Path, arguments: tuple[str, ...]
) -> None:
    path = repository.path_with_own_programs_first()

    done = run(
        *flask("tls", "trust", *arguments),
        cwd=repository.folder,
        env={**os.environ, "PATH": path},
    )

    assert done.returncode in (0, 1, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert not repository.mark.exists()
