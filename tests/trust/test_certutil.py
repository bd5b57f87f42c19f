"""Real databases, and a certutil that is or is not there."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from flask_tlsdev.programs import Done
from flask_tlsdev.programs import Programs
from flask_tlsdev.trust.certutil import CertutilDatabase
from flask_tlsdev.trust.certutil import FOLDER_MARK
from flask_tlsdev.trust.certutil import MARK
from flask_tlsdev.trust.certutil import PACKAGES
from flask_tlsdev.trust.changes import install
from flask_tlsdev.trust.changes import look
from flask_tlsdev.trust.changes import remove
from flask_tlsdev.trust.nss import NSSDatabase
from flask_tlsdev.trust.nss import RECORDS

from ..browsers import trust_in_nss
from ..plain_https import PlainRoot
from ..tools import program
from ..tools import run
from .making import our_root
from .making import Remembering

ROOT = our_root()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pki" / "nssdb"


@pytest.fixture
def store(folder: Path) -> CertutilDatabase:
    program("certutil")
    return _store(folder)


def _store(folder: Path, *, may_make: bool = True) -> CertutilDatabase:
    runner = Programs(os.environ, interactive=False)
    database = NSSDatabase("chromium", folder)
    return CertutilDatabase(database, runner, may_make=may_make)


def _content(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of both files; pages of a file that was written to differ."""
    content = {}
    for name, table in (
        ("cert9.db", "nssPublic"),
        ("key4.db", "nssPrivate"),
        ("key4.db", "metaData"),
    ):
        database = sqlite3.connect(folder / name)
        rows = database.execute(f"SELECT * FROM {table}").fetchall()
        database.close()
        # Columns are added when they are needed, and never taken away.
        content[table] = sorted(
            (tuple(value for value in row if value is not None) for row in rows),
            key=repr,
        )
    return content


