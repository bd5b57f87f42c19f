from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from flask_tlsdev.errors import TrustError
from flask_tlsdev.trust.base import Root
from flask_tlsdev.trust.base import StoreState
from flask_tlsdev.trust.browsers import databases
from flask_tlsdev.trust.nss import NSSDatabase
from flask_tlsdev.trust.nss import RECORDS

from ..browsers import chromium
from ..browsers import CHROMIUM_DATABASE
from ..browsers import firefox
from ..browsers import trust_in_nss
from ..plain_https import Answer
from ..plain_https import PlainRoot
from ..plain_https import serving
from ..tools import program
from ..tools import run

#: Flags of ``certutil -t``, and whether servers below the root are trusted.
FLAGS = {
    "C,,": True,
    "CP,,": True,
    "CT,C,C": True,
    ",,": False,
    "c,,": False,
    "p,,": False,
    "P,,": False,
    "T,,": False,
    ",C,C": False,
}


@pytest.fixture(scope="module")
def root() -> PlainRoot:
    return PlainRoot.make()


@pytest.fixture(scope="module")
def url(root: PlainRoot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")

    with serving(root, folder, {"/": Answer(b"hello")}) as port:
        yield f"https://localhost:{port}/"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "nssdb"


def _state(database: Path, root: PlainRoot, *, newest_wins: bool = False) -> StoreState:
    store = NSSDatabase("nss", database, newest_wins=newest_wins)
    return store.state(Root.from_der(root.der))


def _certutil_trusts(database: Path, nickname: str = "root") -> bool:
    done = run(
        program("certutil"), "-V", "-u", "L", "-n", nickname, "-d", f"sql:{database}"
    )
    return done.returncode == 0


@pytest.mark.parametrize("flags", FLAGS)
def test_flags_are_understood_as_certutil_does(
    database: Path, root: PlainRoot, flags: str
) -> None:
    trust_in_nss(database, root.pem, "root", flags=flags)

    found = _state(database, root)

    assert (found.state == "trusted") is FLAGS[flags]
    assert _certutil_trusts(database) is FLAGS[flags]


@pytest.mark.parametrize("flags", ["C,,", ",,", "p,,", "P,,", "T,,"])
def test_flags_are_understood_as_chromium_does(
    root: PlainRoot, url: str, flags: str
) -> None:
    states = []

    def prepare(home: Path) -> None:
        database = home / CHROMIUM_DATABASE
        trust_in_nss(database, root.pem, "root", flags=flags)
        states.append(_state(database, root).state)

    with chromium(prepare=prepare) as browser:
        states.append(_state(browser.home / CHROMIUM_DATABASE, root).state)
        error = browser.open(url).error

    expected = "trusted" if error is None else "not trusted"
    assert states == [expected, expected]
    assert (error is None) is FLAGS[flags]


@pytest.mark.parametrize("flags", ["C,,", "p,,"])
def test_flags_are_understood_as_firefox_does(
    root: PlainRoot, url: str, flags: str
) -> None:
    states = []

    def prepare(home: Path) -> None:
        trust_in_nss(home / "profile", root.pem, "root", flags=flags)
        states.append(_state(home / "profile", root, newest_wins=True).state)

    with firefox(prepare=prepare) as browser:
        states.append(_state(browser.home / "profile", root, newest_wins=True).state)
        error = browser.open(url).error

    expected = "trusted" if error is None else "not trusted"
    assert states == [expected, expected]
    assert (error is None) is FLAGS[flags]


def test_distrust_and_the_lack_of_trust_are_told_apart(
    tmp_path: Path, root: PlainRoot
) -> None:
    trust_in_nss(tmp_path / "p", root.pem, "root", flags="p,,")
    trust_in_nss(tmp_path / "none", root.pem, "root", flags=",,")

    assert _state(tmp_path / "p", root).detail == "there, and marked as distrusted"
    assert (
        _state(tmp_path / "none", root).detail == "there, but not trusted for servers"
    )


def test_another_root_of_the_same_subject_is_not_it(
    database: Path, root: PlainRoot
) -> None:
    trust_in_nss(database, PlainRoot.make().pem, "other")

    assert _state(database, root).detail == "not in this database"


def test_another_root_of_the_same_subject_does_not_lend_its_trust(
    database: Path, root: PlainRoot
) -> None:
    trust_in_nss(database, PlainRoot.make().pem, "other")
    trust_in_nss(database, root.pem, "root", flags=",,")

    assert _state(database, root).state == "not trusted"


def test_another_certificate_of_the_same_key_and_subject_is_another(
    database: Path, root: PlainRoot
) -> None:
    trust_in_nss(database, PlainRoot.make(key=root.key).pem, "other")

    assert _state(database, root).state == "not trusted"


def test_a_record_of_another_certificate_with_the_same_serial_number_is_ignored(
    database: Path, root: PlainRoot
) -> None:
    trust_in_nss(database, root.pem, "root")
    file = sqlite3.connect(database / "cert9.db")
    file.execute("UPDATE nssPublic SET ace5363b4 = zeroblob(20)")
    file.commit()
    file.close()

    assert _state(database, root).state == "not trusted"
    assert _certutil_trusts(database) is False


def test_a_removed_root_is_not_trusted(database: Path, root: PlainRoot) -> None:
    trust_in_nss(database, root.pem, "root")
    run(program("certutil"), "-D", "-n", "root", "-d", f"sql:{database}")

    assert _state(database, root).state == "not trusted"


@pytest.fixture
def new_record(database: Path, root: PlainRoot) -> Callable[[int], None]:
    """Adds a record of the second kind, as NSS of 2026 writes it.

    Debian's certutil is older. The columns and values are those that NSS
    3.125 was seen to write; no browser looks at the result.
    """

    def add(level: int) -> None:
        _, kind = RECORDS
        certificate = Root.from_der(root.der)
        digest = root.certificate.fingerprint(SHA256())
        file = sqlite3.connect(database / "cert9.db")

        for column in (kind.server, kind.hash):
            file.execute(f"ALTER TABLE nssPublic ADD COLUMN {column}")

        file.execute(
            f"INSERT INTO nssPublic (id, a0, a81, a82, {kind.server}, {kind.hash})"
            " VALUES (7, X'0000000B', ?, ?, ?, ?)",
            (certificate.issuer, certificate.serial, level.to_bytes(4, "big"), digest),
        )
        file.commit()
        file.close()

        keys = sqlite3.connect(database / "key4.db")
        keys.execute("INSERT INTO metaData (id) VALUES ('sig_cert_00000007_0000062c')")
        keys.commit()
        keys.close()

    return add


@pytest.mark.parametrize(
    ("level", "expected"), [(2, "trusted"), (1, "not trusted"), (3, "not trusted")]
)
def test_a_record_of_new_nss_counts(
    database: Path,
    root: PlainRoot,
    new_record: Callable[[int], None],
    level: int,
    expected: str,
) -> None:
    trust_in_nss(database, root.pem, "root", flags=",,")
    _without_old_records(database)
    new_record(level)

    assert _state(database, root).state == expected


def _without_old_records(database: Path) -> None:
    file = sqlite3.connect(database / "cert9.db")
    file.execute("DELETE FROM nssPublic WHERE a0 = X'CE534353'")
    file.commit()
    file.close()


def test_when_records_disagree_the_newest_counts_for_firefox_only(
    database: Path, root: PlainRoot, new_record: Callable[[int], None]
) -> None:
    trust_in_nss(database, root.pem, "root", flags="p,,")
    new_record(2)

    assert _state(database, root, newest_wins=True).state == "trusted"
    found = _state(database, root)
    assert found.state == "not trusted"
    assert found.detail == "there, but two records disagree"


def test_a_record_without_its_signature_does_not_count(
    database: Path, root: PlainRoot, url: str, tmp_path: Path
) -> None:
    trust_in_nss(database, root.pem, "root")
    trust_in_nss(tmp_path / "other", PlainRoot.make().pem, "other")
    shutil.copy(tmp_path / "other" / "key4.db", database)

    found = _state(database, root)

    assert found.detail == "there, but its record is not signed"
    assert _certutil_trusts(database) is False


def test_a_database_with_a_password_is_read(
    database: Path, root: PlainRoot, tmp_path: Path
) -> None:
    certutil, target = program("certutil"), f"sql:{database}"
    password = tmp_path / "password"
    password.write_text("secret\n")
    source = tmp_path / "root.pem"
    source.write_bytes(root.pem)
    database.mkdir()
    run(certutil, "-N", "-d", target, "-f", password)

    added = run(
        certutil,
        "-A",
        "-d",
        target,
        "-f",
        password,
        "-n",
        "r",
        "-t",
        "C,,",
        "-i",
        source,
    )

    assert added.returncode == 0
    assert _state(database, root).state == "trusted"


def test_no_database_is_an_absent_store(database: Path, root: PlainRoot) -> None:
    store = NSSDatabase("nss", database)

    assert not store.available()
    assert _state(database, root).state == "absent"
    assert not store.contains(root.der)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"x" * 5000])
