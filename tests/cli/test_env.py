from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ..servers import flask as command
from ..tools import program
from ..tools import run
from .conftest import Flask


@pytest.fixture(autouse=True)
def ca(flask: Flask) -> None:
    assert flask("tls", "ca", "create").exit_code == 0


def variables(flask: Flask) -> dict[str, str]:
    found: dict[str, str] = json.loads(flask("tls", "env", "--json").stdout)
    return found


@pytest.mark.parametrize("shell", ["bash", "fish", "powershell", "dotenv"])
def test_every_variable_is_printed_for_the_shell(flask: Flask, shell: str) -> None:
    result = flask("tls", "env", "--shell", shell)

    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == len(variables(flask)) == 5
    for name, path in variables(flask).items():
        assert name in result.stdout
        assert Path(path).stat().st_mode & 0o777 == 0o644


def test_the_shell_of_the_user_is_the_default(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")

    assert flask("tls", "env").stdout.startswith("set -gx ")


def test_bash_evaluates_a_home_that_looks_like_a_command(tmp_path: Path) -> None:
    home = tmp_path / 'it\'s $(touch made) `touch made` "home"'
    home.mkdir(0o700)
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    run(*command("tls", "ca", "create"), env=env)

    flask = f'"{sys.executable}" -m flask'
    script = f'eval "$({flask} tls env --shell bash)"; cat "$SSL_CERT_FILE"'
    done = run(program("bash"), "-c", script, env=env, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "-----BEGIN CERTIFICATE-----" in done.stdout
    assert not (tmp_path / "made").exists()


def test_a_command_ends_as_it_ends_itself() -> None:
    script = "import os, sys; print(os.environ['SSL_CERT_FILE']); sys.exit(7)"

    done = run(*command("tls", "env", "--", sys.executable, "-c", script, "--json"))

    assert done.returncode == 7
    assert done.stdout.strip().endswith("bundle.pem")


def test_a_command_does_not_hear_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"PATH={tmp_path}\n")
    trap = tmp_path / "git"
    trap.write_text("#!/bin/sh\necho trapped\n")
    trap.chmod(0o755)
    program("git")

    done = run(*command("tls", "env", "--", "git", "--version"), cwd=tmp_path)

    assert done.stdout.startswith("git version")


def test_a_command_that_is_not_there_is_a_sentence(flask: Flask) -> None:
    result = flask("tls", "env", "--", "no-such-program")

    assert result.exit_code == 1
    assert "There is no program 'no-such-program' to run." in result.stderr


def test_without_a_ca_it_says_how_to_make_one(flask: Flask) -> None:
    flask("tls", "ca", "delete", "--yes")

    result = flask("tls", "env")

    assert result.exit_code == 1
    assert "flask tls ca create" in result.stderr


def test_shell_and_command_do_not_go_together(flask: Flask) -> None:
    assert flask("tls", "env", "--shell", "bash", "--", "true").exit_code == 2


@pytest.mark.parametrize("undo", [("trust", "uninstall"), ("ca", "delete")])
def test_the_bundle_goes_with_the_trust(
    flask: Flask, undo: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = variables(flask)
    monkeypatch.setenv("TLSDEV_NSS_PATHS", "")
    monkeypatch.setenv("SSL_CERT_FILE", found["SSL_CERT_FILE"])

    result = flask("tls", *undo, "--yes")

    assert result.exit_code == 0, result.output
    assert "Type: unset SSL_CERT_FILE" in result.stderr
    assert not any(Path(path).exists() for path in found.values())
