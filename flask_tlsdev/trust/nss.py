"""Do Chromium and Firefox trust a root? Each keeps roots in NSS databases."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..printable import printable
from .base import ReadableStore
from .base import Root
from .base import StoreState

if TYPE_CHECKING:
    from sqlite3 import Connection

#: NSS writes this where an attribute is there but empty (``SQLITE_EXPLICIT_NULL``).
_NULL = b"\xa5\x00\x5a"


@dataclass(frozen=True)
class TrustRecord:
    """A kind of PKCS#11 object that says what a certificate is trusted for.

    A database is one table with an object a row and an attribute a column,
    which is called ``a`` and the attribute's number in hex. Numbers are four
    bytes, big-endian. A record names its certificate by issuer, serial number
    and a hash.
    """

    object_class: bytes
    server: str
    hash: str
    algorithm: str
    anchor: bytes
    distrusted: bytes


#: NSS wrote the first kind until it learned PKCS#11 3.2, and the second since.
#: New NSS reads both and prefers the second; old NSS sees only the first.
RECORDS = (
    # CKO_NSS_TRUST: CKA_NSS_TRUST_SERVER_AUTH, CKA_NSS_CERT_SHA1_HASH,
    # CKT_NSS_TRUSTED_DELEGATOR, CKT_NSS_NOT_TRUSTED.
    TrustRecord(
        b"\xce\x53\x43\x53",
        server="ace536358",
        hash="ace5363b4",
        algorithm="sha1",
        anchor=b"\xce\x53\x43\x52",
        distrusted=b"\xce\x53\x43\x5a",
    ),
    # CKO_TRUST: CKA_TRUST_SERVER_AUTH, CKA_HASH_OF_CERTIFICATE,
    # CKT_TRUST_ANCHOR, CKT_NOT_TRUSTED.
    TrustRecord(
        b"\x00\x00\x00\x0b",
        server="a62c",
        hash="a635",
        algorithm="sha256",
        anchor=b"\x00\x00\x00\x02",
        distrusted=b"\x00\x00\x00\x03",
    ),
)


class NSSDatabase(ReadableStore):
    """A folder with ``cert9.db``, read as the SQLite file that it is.

    :param newest_wins: Whether the clients are sure to have a new NSS, which
        ignores a record of the first kind beside one of the second.
    """

    def __init__(self, name: str, folder: Path, *, newest_wins: bool = False) -> None:
        super().__init__(name, folder)
        self._file = folder / "cert9.db"
        self._keys = folder / "key4.db"
        self._newest_wins = newest_wins

    def available(self) -> bool:
        # A folder that we may not enter can well hold one.
        try:
            os.stat(self._file)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            pass

        return True

    def state(self, root: Root) -> StoreState:
        if not self.available():
            return self._answer("absent", "no database here")

        try:
            import sqlite3
        except ImportError:
            return self._answer("unreadable", "this Python was built without sqlite3")

        if self._in_use():
            return self._answer("unreadable", "it is just being written")

        try:
            with closing(_open(self._file)) as database:
                return self._judge(database, root)
        except (sqlite3.Error, OSError) as error:
            return self._answer("unreadable", printable(error))

    def _in_use(self) -> bool:
        """Whether a browser's change is half in the file, half beside it."""
        for suffix in ("-journal", "-wal"):
            try:
                if os.stat(f"{self._file}{suffix}").st_size:
                    return True
            except OSError:
                pass

        return False

    def _judge(self, database: Connection, root: Root) -> StoreState:
        if not _holds(database, root):
            return self._answer("not trusted", "not in this database")

        verdicts = [
            verdict if self._is_signed(record) else "unsigned"
            for record, verdict in _records(database, root)
        ]
        if self._newest_wins:
            verdicts = verdicts[-1:]

        if set(verdicts) == {"anchor"}:
            return self._answer("trusted")

        if "anchor" in verdicts:
            # Which one counts depends on the version of NSS in the browser.
            return self._answer("not trusted", "there, but two records disagree")

        if "distrusted" in verdicts:
            return self._answer("not trusted", "there, and marked as distrusted")

        if "unsigned" in verdicts:
            return self._answer("not trusted", "there, but its record is not signed")

        return self._answer("not trusted", "there, but not trusted for servers")

    def _is_signed(self, record: str) -> bool:
        """Whether ``key4.db`` has the MAC without which NSS ignores a record.

        It has none for anything as long as no password, not even the empty
        one, was ever set. That the MAC is right is left to NSS.
        """
        if not self._keys.exists():
            return True

        with closing(_open(self._keys)) as database:
            found = database.execute(
                "SELECT id FROM metaData WHERE id IN ('password', ?)", (record,)
            )
            return {row[0] for row in found} != {"password"}


