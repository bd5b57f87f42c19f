from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ..files.children import needs_fork
from .dying import flask_refused_at
from .world import assert_is_sentence
from .world import flask
from .world import World

pytestmark = needs_fork

COMMANDS = {
    "issue": ("tls", "issue", "b.test"),
    "issue anew": ("tls", "issue", "a.test", "--force"),
    "issue into files": ("tls", "issue", "a.test", "--out", "c", "--keyout", "k"),
    "list": ("tls", "list"),
    "delete": ("tls", "delete", "a.test", "--yes"),
    "ca create": ("tls", "ca", "create", "--yes"),
    "ca show": ("tls", "ca", "show"),
    "ca export": ("tls", "ca", "export", "--out", "root.crt"),
    "ca delete": ("tls", "ca", "delete", "--yes"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_whatever_the_system_refuses_is_one_sentence(
    user: World, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for step in range(1, 2000):
        user.restore()
        ended = flask_refused_at(step, *command, report=tmp_path / "report")
        if not ended.reached:
            break

        # A deletion that left a root in a trust store says so in a report.
        assert ended.code in (0, 1), (step, ended)
        assert "Traceback" not in ended.output
        if ended.code and "Partial: " not in ended.output:
            assert_is_sentence(ended.output)

        user.check()

    assert step > 10
    assert ended.code == 0, ended.output


def test_the_first_command_s_errors_are_sentences_too(
    new_user: World, tmp_path: Path
) -> None:
    for step in range(1, 2000):
        new_user.restore()
        ended = flask_refused_at(
            step, "tls", "issue", report=tmp_path / "report", number=errno.ENOSPC
        )
        if not ended.reached:
            break

        if ended.code:
            assert ended.code == 1, (step, ended)
            assert_is_sentence(ended.output)

        new_user.check()
        assert flask("tls", "issue").exit_code == 0, step

    assert step > 50
