from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask.cli import cli

from tests.runner import CliRunner

#: Runs ``flask ARGUMENTS`` in this process, in an empty working folder.
Flask = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that is the working folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield folder

    # The next test's app has the same name.
    for name in ("app", "wsgi"):
        sys.modules.pop(name, None)


@pytest.fixture
def flask(project: Path) -> Flask:
    def run(*arguments: str, input: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(cli, arguments, input=input)
        # A traceback is never an answer.
        assert result.exception is None or isinstance(
            result.exception, (SystemExit, click.exceptions.Exit)
        ), result.exception
        return result

    return run
