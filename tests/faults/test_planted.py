from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import flask
from .world import World

PRECIOUS = b"precious"

NEW = {
    "issue": ("tls", "issue", "b.test"),
    "issue into files": ("tls", "issue", "b.test", "--out", "c", "--keyout", "k"),
    "replace files": (
        *("tls", "issue", "b.test", "--force"),
        *("--out", "c", "--keyout", "k"),
    ),
    "ca create": ("tls", "ca", "create", "--yes"),
    "ca export": ("tls", "ca", "export", "--out", "root.crt"),
    "replace root": ("tls", "ca", "export", "--out", "root.crt", "--force"),
}


def symlink(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def dangling(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("made-through-a-link"))


def hard_link(path: Path, victim: Path) -> None:
    os.link(victim, path)


def fifo(path: Path, victim: Path) -> None:
    os.mkfifo(path, 0o600)


def folder(path: Path, victim: Path) -> None:
    path.mkdir(mode=0o700)


KINDS = [symlink, dangling, hard_link, fifo, folder]


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """A command that waits for a pipe's other end waits for ever."""

    def too_late(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def written_by(world: World, command: tuple[str, ...]) -> set[Path]:
    """Every path that two runs of the command both make or replace."""
    runs = []

    for _ in range(2):
        world.restore()
        before = stamps(world)
        assert flask(*command).exit_code == 0
        after = stamps(world)
        runs.append({path for path in after if after[path] != before.get(path)})

    return runs[0] & runs[1]


def stamps(world: World) -> dict[Path, tuple[int, int]]:
    found = [p for top in (world.home, world.project) for p in top.rglob("*")]
    return {p: (p.lstat().st_ino, p.lstat().st_mtime_ns) for p in found}


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("plant", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("command", NEW.values(), ids=NEW.keys())
@pytest.mark.parametrize("who", ["new_user", "user"])
def test_nothing_is_written_through_what_stands_in_the_way(
    request: pytest.FixtureRequest,
    place: Path,
    who: str,
    command: tuple[str, ...],
    plant: Callable[[Path, Path], None],
) -> None:
    world: World = request.getfixturevalue(who)
    if who == "new_user" and "export" in command:
        pytest.skip("there is nothing to export")

    victim = place / "victim"
    paths = written_by(world, command)
    assert paths

    for path in sorted(paths):
        world.restore()
        remove(path)
        victim.unlink(missing_ok=True)
        victim.write_bytes(PRECIOUS)
        victim.chmod(0o644)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        plant(path, victim)

        flask(*command)

        assert victim.read_bytes() == PRECIOUS, path
        assert victim.stat().st_mode & 0o777 == 0o644, path
        assert not (place / "made-through-a-link").exists(), path
        world.check()