def _open(file: Path) -> Connection:
    import sqlite3

    # Immutable: no lock is taken and no file is made, so that neither the
    # browser nor a read-only folder is in anybody's way.
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True)


def _holds(database: Connection, root: Root) -> bool:
    # CKO_CERTIFICATE, CKA_ISSUER (which has an index), CKA_VALUE.
    found = database.execute(
        "SELECT 1 FROM nssPublic WHERE a0 = X'00000001' AND a81 = ? AND a11 = ?",
        (root.issuer, root.der),
    )
    return found.fetchone() is not None


def _records(database: Connection, root: Root) -> Iterator[tuple[str, str]]:
    """For each record about the root the name of its MAC, and its verdict."""
    columns = {row[1] for row in database.execute("PRAGMA table_info(nssPublic)")}

    for kind in RECORDS:
        # Old NSS makes no columns for the second kind.
        if {kind.server, kind.hash} <= columns:
            yield from _records_of(kind, database, root)


def _records_of(
    kind: TrustRecord, database: Connection, root: Root
) -> Iterator[tuple[str, str]]:
    digest = hashlib.new(kind.algorithm, root.der, usedforsecurity=False).digest()
    verdicts = {kind.anchor: "anchor", kind.distrusted: "distrusted"}
    rows = database.execute(
        f"SELECT id, {kind.server}, {kind.hash} FROM nssPublic"  # noqa: S608
        " WHERE a0 = ? AND a81 = ? AND a82 = ?",
        (kind.object_class, root.issuer, root.serial),
    )

    for number, level, of in rows:
        # Else it is about another certificate with the same issuer and serial
        # number. Without a hash it is about all of them.
        if of in (digest, _NULL, None):
            signature = f"sig_cert_{number:08x}_{int(kind.server[1:], 16):08x}"
            yield signature, verdicts.get(level, "nothing")


def databases(environ: Mapping[str, str]) -> Iterator[NSSDatabase]:
    """The databases of this user's browsers on Linux, and the usual ones."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    yield from _of_chromium(environ, home)
    yield from _of_firefox(environ, home)


def _of_chromium(environ: Mapping[str, str], home: Path) -> Iterator[NSSDatabase]:
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    snap = home / "snap" / "chromium" / "current"
    yield NSSDatabase("chromium", _chromium_folder(home, data))

    if snap.is_dir():
        folder = _chromium_folder(snap, snap / ".local" / "share")
        yield NSSDatabase("chromium", folder)

    # Chromium, Chrome, Brave, Edge, ...: whichever of them has one.
    for app in _folders_in(home / ".var" / "app"):
        flatpak = NSSDatabase("chromium", _chromium_folder(app, app / "data"))
        if flatpak.available():
            yield flatpak


def _chromium_folder(home: Path, data: Path) -> Path:
    """The one that Chromium reads: the second only where the first is not there.

    Before version 146 there was the first only. An empty folder counts.
    """
    old = home / ".pki" / "nssdb"
    return old if old.is_dir() else data / "pki" / "nssdb"


def _of_firefox(environ: Mapping[str, str], home: Path) -> Iterator[NSSDatabase]:
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    flatpak = home / ".var" / "app" / "org.mozilla.firefox"
    roots = (
        home / ".mozilla" / "firefox",
        config / "mozilla" / "firefox",
        home / "snap" / "firefox" / "common" / ".mozilla" / "firefox",
        flatpak / ".mozilla" / "firefox",
        flatpak / "config" / "mozilla" / "firefox",
    )
    found = dict.fromkeys(profile for root in roots for profile in _profiles(root))

    # A status command shall say that it looked.
    for folder in found or (roots[0],):
        # Firefox brings its own NSS; Chromium takes the system's.
        yield NSSDatabase("firefox", folder, newest_wins=True)


def _profiles(root: Path) -> Iterator[Path]:
    """The profile folders that ``profiles.ini`` names and that are there."""
    from configparser import Error
    from configparser import RawConfigParser

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string((root / "profiles.ini").read_text("utf-8", "replace"))
    except (OSError, Error):
        return

    for section in parser.sections():
        if section.startswith("Profile") and (
            path := parser.get(section, "Path", fallback="")
        ):
            # An absolute path, as IsRelative=0 gives it, replaces the root.
            folder = root / path
            if folder.is_dir():
                yield folder


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
