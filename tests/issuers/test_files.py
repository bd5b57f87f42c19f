from __future__ import annotations

from pathlib import Path

import pytest

from flask_tlsdev.errors import StoreError
from flask_tlsdev.issuers.files import fixed
from flask_tlsdev.issuers.files import locate
from flask_tlsdev.store import PairFiles


def test_the_names_are_those_of_a_kubernetes_secret(tmp_path: Path) -> None:
    for name in ("tls.crt", "tls.key", "ca.crt"):
        (tmp_path / name).touch()

    assert locate(tmp_path) == PairFiles(
        tmp_path / "tls.crt", tmp_path / "tls.key", tmp_path / "ca.crt"
    )


def test_roots_are_not_needed(tmp_path: Path) -> None:
    (tmp_path / "tls.crt").touch()
    (tmp_path / "tls.key").touch()

    assert locate(tmp_path).cafile is None


@pytest.mark.parametrize("missing", ["tls.crt", "tls.key"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    for name in {"tls.crt", "tls.key"} - {missing}:
        (tmp_path / name).touch()

    with pytest.raises(StoreError, match=f"no {missing}.*TLSDEV_FILES_PATH"):
        locate(tmp_path)


def mounts(path: Path, *lines: str) -> Path:
    """A list of mounts as ``/proc/self/mountinfo`` shows them."""
    path.write_text(
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        + "".join(f"66 46 0:51 {line} ro,relatime - tmpfs tmpfs rw\n" for line in lines)
    )
    return path


@pytest.fixture
def secret(tmp_path: Path) -> PairFiles:
    folder = tmp_path / "a secret"
    folder.mkdir()
    for name in ("tls.crt", "tls.key"):
        (folder / name).touch()

    return locate(folder)


def test_a_folder_that_is_mounted_as_a_whole_is_followed(
    tmp_path: Path, secret: PairFiles
) -> None:
    folder = str(secret.certfile.parent).replace(" ", r"\040")

    assert fixed(secret, mounts(tmp_path / "mounts", f"/ {folder}")) is None


def test_files_that_are_mounted_by_themselves_are_explained(
    tmp_path: Path, secret: PairFiles
) -> None:
    # As the kubelet mounts `subPath: tls.crt`: from the one state that there was.
    state = "/..2026_11_22_02_15_12.3141592653"
    lines = [
        f"{state}/{path.name} {path}".replace("a secret", r"a\040secret")
        for path in (secret.certfile, secret.keyfile)
    ]

    said = fixed(secret, mounts(tmp_path / "mounts", *lines))

    assert said is not None
    assert "tls.crt' is mounted by itself" in said[0]
    assert "without subPath" in said[1]


def test_a_folder_below_one_state_of_the_volume_is_explained(
    tmp_path: Path, secret: PairFiles
) -> None:
    folder = str(secret.certfile.parent).replace(" ", r"\040")
    line = f"/..2026_11_22_02_15_12.314159/web {folder}"

    assert fixed(secret, mounts(tmp_path / "mounts", line)) is not None


def test_a_link_to_a_mounted_file_is_explained(tmp_path: Path) -> None:
    real, links = tmp_path / "real", tmp_path / "links"
    for folder in (real, links):
        folder.mkdir()
    for name in ("tls.crt", "tls.key"):
        (real / name).touch()
        (links / name).symlink_to(real / name)
    line = f"/state/tls.key {real}/tls.key"

    assert fixed(locate(links), mounts(tmp_path / "mounts", line)) is not None


@pytest.mark.parametrize("text", ["", "nonsense\n", "1 2 3 4\n", None])
def test_a_list_of_mounts_that_is_none_says_nothing(
    tmp_path: Path, secret: PairFiles, text: str | None
) -> None:
    path = tmp_path / "mounts"
    if text is not None:
        path.write_text(text)

    assert fixed(secret, path) is None
