from __future__ import annotations

import os
import stat
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev import files
from flask_tlsdev.errors import StoreError

from .children import as_other_user_in
from .children import end_of
from .children import folder_of_other_user
from .children import IS_ROOT
from .children import needs_fork
from .children import needs_root
from .children import OTHER_USER
from .children import start


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def folder(path: Path, mode: int = 0o700) -> Path:
    path.mkdir(parents=True)
    path.chmod(mode)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestMakePrivateFolder:
    @pytest.mark.parametrize("mask", [0, 0o022, 0o777], ids=oct)
    def test_every_new_component_is_closed_to_others(
        self, tmp_path: Path, umask: Callable[[int], int], mask: int
    ) -> None:
        umask(mask)

        files.make_private_folder(tmp_path / "a" / "b" / "c")

        for name in ("a", "a/b", "a/b/c"):
            assert mode_of(tmp_path / name) == 0o700

    @needs_root
    def test_works_under_any_umask_without_the_rights_of_root(
        self, tmp_path: Path
    ) -> None:
        home = folder_of_other_user(tmp_path)

        def make() -> None:
            os.umask(0o777)
            # The way here is closed to this user, so it cannot be checked.
            with pytest.raises(StoreError, match="Permission denied"):
                files.make_private_folder(Path("a/b"))

        as_other_user_in(home, make)

        assert list(home.iterdir()) == []

    def test_a_folder_that_is_there_keeps_its_mode(self, tmp_path: Path) -> None:
        folder(tmp_path / "there", 0o755)

        files.make_private_folder(tmp_path / "there")

        assert mode_of(tmp_path / "there") == 0o755

    def test_nothing_is_made_in_a_folder_of_everybody(self, tmp_path: Path) -> None:
        folder(tmp_path / "open", 0o777)

        with pytest.raises(StoreError, match="can be written to by everybody"):
            files.make_private_folder(tmp_path / "open" / "store")

        assert not (tmp_path / "open" / "store").exists()

    def test_it_can_be_made_in_a_sticky_folder(self, tmp_path: Path) -> None:
        folder(tmp_path / "tmp", 0o1777)

        files.make_private_folder(tmp_path / "tmp" / "store")

        assert mode_of(tmp_path / "tmp" / "store") == 0o700

    def test_a_file_in_the_way_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(StoreError, match="is a file, not a folder"):
            files.make_private_folder(tmp_path / "file")
        with pytest.raises(StoreError, match="Not a directory"):
            files.make_private_folder(tmp_path / "file" / "store")

    def test_a_dangling_link_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(StoreError, match="No such file"):
            files.make_private_folder(tmp_path / "link")

        assert not (tmp_path / "elsewhere").exists()

    @needs_fork
    def test_many_processes_may_make_it_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b" / "c"

        children = [start(lambda: files.make_private_folder(path)) for _ in range(8)]

        assert [end_of(child) for child in children] == [0] * 8
        assert mode_of(path) == 0o700