def test_what_is_no_database_is_unreadable(
    database: Path, root: PlainRoot, content: bytes
) -> None:
    database.mkdir()
    (database / "cert9.db").write_bytes(content)

    assert _state(database, root).state == "unreadable"
    with pytest.raises(TrustError, match="cannot be read"):
        NSSDatabase("nss", database).contains(root.der)


def test_a_folder_in_the_place_of_the_file_is_unreadable(
    database: Path, root: PlainRoot
) -> None:
    (database / "cert9.db").mkdir(parents=True)

    assert _state(database, root).state == "unreadable"


@pytest.mark.parametrize("suffix", ["-journal", "-wal"])
def test_a_database_that_is_being_written_is_unreadable(
    database: Path, root: PlainRoot, suffix: str
) -> None:
    trust_in_nss(database, root.pem, "root")
    (database / f"cert9.db{suffix}").write_bytes(b"half")

    assert _state(database, root).state == "unreadable"


def test_a_lock_does_not_keep_us_waiting(database: Path, root: PlainRoot) -> None:
    trust_in_nss(database, root.pem, "root")
    browser = sqlite3.connect(database / "cert9.db", isolation_level=None)
    browser.execute("BEGIN EXCLUSIVE")

    found = _state(database, root)

    browser.close()
    assert found.state == "trusted"


