from __future__ import annotations

import itertools
import os
import resource
import socket
import stat
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_tlsdev import files
from flask_tlsdev.errors import StoreError

from .children import as_other_user_in
from .children import end_of
from .children import folder_of_other_user
from .children import in_child
from .children import kill_at
from .children import needs_fork
from .children import needs_root
from .children import on_file_system
from .children import start

OLD = b"old" * 10_000
NEW = b"new!" * 20_000


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def make(path: Path, content: bytes = OLD) -> Path:
    path.write_bytes(content)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


class TestWrite:
    def test_makes_a_file_with_exactly_this_content(self, tmp_path: Path) -> None:
        content = bytes(range(256)) + b"\r\n\n"

        files.write(tmp_path / "tls.key", content)

        assert (tmp_path / "tls.key").read_bytes() == content
        assert os.listdir(tmp_path) == ["tls.key"]

    def test_replaces_a_file_and_its_mode(self, tmp_path: Path) -> None:
        path = make(tmp_path / "tls.key")
        path.chmod(0o666)

        files.write(path, NEW)

        assert path.read_bytes() == NEW
        assert mode_of(path) == 0o600
        assert os.listdir(tmp_path) == ["tls.key"]

    def test_leaves_the_old_file_to_whoever_reads_it(self, tmp_path: Path) -> None:
        path = make(tmp_path / "tls.key")

        with path.open("rb") as file:
            files.write(path, NEW)

            assert file.read() == OLD

    @pytest.mark.parametrize("mask", [0, 0o022, 0o077, 0o777], ids=oct)
    @pytest.mark.parametrize("mode", [0o600, 0o644, 0o400], ids=oct)
    def test_gives_the_mode_whatever_the_umask(
        self, tmp_path: Path, umask: Callable[[int], int], mask: int, mode: int
    ) -> None:
        umask(mask)

        files.write(tmp_path / "file", NEW, mode)

        assert mode_of(tmp_path / "file") == mode

    @needs_root
    def test_gives_the_mode_under_any_umask_without_the_rights_of_root(
        self, tmp_path: Path
    ) -> None:
        folder = folder_of_other_user(tmp_path)

        def write() -> None:
            os.umask(0o777)
            files.write(Path("tls.key"), OLD)
            files.write(Path("tls.key"), NEW)

        as_other_user_in(folder, write)

        assert mode_of(folder / "tls.key") == 0o600
        assert (folder / "tls.key").read_bytes() == NEW

    @needs_fork
    def test_nobody_can_read_the_file_before_it_is_complete(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "tls.key"

        def write() -> None:
            os.umask(0)
            files.write(path, NEW)

        for step in itertools.count(1):
            if not kill_at(step, write):
                break

            assert {mode_of(path) for path in tmp_path.iterdir()} <= {0o600}

    def test_takes_a_relative_path(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        files.write(Path("tls.key"), NEW)

        assert (tmp_path / "tls.key").read_bytes() == NEW

    def test_does_not_follow_a_symbolic_link(self, tmp_path: Path) -> None:
        precious = make(tmp_path / "precious")
        (tmp_path / "tls.key").symlink_to(precious)

        with pytest.raises(StoreError, match=r"tls\.key' is a symbolic link"):
            files.write(tmp_path / "tls.key", NEW)

        assert precious.read_bytes() == OLD
        assert (tmp_path / "tls.key").is_symlink()

    def test_does_not_make_what_a_dangling_link_leads_to(self, tmp_path: Path) -> None:
        (tmp_path / "tls.key").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(StoreError, match="is a symbolic link"):
            files.write(tmp_path / "tls.key", NEW)

        assert not (tmp_path / "elsewhere").exists()

    def test_refuses_a_named_pipe_without_waiting_for_a_reader(
        self, tmp_path: Path
    ) -> None:
        os.mkfifo(tmp_path / "tls.key")

        with pytest.raises(StoreError, match="is a named pipe"):
            files.write(tmp_path / "tls.key", NEW)

    def test_refuses_a_socket(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("tls.key")

            with pytest.raises(StoreError, match="is a socket"):
                files.write(tmp_path / "tls.key", NEW)

    def test_refuses_a_device(self) -> None:
        with pytest.raises(StoreError, match="is a device"):
            files.write(Path(os.devnull), NEW)

    def test_refuses_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="is a folder"):
            files.write(tmp_path, NEW)

    @pytest.mark.parametrize("path", ["/", "..", "x/.."])
    def test_refuses_a_path_that_can_only_be_a_folder(self, path: str) -> None:
        with pytest.raises(StoreError, match=r"is a folder|There is no folder"):
            files.write(Path(path), NEW)

    def test_refuses_a_file_with_a_second_hard_link(self, tmp_path: Path) -> None:
        path = make(tmp_path / "tls.key")
        os.link(path, tmp_path / "second")

        with pytest.raises(StoreError, match="second name") as caught:
            files.write(path, NEW)

        assert caught.value.hint == f"Delete it first: rm {path}"
        assert path.read_bytes() == OLD

    def test_names_a_missing_folder_and_how_to_make_it(self, tmp_path: Path) -> None:
        path = tmp_path / "it's here" / "tls.key"

        with pytest.raises(StoreError, match="There is no folder") as caught:
            files.write(path, NEW)

        assert caught.value.hint.startswith("Make it first: mkdir -p '")
        assert isinstance(caught.value.__cause__, FileNotFoundError)

    def test_says_when_the_folder_is_a_file(self, tmp_path: Path) -> None:
        make(tmp_path / "file")

        with pytest.raises(StoreError, match="is no folder"):
            files.write(tmp_path / "file" / "tls.key", NEW)

    def test_shows_a_path_from_a_stranger_without_its_control_characters(
        self, tmp_path: Path
    ) -> None:
        with pytest.raises(StoreError) as caught:
            files.write(tmp_path / "\x1b[2J\n{path}" / "tls.key", NEW)

        assert str(caught.value).isprintable()

    @pytest.mark.parametrize("name", ["zero\0byte", "sur\ud800rogate"])
    def test_says_when_no_file_can_have_the_name(
        self, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(StoreError, match="no file can have this name"):
            files.write(tmp_path / name, NEW)

    def test_says_when_the_name_is_too_long(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="name too long"):
            files.write(tmp_path / ("x" * 300), NEW)

    def test_takes_the_longest_name_that_the_file_system_takes(
        self, tmp_path: Path
    ) -> None:
        files.write(tmp_path / ("x" * 255), NEW)

        assert (tmp_path / ("x" * 255)).read_bytes() == NEW

    @needs_root
    def test_says_what_to_look_at_when_the_folder_is_closed(
        self, tmp_path: Path
    ) -> None:
        folder = folder_of_other_user(tmp_path)
        folder.chmod(0o500)

        def write() -> None:
            with pytest.raises(StoreError, match="Permission denied") as caught:
                files.write(Path("tls.key"), NEW)

            assert "ls -ld tls.key" in caught.value.hint

        as_other_user_in(folder, write)

    # A disk that others use takes its time.
    @settings(deadline=None)
    @given(st.binary(max_size=5000))
    def test_writes_any_bytes(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes
    ) -> None:
        path = tmp_path_factory.getbasetemp() / "any bytes"

        files.write(path, content)

        assert files.read(path) == content


@needs_fork
class TestWriteAll:
    def test_writes_each_file_with_its_mode(self, tmp_path: Path) -> None:
        make(tmp_path / "tls.crt")

        files.write_all(tmp_path, [("tls.key", NEW, 0o600), ("tls.crt", NEW, 0o644)])

        for name, mode in (("tls.key", 0o600), ("tls.crt", 0o644)):
            assert (tmp_path / name).read_bytes() == NEW
            assert mode_of(tmp_path / name) == mode
        assert len(os.listdir(tmp_path)) == 2

    def test_names_the_file_that_cannot_be_written_and_writes_none(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "second").symlink_to("elsewhere")
        contents = [(name, NEW, 0o600) for name in ("first", "second", "third")]

        with pytest.raises(StoreError, match="second' is a symbolic link"):
            files.write_all(tmp_path, contents)

        assert os.listdir(tmp_path) == ["second"]

    def test_waits_for_each_file_and_once_for_the_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced = []
        fsync = os.fsync

        def counted(descriptor: int) -> None:
            synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", counted)
        files.write_all(tmp_path, [(name, NEW, 0o600) for name in "abc"])

        assert synced == [False, False, False, True]

    def test_what_need_not_outlive_a_power_cut_waits_for_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(os, "fsync")

        files.write_all(tmp_path, [("a", NEW, 0o600)], sync=False)

        assert (tmp_path / "a").read_bytes() == NEW


class TestKilledWhileWriting:
    def test_leaves_the_old_content_or_the_new_one(self, tmp_path: Path) -> None:
        path = tmp_path / "tls.key"
        seen = set()

        for step in itertools.count(1):
            make(path)
            killed = kill_at(step, lambda: files.write(path, NEW))
            seen.add(path.read_bytes())

            if not killed:
                break

        assert seen == {OLD, NEW}
        assert step > 10

    def test_leaves_a_new_file_absent_or_complete(self, tmp_path: Path) -> None:
        path = tmp_path / "tls.key"
        seen = set()

        for step in itertools.count(1):
            path.unlink(missing_ok=True)
            killed = kill_at(step, lambda: files.create(path, NEW, 0o600))
            seen.add(path.read_bytes() if path.exists() else None)

            if not killed:
                break

        assert seen == {None, NEW}

    def test_what_stays_behind_can_be_cleared(self, tmp_path: Path) -> None:
        path = make(tmp_path / "tls.key")
        make(tmp_path / ".tlsdev-notes")

        for step in itertools.count(1):
            if not kill_at(step, lambda: files.write(path, NEW)):
                break

        assert len(os.listdir(tmp_path)) > 2
        files.delete_leftovers(tmp_path)

        assert sorted(os.listdir(tmp_path)) == [".tlsdev-notes", "tls.key"]


@needs_fork
class TestFullDisk:
    def test_keeps_the_old_file_and_leaves_nothing_half_written(
        self, tmp_path: Path
    ) -> None:
        path = make(tmp_path / "tls.key")

        def write() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(OLD), len(OLD)))

            with pytest.raises(StoreError, match="File too large") as caught:
                files.write(path, NEW)

            assert "ulimit" in caught.value.hint

        in_child(write)

        assert path.read_bytes() == OLD
        assert os.listdir(tmp_path) == ["tls.key"]

    def test_leaves_a_new_file_absent(self, tmp_path: Path) -> None:
        def create() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

            with pytest.raises(StoreError, match="File too large"):
                files.create(tmp_path / "tls.key", NEW, 0o600)

        in_child(create)

        assert os.listdir(tmp_path) == []

    def test_says_that_there_is_no_space(self, tmp_path: Path) -> None:
        result = on_file_system(
            tmp_path,
            "mount -t tmpfs -o size=64k none .",
            """
            from flask_tlsdev.errors import StoreError
            files.write(Path("tls.key"), b"old")
            for action in (
                lambda: files.write(Path("tls.key"), bytes(200_000)),
                lambda: files.create(Path("new.key"), bytes(200_000), 0o600),
            ):
                try:
                    action()
                except StoreError as error:
                    print(error)
            print(Path("tls.key").read_bytes(), os.listdir())
            """,
        )

        assert result.splitlines() == [
            "Could not write 'tls.key': No space left on device."
            " Free some space on that disk: df -h",
            "Could not write 'new.key': No space left on device."
            " Free some space on that disk: df -h",
            "b'old' ['tls.key']",
        ]


class TestCreate:
    def test_makes_a_file_with_its_mode(
        self, tmp_path: Path, umask: Callable[[int], int]
    ) -> None:
        umask(0o777)

        files.create(tmp_path / "out.crt", NEW, 0o644)

        assert (tmp_path / "out.crt").read_bytes() == NEW
        assert mode_of(tmp_path / "out.crt") == 0o644
        assert (tmp_path / "out.crt").stat().st_nlink == 1
        assert os.listdir(tmp_path) == ["out.crt"]

    def test_leaves_an_existing_file_alone(self, tmp_path: Path) -> None:
        path = make(tmp_path / "out.crt")

        with pytest.raises(StoreError, match=r"is there already\.") as caught:
            files.create(path, NEW, 0o644)

        assert caught.value.hint == "--force replaces it."
        assert path.read_bytes() == OLD
        assert os.listdir(tmp_path) == ["out.crt"]

    @pytest.mark.parametrize("path", ["/", ".."])
    def test_leaves_a_folder_alone(self, path: str) -> None:
        with pytest.raises(StoreError, match="is there already"):
            files.create(Path(path), NEW, 0o644)

    def test_replaces_an_existing_file_by_force(self, tmp_path: Path) -> None:
        path = make(tmp_path / "out.crt")

        files.create(path, NEW, 0o600, force=True)

        assert path.read_bytes() == NEW
        assert mode_of(path) == 0o600

    @pytest.mark.parametrize("force", [False, True], ids=["plain", "force"])
    def test_never_follows_a_link(self, tmp_path: Path, force: bool) -> None:
        precious = make(tmp_path / "precious")
        (tmp_path / "out.crt").symlink_to(precious)
        (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")

        for name in ("out.crt", "dangling"):
            with pytest.raises(StoreError, match=r"there already|a symbolic link"):
                files.create(tmp_path / name, NEW, 0o644, force=force)

        assert precious.read_bytes() == OLD
        assert not (tmp_path / "elsewhere").exists()

    def test_one_of_many_processes_makes_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "out.crt"

        def create() -> None:
            try:
                files.create(path, b"%d" % os.getpid(), 0o644)
            except StoreError:
                os._exit(3)

        children = [start(create) for _ in range(8)]
        ends = {child: end_of(child) for child in children}

        assert sorted(ends.values()) == [0] + 7 * [3]
        assert ends[int(path.read_bytes())] == 0

    def test_works_where_there_are_no_hard_links(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_links(*args: object, **options: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)

        files.create(tmp_path / "out.crt", NEW, 0o640)
        with pytest.raises(StoreError, match="is there already"):
            files.create(tmp_path / "out.crt", OLD, 0o640)

        assert (tmp_path / "out.crt").read_bytes() == NEW
        assert mode_of(tmp_path / "out.crt") == 0o640
        assert os.listdir(tmp_path) == ["out.crt"]

    def test_without_hard_links_a_failure_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: object, **options: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        monkeypatch.setattr(os, "replace", refuse)

        with pytest.raises(StoreError, match="not permitted"):
            files.create(tmp_path / "out.crt", NEW, 0o640)

        assert os.listdir(tmp_path) == []

    def test_a_path_can_be_looked_at_before_the_work(self, tmp_path: Path) -> None:
        (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")

        files.check_free(tmp_path / "out.crt")
        with pytest.raises(StoreError, match="--force replaces it"):
            files.check_free(tmp_path / "dangling")


class TestWithoutFolderDescriptors:
    """As on Windows, where a file is reached by its whole path."""

    @pytest.fixture(autouse=True)
    def _no_descriptors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from flask_tlsdev.files import _base

        monkeypatch.setattr(_base, "HAS_DESCRIPTORS", False)
        monkeypatch.delattr(os, "fchmod")

    def test_files_are_written_and_made_likewise(self, tmp_path: Path) -> None:
        files.write(tmp_path / "tls.key", OLD)
        files.write(tmp_path / "tls.key", NEW)
        files.create(tmp_path / "out.crt", NEW, 0o600)

        assert (tmp_path / "tls.key").read_bytes() == NEW
        assert (tmp_path / "out.crt").read_bytes() == NEW
        assert sorted(os.listdir(tmp_path)) == ["out.crt", "tls.key"]

    def test_links_and_missing_folders_are_refused_likewise(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "tls.key").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(StoreError, match="is a symbolic link"):
            files.write(tmp_path / "tls.key", NEW)
        with pytest.raises(StoreError, match="Could not write"):
            files.write(tmp_path / "missing" / "tls.key", NEW)


class TestDelete:
    def test_removes_a_file_and_only_a_link_itself(self, tmp_path: Path) -> None:
        precious = make(tmp_path / "precious")
        (tmp_path / "link").symlink_to(precious)

        files.delete(tmp_path / "link")
        files.delete(tmp_path / "link")

        assert os.listdir(tmp_path) == ["precious"]

    def test_says_when_it_cannot(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="Could not delete"):
            files.delete(tmp_path)

    def test_removes_a_folder_with_our_files(self, tmp_path: Path) -> None:
        folder = tmp_path / "pair"
        folder.mkdir()
        make(folder / "tls.key")
        make(folder / ".tlsdev-0123456789abcdef.tmp")

        files.delete_folder(folder, ["tls.key", "tls.crt"])

        assert not folder.exists()

    def test_leaves_the_users_files_and_says_so(self, tmp_path: Path) -> None:
        folder = tmp_path / "pair"
        folder.mkdir()
        make(folder / "tls.key")
        make(folder / "diary")

        with pytest.raises(StoreError, match="holds others"):
            files.delete_folder(folder, ["tls.key"])

        assert os.listdir(folder) == ["diary"]

    def test_a_folder_that_is_gone_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="Could not"):
            files.delete_folder(tmp_path / "pair", ["tls.key"])
