from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..files.children import needs_fork
from .dying import Ended
from .dying import flask_killed_at
from .world import flask
from .world import World

pytestmark = needs_fork

#: A command that takes no more steps than this. One that never ends would
#: otherwise never end the test.
MOST_STEPS = 2000


def killed(world: World, report: Path, *arguments: str) -> Iterator[int]:
    """The command, killed at each of its steps; afterwards all is as it was."""
    for step in range(1, MOST_STEPS):
        world.restore()
        ended = flask_killed_at(step, *arguments, report=report)
        if not ended.reached:
            assert_came_through(ended)
            return

        world.check()
        yield step

    raise AssertionError(f"more than {MOST_STEPS} steps")


def assert_came_through(ended: Ended) -> None:
    assert ended.code == 0, ended.output


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report"


def test_the_first_issue_can_be_typed_again(new_user: World, report: Path) -> None:
    command = ("tls", "issue", "a.test")

    steps = [flask(*command).exit_code for _ in killed(new_user, report, *command)]

    assert len(steps) > 50
    assert set(steps) == {0}


@pytest.mark.parametrize("names", [["b.test"], ["a.test", "--force"]], ids=str)
def test_issue_loses_no_pair(user: World, report: Path, names: list[str]) -> None:
    command = ("tls", "issue", *names)

    for step in killed(user, report, *command):
        kept = flask("tls", "issue", "localhost")
        assert kept.stdout.startswith("Kept"), step
        assert flask("tls", "issue", names[0]).exit_code == 0, step
        user.check()


def test_files_of_one_s_own_are_whole_or_not_there(user: World, report: Path) -> None:
    command = ("tls", "issue", "a.test", "--out", "cert.pem", "--keyout", "key.pem")

    for step in killed(user, report, *command):
        for name in ("cert.pem", "key.pem"):
            file = user.project / name
            assert not file.exists() or file.read_text().endswith("-----\n"), step

        assert flask(*command, "--force").exit_code == 0, step
        assert flask("tls", "show", "cert.pem", "key.pem").exit_code == 0, step


def test_files_of_one_s_own_are_replaced_whole(user: World, report: Path) -> None:
    old = {"cert.pem": b"old certificate", "key.pem": b"old PRIVATE KEY-----"}
    command = ("tls", "issue", "a.test", "--force", *FILES)
    assert user.before is not None

    for step in range(1, MOST_STEPS):
        user.restore()
        for name, text in old.items():
            (user.project / name).write_bytes(text)
            (user.project / name).chmod(0o600)

        if not flask_killed_at(step, *command, report=report).reached:
            break

        for name, text in old.items():
            now = (user.project / name).read_bytes()
            assert now == text or now.endswith(b"-----\n"), step

    assert step > 20


FILES = ("--out", "cert.pem", "--keyout", "key.pem")


def test_the_first_ca_is_whole_or_none(new_user: World, report: Path) -> None:
    for step in killed(new_user, report, "tls", "ca", "create"):
        assert flask("tls", "issue", "a.test").exit_code == 0, step
        assert flask("tls", "ca", "create", "--yes").exit_code == 0, step
        assert_one_ca_key(new_user)


def test_a_new_ca_takes_over_or_the_old_one_stays(user: World, report: Path) -> None:
    command = ("tls", "ca", "create", "--yes", "--permit", "shop.internal")

    for step in killed(user, report, *command):
        assert flask("tls", "ca", "show").exit_code == 0, step
        assert flask("tls", "issue", "c.test").exit_code == 0, step
        assert flask(*command).exit_code == 0, step
        assert_one_ca_key(user)
        assert flask("tls", "issue", "shop.internal").exit_code == 0, step


def assert_one_ca_key(world: World) -> None:
    ca = world.data / "ca"
    assert len([key for key in world.keys if key.is_relative_to(ca)]) == 1


def test_no_key_of_a_deleted_ca_remains(user: World, report: Path) -> None:
    ca = user.data / "ca"

    for step in killed(user, report, "tls", "ca", "delete", "--yes"):
        again = flask("tls", "ca", "delete", "--yes")

        assert again.exit_code == 0 or "There is no CA" in again.output, step
        assert not [key for key in user.keys if key.is_relative_to(ca)], step
        assert flask("tls", "issue", "a.test").exit_code == 0, step


def test_a_ca_that_was_never_finished_can_be_deleted(
    new_user: World, report: Path
) -> None:
    for step in killed(new_user, report, "tls", "ca", "create"):
        flask("tls", "ca", "create", "--yes")
        assert flask("tls", "ca", "delete", "--yes").exit_code == 0, step
        assert new_user.keys == [], step


def test_no_key_of_a_deleted_pair_remains(user: World, report: Path) -> None:
    command = ("tls", "delete", "a.test", "--yes")

    for step in killed(user, report, *command):
        again = flask(*command)

        assert again.exit_code == 0 or "There is no pair for" in again.output, step
        assert not list(user.data.glob("pairs/*/a.test-*/*.key")), step
        assert flask("tls", "issue", "localhost").stdout.startswith("Kept"), step


def test_an_exported_root_is_whole_or_not_there(user: World, report: Path) -> None:
    whole = flask("tls", "ca", "export").stdout
    command = ("tls", "ca", "export", "--out", "root.crt")

    for step in killed(user, report, *command):
        out = user.project / "root.crt"
        assert not out.exists() or out.read_text() == whole, step
        assert flask(*command, "--force").exit_code == 0, step


def test_the_first_run_can_be_typed_again(new_user: World, report: Path) -> None:
    """It is stopped by a port that is taken, when all is done but serving."""
    app = "from flask import Flask\napp = Flask(__name__)\n"

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = ("tls", "run", "--port", port, "--no-reload")

        # The steps themselves are those of the first issue.
        for step in range(1, MOST_STEPS, 7):
            new_user.restore()
            (new_user.project / "app.py").write_text(app)
            ended = flask_killed_at(step, *command, report=report)
            if not ended.reached:
                break

            new_user.check()
            assert flask("tls", "issue").exit_code == 0, step
            new_user.check()

    assert step > 50
    assert "in use" in ended.output
    shutil.rmtree(new_user.project / "__pycache__", ignore_errors=True)