class TestCheckFolder:
    @pytest.mark.parametrize("mode", [0o700, 0o755, 0o500], ids=oct)
    def test_a_folder_that_only_the_user_writes_to_is_fine(
        self, tmp_path: Path, mode: int
    ) -> None:
        files.check_folder(folder(tmp_path / "store", mode))

    @pytest.mark.parametrize(
        ("mode", "who"),
        [
            pytest.param(0o702, "everybody", id="others"),
            pytest.param(0o777, "everybody", id="everybody"),
            pytest.param(0o1777, "everybody", id="sticky"),
        ],
    )
    def test_one_that_others_write_to_is_refused_with_the_command_to_type(
        self, tmp_path: Path, mode: int, who: str
    ) -> None:
        path = folder(tmp_path / "my store", mode)

        with pytest.raises(StoreError, match=f"can be written to by {who}") as caught:
            files.check_folder(path)

        assert caught.value.hint == f"Close it with: chmod go-w '{path}'"

        os.system(caught.value.hint.partition(": ")[2])
        files.check_folder(path)

    @needs_root
    def test_so_is_one_that_a_group_writes_to(self, tmp_path: Path) -> None:
        path = folder(tmp_path / "store", 0o770)
        os.chown(path, -1, OTHER_USER)

        with pytest.raises(StoreError, match="can be written to by its group"):
            files.check_folder(path)

    @needs_root
    def test_a_group_of_the_user_alone_is_nobody_else(self, tmp_path: Path) -> None:
        path = folder(tmp_path / "store", 0o770)
        os.chown(path, -1, 0)

        files.check_folder(path)

    def test_so_is_one_below_it_with_the_component_named(self, tmp_path: Path) -> None:
        folder(tmp_path / "open" / "store")
        (tmp_path / "open").chmod(0o777)

        with pytest.raises(StoreError, match=r"open', on the way to '.*store'"):
            files.check_folder(tmp_path / "open" / "store")

    def test_one_below_a_sticky_folder_is_fine(self, tmp_path: Path) -> None:
        folder(tmp_path / "tmp" / "store")
        (tmp_path / "tmp").chmod(0o1777)

        files.check_folder(tmp_path / "tmp" / "store")

    def test_a_path_with_dots_is_understood(self, tmp_path: Path) -> None:
        folder(tmp_path / "open", 0o777)
        folder(tmp_path / "store")

        with pytest.raises(StoreError, match="can be written to by everybody"):
            files.check_folder(tmp_path / "store" / ".." / "open")
        with pytest.raises(StoreError, match="can be written to by everybody"):
            files.check_folder(tmp_path / "open" / ".." / "store")

        files.check_folder(tmp_path / "store" / ".")

    def test_a_relative_path_is_understood(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder(tmp_path / "open" / "store")
        monkeypatch.chdir(tmp_path / "open")

        files.check_folder(Path("store"))

        (tmp_path / "open").chmod(0o777)
        with pytest.raises(StoreError, match=r"open', on the way to '/"):
            files.check_folder(Path("store"))

        monkeypatch.chdir("store")
        (tmp_path / "open").chmod(0o700)
        (tmp_path / "open" / "store").chmod(0o777)
        with pytest.raises(StoreError, match=r"^The folder '/[^']*' can be"):
            files.check_folder(Path("."))

    def test_a_missing_folder_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="No such file"):
            files.check_folder(tmp_path / "missing")

    def test_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch(mode=0o600)

        with pytest.raises(StoreError, match="is a file, not a folder"):
            files.check_folder(tmp_path / "file")

    def test_a_name_from_a_stranger_is_shown_without_control_characters(
        self, tmp_path: Path
    ) -> None:
        path = folder(tmp_path / "\x1b]0;x\a\n", 0o777)

        with pytest.raises(StoreError) as caught:
            files.check_folder(path)

        assert str(caught.value).isprintable()


class TestCheckFolderBehindLinks:
    def test_a_link_to_a_good_folder_is_fine(self, tmp_path: Path) -> None:
        folder(tmp_path / "real" / "store")
        (tmp_path / "absolute").symlink_to(tmp_path / "real")
        (tmp_path / "relative").symlink_to("absolute/../real/./store")

        files.check_folder(tmp_path / "absolute" / "store")
        files.check_folder(tmp_path / "relative")

    def test_the_target_is_checked(self, tmp_path: Path) -> None:
        folder(tmp_path / "open" / "store")
        (tmp_path / "open").chmod(0o777)
        (tmp_path / "link").symlink_to("open/store")

        with pytest.raises(StoreError, match=r"open', on the way"):
            files.check_folder(tmp_path / "link")

    def test_the_last_target_is_checked(self, tmp_path: Path) -> None:
        folder(tmp_path / "open", 0o1777)
        (tmp_path / "second").symlink_to("open")
        (tmp_path / "first").symlink_to("second")

        with pytest.raises(StoreError, match="can be written to by everybody"):
            files.check_folder(tmp_path / "first")

    def test_the_folder_with_the_link_is_checked(self, tmp_path: Path) -> None:
        folder(tmp_path / "store")
        folder(tmp_path / "open", 0o777)
        (tmp_path / "open" / "link").symlink_to(tmp_path / "store")

        with pytest.raises(StoreError, match=r"open', on the way"):
            files.check_folder(tmp_path / "open" / "link")

    def test_the_parent_of_a_target_is_meant_by_two_dots(self, tmp_path: Path) -> None:
        folder(tmp_path / "open" / "inner")
        folder(tmp_path / "store")
        (tmp_path / "open").chmod(0o777)
        (tmp_path / "store" / "link").symlink_to(tmp_path / "open" / "inner")

        with pytest.raises(StoreError, match="everybody"):
            files.check_folder(tmp_path / "store" / "link" / "..")

    def test_a_loop_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to("loop")

        with pytest.raises(StoreError, match="too many symbolic links"):
            files.check_folder(tmp_path / "loop")


