"""Folders, file systems, limits, clocks and locks that are not as they should be.

A file system that does not tell upper from lower case can be mounted here where
the kernel has vfat; where it has not, the tests are skipped, and only those on
file modes have a substitute (``tests/files/test_folders.py``).
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.cli import cli

from tests.runner import CliRunner

from ..files.children import as_other_user_in
from ..files.children import needs_root
from ..files.children import OTHER_USER
from ..servers import flask as command
from ..tools import missing
from ..tools import program
from ..tools import run
from .world import assert_is_sentence
from .world import flask
from .world import World

WRITING = {
    "issue": ("issue", "b.test"),
    "ca create": ("ca", "create", "--yes"),
    "ca delete": ("ca", "delete", "--yes"),
    "delete": ("delete", "a.test", "--yes"),
}


def open_to_a_group(path: Path) -> None:
    os.chown(path, -1, OTHER_USER)
    path.chmod(0o770)


def spoil(world: World, change: Callable[[Path], object], name: str) -> None:
    change(world.data / name)


@needs_root
@pytest.mark.parametrize("arguments", WRITING.values(), ids=WRITING.keys())
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.chmod(0o777), id="open to all"),
        pytest.param(lambda path: path.chmod(0o1777), id="sticky"),
        pytest.param(lambda path: os.chown(path, OTHER_USER, -1), id="foreign"),
        pytest.param(
            open_to_a_group,
            id="group",
        ),
    ],
)
@pytest.mark.parametrize("name", ["pairs", "ca", "."])
def test_a_folder_of_others_is_refused(
    user: World,
    name: str,
    change: Callable[[Path], object],
    arguments: tuple[str, ...],
) -> None:
    before = {path: path.read_bytes() for path in user.keys}
    spoil(user, change, name)

    done = flask("tls", *arguments)

    uses = {"issue": ("pairs", "ca"), "delete": ("pairs",), "ca": ("ca",)}
    # A sticky folder may lie on the way, as /tmp does.
    is_way = name == "." and (user.data.stat().st_mode & 0o1000 == 0)
    if is_way or name in uses[arguments[0]]:
        assert done.exit_code == 1, done.output
        assert {path: path.read_bytes() for path in user.keys} == before


@needs_root
@pytest.mark.parametrize("arguments", WRITING.values(), ids=WRITING.keys())
def test_a_read_only_home_is_a_sentence(arguments: tuple[str, ...]) -> None:
    def as_other() -> None:
        done = CliRunner().invoke(
            cli, ["tls", "--store-path", "p", "--ca-path", "c", *arguments]
        )
        assert isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == 1, done.output
        assert_is_sentence(done.output)

    # pytest's own folder is closed to other users.
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, OTHER_USER, OTHER_USER)
        os.chmod(folder, 0o500)
        as_other_user_in(Path(folder), as_other)
        assert os.listdir(folder) == []


@pytest.mark.parametrize("size", [0, 100, 1000])
def test_a_file_that_may_not_grow_is_a_sentence(user: World, size: int) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        command("tls", "issue", "b.test"),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert_is_sentence(done.stderr)
    assert flask("tls", "issue", "a.test").stdout.startswith("Kept")
    user.check()


def in_mount(folder: Path, mount: str, *commands: str) -> list[str]:
    """What shell commands print in ``folder/m``, where something is mounted."""
    if run(program("unshare"), "-m", "true").returncode:
        missing("the right to mount")

    (folder / "m").mkdir()
    flask_ = f'"{sys.executable}" -m flask'
    lines = "; ".join(
        f"({each.replace('flask', flask_, 1)}) 2>&1; echo @$?" for each in commands
    )
    done = run(
        program("unshare"),
        *("-m", "sh", "-c", f"{mount} || exit 99; cd m; {lines}"),
        cwd=folder,
    )
    if done.returncode == 99:
        # Not missing(): a kernel's file systems cannot be installed.
        pytest.skip(f"it cannot be mounted here: {done.stderr.strip()}")

    return done.stdout.split("\n@")


def test_on_a_full_disk_there_is_a_sentence_and_no_half_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    said = in_mount(
        tmp_path,
        "mount -t tmpfs -o size=256k,mode=700 none m",
        "flask tls --store-path p --ca-path c issue a.test",
        "head -c 1m /dev/zero > filling; true",
        "flask tls --store-path p --ca-path c issue b.test",
        "flask tls --store-path p --ca-path c ca create --yes",
        "rm filling",
        "flask tls --store-path p --ca-path c issue a.test",
        "flask tls --store-path p --ca-path c issue b.test",
        "find . -name '*.tmp'",
    )

    text = "\n@".join(said)
    assert "Traceback" not in text
    assert text.count("No space left on device") >= 2, text
    assert "Kept a pair for a.test" in text
    assert "Issued a pair for b.test" in text
    assert ".tmp" not in said[-2]


VFAT = (
    "truncate -s 4m disk; mkfs.vfat disk > /dev/null && mount -o loop,umask=077 disk m"
)


def test_a_file_system_without_modes_holds_no_ca_key(tmp_path: Path) -> None:
    program("mkfs.vfat")
    tmp_path.chmod(0o700)

    said = in_mount(
        tmp_path,
        VFAT,
        "flask tls --ca-path c ca create",
        "flask tls --store-path p issue a.test",
        "flask tls --store-path P issue A.test",
        "flask tls --store-path p issue a.test --out Cert.pem --keyout Key.pem",
        "flask tls --store-path p issue a.test --out cert.pem --keyout key.pem",
        "find . -name '*.key'",
    )

    text = "\n@".join(said)
    assert "Traceback" not in text
    assert "does not keep file modes" in said[0]
    assert "c/" not in said[-2]


@pytest.mark.parametrize("mask", ["000", "777", "277"])
def test_the_umask_opens_and_closes_nothing(new_user: World, mask: str) -> None:
    flask_ = f'umask {mask}; "{sys.executable}" -B -m flask'
    for arguments in (
        "tls issue a.test",
        "tls issue a.test",
        "tls ca export --out root.crt",
        "tls issue a.test --out c --keyout k",
    ):
        done = run("/bin/sh", "-c", f"{flask_} {arguments}", cwd=new_user.project)
        assert done.returncode == 0, done.stderr

    new_user.check()
    assert len(new_user.keys) == 3
    assert (new_user.project / "root.crt").stat().st_mode & 0o777 == 0o644


def at(when: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``flask ARGUMENTS`` at another time."""
    return run(program("faketime"), when, *command("tls", *arguments))


