from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import flask
from .world import World

#: Thousands of writes that are waited for would take minutes on a busy disk.
MEMORY = Path("/dev/shm")


@pytest.fixture
def place() -> Iterator[Path]:
    """A new folder, in memory where there is such a file system."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None

    with tempfile.TemporaryDirectory(prefix="tlsdev-", dir=where) as folder:
        yield Path(folder).resolve()


@pytest.fixture
def new_user(home: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Somebody who has never used the package, in an empty project."""
    world = World(place / "home", place / "project", None)
    world.home.mkdir(mode=0o700)
    world.project.mkdir()
    monkeypatch.setenv("HOME", str(world.home))
    monkeypatch.chdir(world.project)
    return world


@pytest.fixture
def user(new_user: World, place: Path) -> World:
    """Somebody with a CA and two pairs."""
    for name in ("localhost", "a.test"):
        assert flask("tls", "issue", name).exit_code == 0

    shutil.copytree(new_user.home, place / "before")
    return World(new_user.home, new_user.project, place / "before")
