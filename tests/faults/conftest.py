from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .world import flask
from .world import World


@pytest.fixture
def new_user(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Somebody who has never used the package, in an empty project."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return World(home, project, None)


@pytest.fixture
def user(new_user: World, tmp_path: Path) -> World:
    """Somebody with a CA and two pairs."""
    for name in ("localhost", "a.test"):
        assert flask("tls", "issue", name).exit_code == 0

    shutil.copytree(new_user.home, tmp_path / "before")
    return World(new_user.home, new_user.project, tmp_path / "before")
