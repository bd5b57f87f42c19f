from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev import files
from flask_tlsdev.errors import StoreError
from flask_tlsdev.errors import StoreLocked

from .children import as_other_user_in
from .children import end_of
from .children import folder_of_other_user
from .children import needs_fork
from .children import needs_root
from .children import start

pytestmark = needs_fork


@contextmanager
def held_by_child(path: Path) -> Iterator[int]:
    """A child process that holds the lock until it is killed."""
    reading, writing = os.pipe()

    def hold() -> None:
        with files.lock(path):
            os.write(writing, b"!")
            signal.pause()

    child = start(hold)

    try:
        assert os.read(reading, 1) == b"!"
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        end_of(child)
        os.close(reading)
        os.close(writing)


def take(path: Path, *, timeout: float = 30) -> None:
    """Take the lock and let go of it."""
    with files.lock(path, timeout=timeout):
        pass


def test_the_file_is_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / ".lock"

    with files.lock(path):
        inode = path.stat().st_ino

    assert path.stat().st_ino == inode
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mask", [0, 0o777], ids=oct)
def test_the_file_is_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        take(tmp_path / ".lock")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / ".lock").stat().st_mode) == 0o600


@needs_root
def test_it_can_be_taken_again_under_any_umask(tmp_path: Path) -> None:
    def lock_twice() -> None:
        os.umask(0o777)
        for _ in range(2):
            take(Path(".lock"), timeout=0)

    as_other_user_in(folder_of_other_user(tmp_path), lock_twice)


def test_another_process_is_kept_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / ".lock"

    with held_by_child(path) as child, pytest.raises(StoreLocked) as caught:
        take(path, timeout=0.05)

    assert caught.value.message == (
        f"'{path}' has been locked by the process {child} for 0.05 seconds."
    )
    assert caught.value.hint.endswith(f"ps -p {child}")


def test_a_holder_that_has_not_said_who_it_is_is_just_another_process(
    tmp_path: Path,
) -> None:
    path = tmp_path / ".lock"

    with held_by_child(path):
        for content in (b"", b"\x1b[2J", b"\xb2", b"12 34"):
            path.write_bytes(content)

            with pytest.raises(StoreLocked, match="locked by another process"):
                take(path, timeout=0)


def test_a_deadline_of_zero_is_one_attempt(tmp_path: Path) -> None:
    take(tmp_path / ".lock", timeout=0)

    with held_by_child(tmp_path / ".lock"):
        begin = time.monotonic()

        with pytest.raises(StoreLocked):
            take(tmp_path / ".lock", timeout=0)

        assert time.monotonic() - begin < 1


def test_another_thread_is_kept_out(tmp_path: Path) -> None:
    caught: list[BaseException] = []

    def lock() -> None:
        try:
            take(tmp_path / ".lock", timeout=0.05)
        except StoreLocked as error:
            caught.append(error)

    with files.lock(tmp_path / ".lock"):
        thread = threading.Thread(target=lock)
        thread.start()
        thread.join()

    assert len(caught) == 1


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / ".lock"

    with held_by_child(path) as child:
        pass

    assert path.read_text() == f"{child}\n"

    with files.lock(path, timeout=0):
        assert path.read_text() == f"{os.getpid()}\n"


def test_it_is_had_as_soon_as_the_holder_dies(tmp_path: Path) -> None:
    path = tmp_path / ".lock"

    with held_by_child(path) as child:
        killer = threading.Timer(0.1, os.kill, (child, signal.SIGKILL))
        killer.start()

        take(path, timeout=20)

        killer.join()


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), files.lock(tmp_path / ".lock"):
        raise KeyError

    take(tmp_path / ".lock", timeout=0)


def test_a_forked_child_that_lives_on_does_not_keep_it(tmp_path: Path) -> None:
    path = tmp_path / ".lock"

    with files.lock(path):
        child = start(signal.pause)

    try:
        take(path, timeout=0)
    finally:
        os.kill(child, signal.SIGKILL)
        end_of(child)


def test_a_started_program_does_not_inherit_it(tmp_path: Path) -> None:
    with files.lock(tmp_path / ".lock"):
        listed = [
            os.get_inheritable(int(name))
            for name in os.listdir("/dev/fd")
            if int(name) > 2 and _leads_to(int(name), tmp_path / ".lock")
        ]

    assert listed == [False]


def _leads_to(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def test_processes_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(50):
            with files.lock(tmp_path / ".lock"):
                number = int(counter.read_text())
                os.sched_yield()
                counter.write_text(str(number + 1))

    children = [start(count) for _ in range(4)]

    assert [end_of(child) for child in children] == [0] * 4
    assert counter.read_text() == "200"


def test_a_file_replaced_while_we_wait_is_the_one_that_counts(tmp_path: Path) -> None:
    path = tmp_path / ".lock"

    with held_by_child(path):
        (tmp_path / "new").touch()
        replacer = threading.Timer(0.1, os.replace, (tmp_path / "new", path))
        replacer.start()

        with files.lock(path, timeout=20):
            # The one that stands there now is ours, not the child's.
            assert path.read_text() == f"{os.getpid()}\n"

        replacer.join()


@pytest.mark.parametrize("action", ["replaced", "unlinked"])
def test_a_file_changed_between_opening_and_locking_does_not_count(
    tmp_path: Path, action: str
) -> None:
    path = tmp_path / ".lock"
    attempts = []

    def change_once(frame: object, event: str, argument: Any) -> None:
        if event == "c_return" and getattr(argument, "__name__", "") == "flock":
            attempts.append(argument)
            if len(attempts) == 1:
                path.unlink()
                if action == "replaced":
                    path.touch(mode=0o600)

    sys.setprofile(change_once)
    try:
        with files.lock(path):
            sys.setprofile(None)
            ours = path.read_text()
    finally:
        sys.setprofile(None)

    assert ours == f"{os.getpid()}\n"
    assert len(attempts) == 2


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / ".lock").symlink_to(precious)
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")

    for name in (".lock", "dangling"):
        with pytest.raises(StoreError, match="Could not lock"):
            take(tmp_path / name)

    assert precious.read_text() == "precious"
    assert not (tmp_path / "elsewhere").exists()


def test_a_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".lock")

    with pytest.raises(StoreError, match="is a named pipe"):
        take(tmp_path / ".lock")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Could not lock"):
        take(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Could not lock"):
        take(tmp_path / "missing" / ".lock")


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    path = tmp_path / ".lock"

    with held_by_child(path):
        before = len(os.listdir("/dev/fd"))

        for _ in range(3):
            with pytest.raises(StoreLocked):
                take(path, timeout=0.02)

        assert len(os.listdir("/dev/fd")) == before