@needs_root
class TestCheckFolderOfOthers:
    def test_a_foreign_folder_is_refused_by_name(self, tmp_path: Path) -> None:
        path = folder_of_other_user(tmp_path)

        with pytest.raises(StoreError, match=r"belongs to .*, who could") as caught:
            files.check_folder(path)

        assert "without sudo" in caught.value.hint

    def test_a_foreign_folder_on_the_way_is_refused(self, tmp_path: Path) -> None:
        folder(tmp_path / "theirs" / "store")
        os.chown(tmp_path / "theirs", OTHER_USER, -1)

        with pytest.raises(StoreError, match=r"theirs', on the way to"):
            files.check_folder(tmp_path / "theirs" / "store")

    def test_a_foreign_sticky_folder_is_refused(self, tmp_path: Path) -> None:
        folder(tmp_path / "tmp" / "store")
        (tmp_path / "tmp").chmod(0o1777)
        os.chown(tmp_path / "tmp", OTHER_USER, -1)

        with pytest.raises(StoreError, match="belongs to"):
            files.check_folder(tmp_path / "tmp" / "store")

    def test_a_foreign_link_is_refused(self, tmp_path: Path) -> None:
        folder(tmp_path / "store")
        folder(tmp_path / "tmp", 0o1777)
        (tmp_path / "tmp" / "link").symlink_to(tmp_path / "store")
        os.lchown(tmp_path / "tmp" / "link", OTHER_USER, -1)

        with pytest.raises(StoreError, match=r"link' belongs to"):
            files.check_folder(tmp_path / "tmp" / "link")

    def test_a_user_without_a_name_is_numbered(self, tmp_path: Path) -> None:
        path = folder(tmp_path / "store")
        os.chown(path, 54321, -1)

        with pytest.raises(StoreError, match="the user number 54321"):
            files.check_folder(path)

    def test_what_belongs_to_root_is_fine_for_everybody(self, tmp_path: Path) -> None:
        as_other_user_in(tmp_path, lambda: files.check_folder(Path("/usr/bin")))

    def test_others_are_told_how_to_take_a_folder_over(self, tmp_path: Path) -> None:
        path = folder(tmp_path / "store")

        def check() -> None:
            status = os.stat("/usr/bin")
            os.umask(0o077)
            from flask_tlsdev.files import _folders

            hint = _folders._owner_hint(Path("/x y"))
            assert status.st_uid == 0
            assert hint.endswith(f"sudo chown {OTHER_USER} '/x y'")

        as_other_user_in(path, check)


class TestKeepsModes:
    def test_an_ordinary_file_system_does(self, tmp_path: Path) -> None:
        assert files.keeps_modes(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_one_that_forgets_them_does_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: object
    ) -> None:
        monkeypatch.setattr(os, "fchmod", lambda descriptor, mode: None)
        os.umask(0o777)

        assert not files.keeps_modes(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_one_that_refuses_them_does_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(descriptor: int, mode: int) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "fchmod", refuse)

        assert not files.keeps_modes(tmp_path)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(not IS_ROOT, reason="only root can mount")
    def test_a_folder_that_cannot_be_written_to_is_an_error(
        self, tmp_path: Path
    ) -> None:
        path = folder_of_other_user(tmp_path)
        path.chmod(0o500)

        def probe() -> None:
            with pytest.raises(StoreError, match="Permission denied"):
                files.keeps_modes(Path("."))

        as_other_user_in(path, probe)

    def test_a_missing_folder_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="There is no folder"):
            files.keeps_modes(tmp_path / "missing")


class TestGitTreeOf:
    def test_there_may_be_none(self, tmp_path: Path) -> None:
        assert files.git_tree_of(tmp_path / "a" / "b") is None

    def test_the_nearest_parent_counts(self, tmp_path: Path) -> None:
        folder(tmp_path / ".git")
        folder(tmp_path / "a" / ".git")

        assert files.git_tree_of(tmp_path / "a" / "b" / "c") == tmp_path / "a"
        assert files.git_tree_of(tmp_path / "a") == tmp_path / "a"
        assert files.git_tree_of(tmp_path / "d") == tmp_path

    def test_a_worktree_has_a_file_instead(self, tmp_path: Path) -> None:
        (tmp_path / ".git").write_text("gitdir: /elsewhere\n")

        assert files.git_tree_of(tmp_path / "a") == tmp_path

    def test_a_loop_of_links_is_no_reason_to_stop(self, tmp_path: Path) -> None:
        (tmp_path / "loop").symlink_to("loop")

        assert files.git_tree_of(tmp_path / "loop" / "data") is None

    def test_links_do_not_hide_it(self, tmp_path: Path) -> None:
        folder(tmp_path / "dotfiles" / "data")
        folder(tmp_path / "dotfiles" / ".git")
        folder(tmp_path / "home")
        (tmp_path / "home" / "data").symlink_to(tmp_path / "dotfiles" / "data")

        assert files.git_tree_of(tmp_path / "home" / "data") == tmp_path / "dotfiles"

    def test_the_tree_with_the_link_counts_too(self, tmp_path: Path) -> None:
        folder(tmp_path / "repository" / ".git")
        folder(tmp_path / "real")
        (tmp_path / "repository" / "data").symlink_to(tmp_path / "real")

        found = files.git_tree_of(tmp_path / "repository" / "data")

        assert found == tmp_path / "repository"
