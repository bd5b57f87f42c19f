from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from flask_tlsdev import files
from flask_tlsdev.errors import StoreError

from .children import as_other_user_in
from .children import folder_of_other_user
from .children import needs_root


def test_the_whole_content_is_read(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_bytes(b"\r\n\0" * 1000)

    assert files.read(tmp_path / "tls.crt") == b"\r\n\0" * 1000


def test_links_are_followed_as_in_a_mounted_secret(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "tls.crt").write_bytes(b"content")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "tls.crt").symlink_to("..data/tls.crt")

    assert files.read(tmp_path / "tls.crt") == b"content"


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_bytes(b"12345")

    assert files.read(tmp_path / "tls.crt", limit=5) == b"12345"


def test_a_larger_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").write_bytes(b"123456")

    with pytest.raises(StoreError, match="larger than the 5 bytes"):
        files.read(tmp_path / "tls.crt", limit=5)


def test_a_missing_file_is_named_with_its_folder_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no file '.*tls\.crt'") as caught:
        files.read(tmp_path / "tls.crt")

    assert caught.value.hint == f"Look at what is there: ls -l {tmp_path}"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder, not a file"):
        files.read(tmp_path)


def test_a_named_pipe_without_a_writer_does_not_make_us_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tls.crt")

    with pytest.raises(StoreError, match="is a named pipe, not a file"):
        files.read(tmp_path / "tls.crt")


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("tls.crt")

        with pytest.raises(StoreError, match="Could not read"):
            files.read(tmp_path / "tls.crt")


def test_an_endless_device_is_refused() -> None:
    with pytest.raises(StoreError, match="is a device, not a file"):
        files.read(Path("/dev/zero"))


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").symlink_to("tls.crt")

    with pytest.raises(StoreError, match="Could not read") as caught:
        files.read(tmp_path / "tls.crt")

    assert "where it leads" in caught.value.hint


@needs_root
def test_a_closed_file_is_named_with_what_to_look_at(tmp_path: Path) -> None:
    folder = folder_of_other_user(tmp_path)
    (folder / "tls.key").touch(mode=0o600)

    def read() -> None:
        with pytest.raises(StoreError, match="Permission denied") as caught:
            files.read(Path("tls.key"))

        assert caught.value.hint.endswith("ls -ld tls.key")

    as_other_user_in(folder, read)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no file can have this name"):
        files.read(tmp_path / "zero\0byte")
