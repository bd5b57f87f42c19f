from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from flask_tlsdev import files
from flask_tlsdev.errors import StoreError

from ..tools import program
from ..tools import run
from .children import end_of
from .children import needs_fork
from .children import start

linux = pytest.mark.skipif(sys.platform != "linux", reason="how Linux has it")


@linux
class TestDataFolder:
    def test_is_where_the_xdg_specification_says(self) -> None:
        environ = {"XDG_DATA_HOME": "/data", "HOME": "/home/me"}

        assert files.data_folder(environ) == Path("/data/flask-tlsdev")

    @pytest.mark.parametrize("data", ["", "relative", "./x", "~/data"])
    def test_ignores_a_relative_path_there(self, data: str) -> None:
        environ = {"XDG_DATA_HOME": data, "HOME": "/home/me"}

        found = files.data_folder(environ)

        assert found == Path("/home/me/.local/share/flask-tlsdev")

    @pytest.mark.parametrize(
        "environ", [{}, {"HOME": ""}, {"HOME": "relative"}], ids=str
    )
    def test_asks_the_user_database_when_there_is_no_home(
        self, environ: dict[str, str]
    ) -> None:
        import pwd

        home = Path(pwd.getpwuid(os.getuid()).pw_dir)

        found = files.data_folder(environ)

        assert found == home / ".local" / "share" / "flask-tlsdev"

    def test_is_an_error_when_nobody_knows_a_home(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "getuid", lambda: 54321)

        with pytest.raises(StoreError, match="HOME is not set") as caught:
            files.data_folder({})

        assert "TLSDEV_CA_PATH" in caught.value.hint

    def test_lies_in_the_library_on_macos(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        environ = {"XDG_DATA_HOME": "/data", "HOME": "/Users/me"}

        found = files.data_folder(environ)

        assert found == Path("/Users/me/Library/Application Support/flask-tlsdev")


class TestMakeDataFolder:
    def test_it_is_closed_to_others(self, tmp_path: Path) -> None:
        files.make_data_folder(tmp_path / "share" / "data")

        assert stat.S_IMODE((tmp_path / "share" / "data").stat().st_mode) == 0o700

    def test_backups_pass_it_by(self, tmp_path: Path) -> None:
        files.make_data_folder(tmp_path / "data")
        (tmp_path / "data" / "tls.key").touch()

        listed = run(
            program("tar"), "-cv", "--exclude-caches", "-f", "/dev/null", tmp_path
        )

        assert "CACHEDIR.TAG" in listed.stdout
        assert "tls.key" not in listed.stdout

    def test_git_passes_it_by(self, tmp_path: Path) -> None:
        git = program("git")
        run(git, "init", "-q", tmp_path)
        files.make_data_folder(tmp_path / "data")
        (tmp_path / "data" / "tls.key").touch()

        run(git, "add", "--all", cwd=tmp_path)
        status = run(git, "status", "--porcelain", cwd=tmp_path)

        assert status.returncode == 0
        assert status.stdout == ""

    def test_what_the_user_wrote_there_stays(self, tmp_path: Path) -> None:
        files.make_data_folder(tmp_path)
        (tmp_path / ".gitignore").write_text("*.key\n")

        files.make_data_folder(tmp_path)

        assert (tmp_path / ".gitignore").read_text() == "*.key\n"

    def test_what_a_power_cut_left_empty_is_written_again(self, tmp_path: Path) -> None:
        files.make_data_folder(tmp_path)
        for name in ("CACHEDIR.TAG", ".gitignore"):
            (tmp_path / name).write_bytes(b"")

        files.make_data_folder(tmp_path)

        assert b"Signature: 8a477f59" in (tmp_path / "CACHEDIR.TAG").read_bytes()
        assert b"\n*\n" in (tmp_path / ".gitignore").read_bytes()

    @needs_fork
    def test_many_processes_may_make_it_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "data"

        children = [start(lambda: files.make_data_folder(path)) for _ in range(8)]

        assert [end_of(child) for child in children] == [0] * 8
        assert sorted(os.listdir(path)) == [".gitignore", "CACHEDIR.TAG"]
