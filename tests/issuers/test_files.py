from __future__ import annotations

from pathlib import Path

import pytest

from flask_tlsdev.errors import StoreError
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
