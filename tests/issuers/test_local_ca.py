from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from flask_tlsdev import keys
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import PairNotFound
from flask_tlsdev.errors import StoreError
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.names import DEFAULT_PERMITS
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import load_certificates

EC = "ec-p256"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


def request_for(*names: str, key_type: str = EC) -> CertificateRequest:
    return CertificateRequest(parse(names), keys.generate(key_type), timedelta(days=90))


def test_issues_a_pair_that_passes_the_gate(folder: Path) -> None:
    ca = LocalCA.create(folder, key_type=EC)
    request = request_for("localhost", "127.0.0.1", "app.test")

    pair = ca.issue(request)

    pair.check(request)
    assert len(pair.chain) == 2
    assert pair.roots == load_certificates(ca.root_path.read_bytes())


def test_what_was_made_is_what_is_opened(folder: Path) -> None:
    made = LocalCA.create(folder, permits=DEFAULT_PERMITS.with_("a.test"), key_type=EC)

    assert LocalCA.open(folder) == made


def test_no_file_holds_the_roots_key(folder: Path) -> None:
    ca = LocalCA.create(folder, key_type=EC)
    (root,) = load_certificates(ca.root_path.read_bytes())
    private = [
        keys.load(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes()
    ]

    assert len(private) == 1
    assert not keys.matches(private[0], root.public_key())


@pytest.mark.parametrize("umask", [0o000, 0o777], ids=["open umask", "closed umask"])
def test_the_key_is_the_users_alone_whatever_the_umask(
    folder: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        ca = LocalCA.create(folder, key_type=EC)
    finally:
        os.umask(before)

    own = folder / ca.ca_id
    assert stat.S_IMODE((own / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_name_that_is_not_permitted_is_refused_with_the_command(
    folder: Path,
) -> None:
    ca = LocalCA.create(folder, key_type=EC)

    with pytest.raises(CertificateError) as caught:
        ca.issue(request_for("localhost", "*.shop.example", "8.8.8.8"))

    assert caught.value.reason == "not permitted"
    assert "localhost, test" in str(caught.value)
    assert "flask tls ca create --permit shop.example --permit 8.8.8.8" in str(
        caught.value
    )


def test_a_new_ca_deletes_the_old_key_and_keeps_the_old_root(folder: Path) -> None:
    old = LocalCA.create(folder, key_type=EC)

    new = LocalCA.create(folder, key_type=EC)

    assert LocalCA.open(folder) == new
    assert new.retired_roots() == [old.root_path]
    assert not (folder / old.ca_id / "ca.key").exists()


def test_open_or_create_keeps_what_is_there(folder: Path) -> None:
    made = LocalCA.open_or_create(folder, key_type=EC)

    assert LocalCA.open_or_create(folder, key_type=EC) == made


def _id_of_opened(folder: Path) -> str:
    return LocalCA.open_or_create(folder, key_type=EC).ca_id


def test_many_processes_make_one_ca(folder: Path) -> None:
    with ProcessPoolExecutor(6) as pool:
        ids = set(pool.map(_id_of_opened, [folder] * 6))

    assert len(ids) == 1
    assert len(list(folder.glob("*/ca.key"))) == 1


def test_no_ca_is_an_error_that_says_what_to_type(folder: Path) -> None:
    with pytest.raises(PairNotFound, match="flask tls ca create"):
        LocalCA.open(folder)


def test_a_ca_inside_a_repository_is_refused(tmp_path: Path, folder: Path) -> None:
    LocalCA.create(folder, key_type=EC)
    (tmp_path / ".git").mkdir()

    with pytest.raises(StoreError, match="git work tree"):
        LocalCA.open(folder)


def test_no_ca_is_made_inside_a_repository(tmp_path: Path, folder: Path) -> None:
    (tmp_path / ".git").mkdir()

    with pytest.raises(StoreError, match="git work tree"):
        LocalCA.create(folder, key_type=EC)

    assert not list(folder.rglob("*.key"))


def test_a_ca_that_others_can_change_is_refused(folder: Path) -> None:
    LocalCA.create(folder, key_type=EC)
    folder.chmod(0o777)

    with pytest.raises(StoreError, match="chmod"):
        LocalCA.open(folder)


def test_widened_permits_in_the_summary_give_nothing(folder: Path) -> None:
    LocalCA.create(folder, key_type=EC)
    summary = folder / "ca.json"
    fields = json.loads(summary.read_bytes())
    fields["permits"].append("shop.example")
    summary.write_text(json.dumps(fields))

    with pytest.raises(CertificateError):
        LocalCA.open(folder).issue(request_for("shop.example"))


def test_files_of_two_cas_are_not_mixed(tmp_path: Path, folder: Path) -> None:
    ca = LocalCA.create(folder, key_type=EC)
    other = LocalCA.create(tmp_path / "other", key_type=EC)
    stolen = tmp_path / "other" / other.ca_id / "ca.key"
    (folder / ca.ca_id / "ca.key").write_bytes(stolen.read_bytes())

    with pytest.raises(StoreError, match="do not belong together"):
        ca.issue(request_for("localhost"))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"version": 1, "id": "../evil"}', '{"version": 2}', "\0"],
)
def test_an_odd_summary_is_one_sentence(folder: Path, text: str) -> None:
    LocalCA.create(folder, key_type=EC)
    (folder / "ca.json").write_text(text)

    with pytest.raises(StoreError, match="flask tls ca create"):
        LocalCA.open(folder)


def test_a_leaf_does_not_outlive_its_ca(folder: Path) -> None:
    ca = LocalCA.create(folder, key_type=EC, lifetime=timedelta(days=3))

    pair = ca.issue(request_for("localhost"))

    assert pair.not_after == ca.not_after


def test_the_ca_lives_two_years_at_most(folder: Path) -> None:
    ca = LocalCA.create(folder, key_type=EC, lifetime=timedelta(days=4000))

    assert ca.not_after - ca.not_before <= timedelta(days=731)


def test_delete_leaves_nothing_but_the_lock(folder: Path) -> None:
    LocalCA.create(folder, key_type=EC)
    ca = LocalCA.create(folder, key_type=EC)

    ca.delete()

    left = {path.name for path in folder.rglob("*")}
    assert left <= {".lock", ".gitignore", "CACHEDIR.TAG"}


def test_the_key_is_pkcs8(folder: Path) -> None:
    ca = LocalCA.create(folder, key_type="rsa:2048")
    data = (folder / ca.ca_id / "ca.key").read_bytes()

    assert data.startswith(b"-----BEGIN PRIVATE KEY-----")
    serialization.load_pem_private_key(data, None)
