from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flask_tlsdev.programs import Programs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")


def _program(folder: Path, name: str = "certutil", text: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def _find(*folders: Path | str, name: str = "certutil") -> str:
    path = ":".join(map(str, folders))
    return Programs({"PATH": path}, interactive=False).find(name)


def test_a_program_is_found_on_the_users_path(tmp_path: Path, project: Path) -> None:
    program = _program(tmp_path / "bin")

    assert _find(tmp_path / "none", tmp_path / "bin") == str(program)


def test_a_program_of_the_working_folder_is_passed_over(
    tmp_path: Path, project: Path
) -> None:
    _program(project / "bin")
    other = _program(tmp_path / "bin")

    assert _find(project / "bin", tmp_path / "bin") == str(other)
    assert _find("bin", "", ".", tmp_path / "bin") == str(other)


def test_a_program_of_the_projects_work_tree_is_passed_over(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(project / ".venv/bin")
    (project / ".git").mkdir()
    (project / "app").mkdir()
    monkeypatch.chdir(project / "app")

    assert _find(project / ".venv/bin") == ""


@pytest.mark.parametrize("way", ["the program", "its folder"])
def test_a_link_into_the_project_is_passed_over(
    tmp_path: Path, project: Path, way: str
) -> None:
    real = _program(project / "bin")
    link = tmp_path / "bin"
    if way == "the program":
        link.mkdir()
        (link / "certutil").symlink_to(real)
    else:
        link.symlink_to(real.parent)

    assert _find(link) == ""


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_folder_that_everybody_can_write_to_is_passed_over(
    tmp_path: Path, project: Path, mode: int
) -> None:
    _program(tmp_path / "bin")
    (tmp_path / "bin").chmod(mode)

    assert _find(tmp_path / "bin") == ""


def test_a_folder_below_one_that_everybody_can_write_to_is_passed_over(
    tmp_path: Path, project: Path
) -> None:
    _program(tmp_path / "open/bin")
    (tmp_path / "open").chmod(0o777)

    assert _find(tmp_path / "open/bin") == ""


def test_a_program_that_everybody_can_write_to_is_passed_over(
    tmp_path: Path, project: Path
) -> None:
    _program(tmp_path / "bin").chmod(0o777)

    assert _find(tmp_path / "bin") == ""


def test_the_reason_is_said(tmp_path: Path, project: Path) -> None:
    programs = Programs({}, interactive=False)
    inside = _program(project / "bin")

    assert "in the project" in programs.refusal(str(inside))
    assert "no such program" in programs.refusal(str(tmp_path / "none"))
    assert programs.refusal("/bin/sh") == ""


def test_a_working_folder_at_the_top_hides_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir("/")

    assert Programs({}, interactive=False).find("sh")


def test_a_child_sees_only_what_is_allowed(tmp_path: Path, project: Path) -> None:
    environ = {
        "HOME": "/home/you",
        "PATH": str(tmp_path),
        "LD_PRELOAD": "evil.so",
        "JAVA_TOOL_OPTIONS": "-javaagent:evil.jar",
        "SUDO_ASKPASS": "/evil",
        "NSS_DEFAULT_DB_TYPE": "dbm",
    }
    show = _program(tmp_path / "bin", "show", "env; pwd")

    done = Programs(environ, interactive=False).run([str(show)])

    said = done.stdout.decode().splitlines()
    names = {line.partition("=")[0] for line in said if "=" in line}
    assert names == {"HOME", "LC_ALL", "PATH", "PWD"}
    assert "HOME=/home/you" in said
    assert said[-1] == "/"


def test_arguments_are_never_a_shells(tmp_path: Path, project: Path) -> None:
    show = _program(tmp_path / "bin", "show", 'printf "%s|" "$@"; cat')

    done = Programs({}, interactive=False).run(
        [str(show), "$(id)", "`id`", "a b", "'"], stdin=b"in"
    )

    assert done.stdout == b"$(id)|`id`|a b|'|in"


@pytest.mark.parametrize("asks", [False, True])
def test_a_child_has_our_terminal_only_if_it_may_ask(asks: bool) -> None:
    code = "import os; print(os.getsid(0))"

    done = Programs({}, interactive=True).run([sys.executable, "-c", code], asks=asks)

    # A session has one terminal or none.
    assert (int(done.stdout) == os.getsid(0)) is asks


def test_what_it_says_is_short_and_printable(tmp_path: Path, project: Path) -> None:
    text = "i=0; while [ $i -lt 99 ]; do echo line $i; i=$((i+1)); done; "
    talk = _program(
        tmp_path / "bin", "talk", text + r"printf 'a\033[31mb\n' >&2; exit 3"
    )
    done = Programs({}, interactive=False).run([str(talk)])

    assert (done.status, done.said) == (3, "a\\x1b[31mb")


def test_a_program_that_cannot_be_started_is_no_exception(tmp_path: Path) -> None:
    done = Programs({}, interactive=False).run([str(tmp_path / "none")])

    assert done.status == 127
    assert "No such file" in done.said
