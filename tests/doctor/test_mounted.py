from __future__ import annotations

from pathlib import Path

import pytest

from flask_tlsdev.doctor.mounted import check_mounted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "secret"
    folder.mkdir()
    for name in ("tls.crt", "tls.key"):
        (folder / name).touch()

    return folder


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """What Linux says of its mounts: nothing yet."""
    path = tmp_path / "mounts"
    path.touch()
    return path


def test_without_a_mounted_secret_there_is_nothing_to_say(mounts: Path) -> None:
    assert not list(check_mounted({}, mounts))


def test_a_folder_is_well(folder: Path, mounts: Path) -> None:
    environ = {"FLASK_TLSDEV_FILES_PATH": str(folder)}

    (found,) = check_mounted(environ, mounts)

    assert found.status == "ok"
    assert str(folder) in found.text


def test_a_file_that_is_mounted_by_itself_is_a_warning(
    folder: Path, mounts: Path
) -> None:
    mounts.write_text(f"66 46 0:51 /tls.key {folder}/tls.key ro - tmpfs tmpfs rw\n")
    environ = {"FLASK_TLSDEV_FILES_PATH": str(folder)}

    (found,) = check_mounted(environ, mounts)

    assert found.status == "warning"
    assert "without subPath" in found.fix


def test_a_folder_without_a_pair_is_wrong(tmp_path: Path, mounts: Path) -> None:
    environ = {"FLASK_TLSDEV_FILES_PATH": str(tmp_path / "nowhere")}

    (found,) = check_mounted(environ, mounts)

    assert found.status == "failed"
    assert "There is no tls.crt" in found.text
