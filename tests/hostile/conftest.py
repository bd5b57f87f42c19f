from __future__ import annotations

from pathlib import Path

import pytest

from ..servers import flask
from ..tools import run
from .repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A clone of somebody else's project, with the working folder inside it."""
    return Repository.clone(tmp_path / "clone")


@pytest.fixture
def user(home: Path, tmp_path: Path) -> Path:
    """The home of somebody who has a CA and a pair."""
    done = run(*flask("tls", "issue", "a.test"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return home