def test_a_missing_database_is_made_and_goes_again(
    store: CertutilDatabase, folder: Path, tmp_path: Path
) -> None:
    installed = install(store, ROOT)
    made = sorted(path.name for path in folder.iterdir())
    removed = remove(store)

    assert (installed.state, installed.changed) == ("trusted", True)
    assert made == [MARK, FOLDER_MARK, "cert9.db", "key4.db", "pkcs11.txt"]
    assert (removed.state, removed.changed) == ("not trusted", True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_that_was_there_stays(
    store: CertutilDatabase, folder: Path
) -> None:
    folder.mkdir(parents=True)

    install(store, ROOT)
    remove(store)

    assert list(folder.iterdir()) == []


def test_a_folder_that_others_use_since_stays(
    store: CertutilDatabase, folder: Path
) -> None:
    install(store, ROOT)
    (folder.parent / "theirs").touch()

    remove(store)

    assert [path.name for path in folder.parent.iterdir()] == ["theirs"]


def test_certutil_itself_finds_the_root_valid(
    store: CertutilDatabase, folder: Path
) -> None:
    install(store, ROOT)

    check = ("-V", "-u", "L", "-n", ROOT.listed_as, "-d", f"sql:{folder}")
    assert run(program("certutil"), *check).returncode == 0


def test_a_database_of_others_is_as_before(
    store: CertutilDatabase, folder: Path
) -> None:
    trust_in_nss(folder, PlainRoot.make().pem, "other")
    before = _content(folder)

    install(store, ROOT)
    between = _content(folder)
    remove(store)

    assert between != before
    assert _content(folder) == before
    assert not (folder / MARK).exists()


def test_a_database_that_we_made_stays_once_others_use_it(
    store: CertutilDatabase, folder: Path
) -> None:
    install(store, ROOT)
    trust_in_nss(folder, PlainRoot.make().pem, "other")

    remove(store)

    listed = run(program("certutil"), "-L", "-d", f"sql:{folder}").stdout
    assert "other" in listed
    assert "flask-tlsdev" not in listed


def test_both_kinds_of_record_are_gone_after_removal(
    store: CertutilDatabase, folder: Path
) -> None:
    """An old certutil knows one kind only; a browser may have written both."""
    trust_in_nss(folder, PlainRoot.make().pem, "other")
    before = _content(folder)
    install(store, ROOT)
    _add_new_record(folder)

    outcome = remove(store)

    assert outcome.state == "not trusted"
    assert _content(folder) == before


def _add_new_record(folder: Path) -> None:
    _, kind = RECORDS
    digest = load_der_x509_certificate(ROOT.der).fingerprint(SHA256())
    file = sqlite3.connect(folder / "cert9.db")
    for column in (kind.server, kind.hash):
        file.execute(f"ALTER TABLE nssPublic ADD COLUMN {column}")
    file.execute(
        f"INSERT INTO nssPublic (id, a0, a81, a82, {kind.server}, {kind.hash})"
        " VALUES (7, X'0000000B', ?, ?, X'00000002', ?)",
        (ROOT.issuer, ROOT.serial, digest),
    )
    file.commit()
    file.close()
    keys = sqlite3.connect(folder / "key4.db")
    keys.execute("INSERT INTO metaData (id) VALUES ('sig_cert_00000007_0000062c')")
    keys.commit()
    keys.close()


def test_a_root_that_was_imported_by_hand_is_removed_too(
    store: CertutilDatabase, folder: Path
) -> None:
    trust_in_nss(folder, ROOT.pem, "under another name")

    assert look(store, ROOT).state == "trusted"
    assert remove(store).changed
    assert store.ours() == ()


def test_a_root_that_is_there_without_trust_is_trusted_afterwards(
    store: CertutilDatabase, folder: Path
) -> None:
    trust_in_nss(folder, ROOT.pem, ROOT.listed_as, flags=",,")

    assert install(store, ROOT).state == "trusted"


def test_an_earlier_root_goes_when_the_new_one_is_in(store: CertutilDatabase) -> None:
    old = our_root(1)
    install(store, old)
    before = look(store, ROOT)

    after = install(store, ROOT, [old])

    assert (before.state, before.others) == ("another root", (old.ca_id,))
    assert (after.state, after.others) == ("trusted", ())


def test_a_root_of_another_ca_folder_stays(store: CertutilDatabase) -> None:
    install(store, our_root(1))

    outcome = install(store, ROOT, [our_root(2)])

    assert (outcome.state, outcome.others) == ("trusted", (our_root(1).ca_id,))


def test_a_database_with_a_password_fails_and_is_left_as_it_was(
    store: CertutilDatabase, folder: Path, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    folder.mkdir(parents=True)
    run(program("certutil"), "-N", "-d", f"sql:{folder}", "-f", password)
    before = _content(folder)

    outcome = install(store, ROOT)

    assert outcome.state == "failed"
    assert "SEC_ERROR" in outcome.detail
    assert _content(folder) == before


def test_no_database_and_no_browser_is_an_absent_store(folder: Path) -> None:
    store = _store(folder, may_make=False)

    assert install(store, ROOT).state == "absent"
    assert not folder.exists()


def test_an_unreadable_database_fails_with_the_reason(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "cert9.db").write_bytes(b"not a database at all, but long enough")

    assert look(_store(folder), ROOT).state == "failed"
    assert "not a database" in remove(_store(folder)).detail


@pytest.mark.parametrize("manager", PACKAGES)
def test_without_certutil_the_package_is_named(folder: Path, manager: str) -> None:
    runner = Remembering(here=(manager,))
    store = CertutilDatabase(NSSDatabase("chromium", folder), runner, may_make=True)

    outcome = install(store, ROOT)

    assert outcome.state == "failed"
    assert outcome.install_hint == f"Type: {PACKAGES[manager]}"
    assert runner.commands == []


def test_the_commands_are_these(folder: Path) -> None:
    runner = Remembering(here=("certutil",))
    store = CertutilDatabase(NSSDatabase("chromium", folder), runner, may_make=True)

    lines = [step.typed(runner) for step in store.install_steps(ROOT)]

    assert lines == [
        f"/usr/bin/mkdir -p -m 0700 {folder}",
        f"/usr/bin/certutil -d sql:{folder} -N --empty-password",
        f"/usr/bin/touch {folder}/{MARK} {folder}/{FOLDER_MARK}"
        f" {folder.parent}/{FOLDER_MARK}",
        f"/usr/bin/certutil -d sql:{folder} -A -a -t C,, -n '{ROOT.listed_as}'"
        " < /ca/0/root.crt",
    ]


def test_a_command_that_fails_leaves_no_half_of_it(folder: Path) -> None:
    trust_in_nss(folder, PlainRoot.make().pem, "other")
    real = _store(folder)

    def certutil(arguments: Sequence[str], stdin: bytes) -> Done:
        done = real.runner.run(arguments, stdin=stdin)
        return Done(255, stderr=b"died") if "-A" in arguments else done

    runner = Remembering({"certutil": certutil}, here=("certutil",))
    database = NSSDatabase("chromium", folder)
    store = CertutilDatabase(database, runner, may_make=True)

    outcome = install(store, ROOT)

    assert (outcome.state, "died" in outcome.detail) == ("failed", True)
    assert store.ours() == ()