def test_reading_leaves_no_trace(database: Path, root: PlainRoot) -> None:
    trust_in_nss(database, root.pem, "root")
    before = {path: path.stat() for path in [database, *database.iterdir()]}

    assert _state(database, root).state == "trusted"

    after = {path: path.stat() for path in [database, *database.iterdir()]}
    assert [s.st_mtime_ns for s in before.values()] == [
        s.st_mtime_ns for s in after.values()
    ]
    assert before.keys() == after.keys()


@pytest.mark.parametrize("folder", ["with space", "ques?tion", "ha#sh", "per%20cent"])
def test_folders_of_any_name_are_read(
    tmp_path: Path, root: PlainRoot, folder: str
) -> None:
    trust_in_nss(tmp_path / folder, root.pem, "root")

    assert _state(tmp_path / folder, root).state == "trusted"


def _paths(home: Path, name: str, **environ: str) -> list[str]:
    found = databases({"HOME": str(home), **environ})
    return [
        os.path.relpath(database.path, home)
        for database in found
        if database.name == name
    ]


def test_chromiums_database_is_the_new_one_in_a_fresh_home(tmp_path: Path) -> None:
    assert _paths(tmp_path, "chromium") == [".local/share/pki/nssdb"]


def test_chromiums_database_follows_xdg_data_home(tmp_path: Path) -> None:
    data = str(tmp_path / "data")

    assert _paths(tmp_path, "chromium", XDG_DATA_HOME=data) == ["data/pki/nssdb"]


def test_chromiums_old_database_is_the_only_one_that_counts(
    root: PlainRoot, url: str
) -> None:
    """As the real one shows: trust is in the new place, and does not help."""
    found = []

    def prepare(home: Path) -> None:
        trust_in_nss(home / CHROMIUM_DATABASE, root.pem, "root")
        (home / ".pki" / "nssdb").mkdir(parents=True)
        found.extend(_paths(home, "chromium"))

    with chromium(prepare=prepare) as browser:
        error = browser.open(url).error

    assert found == [".pki/nssdb"]
    assert error == "net::ERR_CERT_AUTHORITY_INVALID"


def test_snap_and_flatpak_browsers_have_databases_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "snap/chromium/current").mkdir(parents=True)
    (tmp_path / ".var/app/org.example.Other").mkdir(parents=True)
    flatpak = ".var/app/com.google.Chrome/data/pki/nssdb"
    (tmp_path / flatpak).mkdir(parents=True)
    (tmp_path / flatpak / "cert9.db").touch()

    assert _paths(tmp_path, "chromium") == [
        ".local/share/pki/nssdb",
        "snap/chromium/current/.local/share/pki/nssdb",
        flatpak,
    ]


@pytest.mark.parametrize(
    "folder",
    [
        ".mozilla/firefox",
        ".config/mozilla/firefox",
        "snap/firefox/common/.mozilla/firefox",
        ".var/app/org.mozilla.firefox/.mozilla/firefox",
        ".var/app/org.mozilla.firefox/config/mozilla/firefox",
    ],
)
def test_firefoxes_profiles_are_those_of_profiles_ini(
    tmp_path: Path, folder: str
) -> None:
    profiles = tmp_path / folder
    elsewhere = tmp_path / "elsewhere"
    (profiles / "ab.default-esr").mkdir(parents=True)
    (profiles / "not.named").mkdir()
    elsewhere.mkdir()
    (profiles / "profiles.ini").write_text(
        "[Install4F96D1932A9F858E]\nDefault=ab.default-esr\n\n"
        "[Profile1]\nName=100% mine\nIsRelative=1\nPath=ab.default-esr\n\n"
        f"[Profile0]\nName=other\nIsRelative=0\nPath={elsewhere}\n\n"
        "[Profile2]\nName=gone\nIsRelative=1\nPath=gone\n\n"
        "[General]\nStartWithLastProfile=1\nVersion=2\n"
    )

    assert _paths(tmp_path, "firefox") == [f"{folder}/ab.default-esr", "elsewhere"]


@pytest.mark.parametrize(
    "content", [b"", b"Path=a", b"\xff\xfe\0", b"[Profile0]\nPath="]
)
def test_an_odd_profiles_ini_names_no_profile(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".mozilla/firefox").mkdir(parents=True)
    (tmp_path / ".mozilla/firefox/profiles.ini").write_bytes(content)

    assert _paths(tmp_path, "firefox") == [".mozilla/firefox"]


def test_a_profile_that_the_real_firefox_made_is_found(
    root: PlainRoot, tmp_path: Path
) -> None:
    """Firefox writes ``profiles.ini`` itself, where it wants it this year."""
    run(
        program("firefox-esr", "firefox"),
        "--headless",
        "--CreateProfile",
        "mine",
        env={"HOME": str(tmp_path), "PATH": os.defpath, "TMPDIR": str(tmp_path)},
    )

    (found,) = _paths(tmp_path, "firefox")

    assert found.endswith(".mine")