@pytest.mark.parametrize("when", ["-1 day", "-10 years", "+80 days", "+5 years"])
def test_another_clock_is_work_done_or_a_sentence(user: World, when: str) -> None:
    for arguments in (
        ["list"],
        ["issue", "a.test"],
        ["issue", "c.test"],
        ["ca", "show"],
        ["ca", "export"],
    ):
        done = at(when, *arguments)
        assert done.returncode in (0, 1)
        if done.returncode:
            assert_is_sentence(done.stderr)

    # And when the clock is right again, all is as if nothing had been.
    assert flask("tls", "issue", "a.test").exit_code == 0
    user.check()


def test_a_pair_of_the_future_is_made_anew(new_user: World) -> None:
    assert at("+3 days", "issue", "a.test").returncode == 0

    too_early = flask("tls", "issue", "a.test")
    assert flask("tls", "ca", "create", "--yes").exit_code == 0
    issued = flask("tls", "issue", "a.test")

    assert too_early.exit_code == 1
    assert "clock" in too_early.output
    assert issued.stdout.startswith("Issued")


def test_a_lock_of_a_dead_process_is_free(user: World) -> None:
    for lock in user.data.rglob(".lock"):
        lock.write_text("999999\n")

    assert flask("tls", "issue", "c.test").exit_code == 0
    assert flask("tls", "ca", "create", "--yes").exit_code == 0


def test_while_another_process_works_the_rest_can_be_read(user: World) -> None:
    locks = [open(path, "r+") for path in user.data.rglob(".lock")]  # noqa: SIM115
    for lock in locks:
        fcntl.flock(lock, fcntl.LOCK_EX)

    kept = flask("tls", "issue", "a.test")
    listed = flask("tls", "list", "--json")
    for lock in locks:
        lock.close()

    assert kept.stdout.startswith("Kept")
    assert len(json.loads(listed.stdout)) == 2


@pytest.mark.parametrize("home", [None, "", "relative", "/nowhere/at/all"], ids=str)
def test_without_a_home_there_is_a_sentence(tmp_path: Path, home: str | None) -> None:
    environ = {name: text for name, text in os.environ.items() if name != "HOME"}
    if home is not None:
        environ["HOME"] = home

    # Looking only: without HOME, the home is the one of the user database.
    for arguments in (["list"], ["ca", "show"]):
        done = run(*command("tls", *arguments), cwd=tmp_path, env=environ)
        assert done.returncode in (0, 1)
        if done.returncode:
            assert_is_sentence(done.stderr)

    assert list(tmp_path.iterdir()) == []
