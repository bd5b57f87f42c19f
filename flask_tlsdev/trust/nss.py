"""Do Chromium and Firefox trust a root? Each keeps roots in NSS databases."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TrustError
from ..printable import printable
from .base import ReadableStore
from .base import Root
from .base import StoreState

if TYPE_CHECKING:
    from sqlite3 import Connection

#: NSS writes this where an attribute is there but empty (``SQLITE_EXPLICIT_NULL``).
_NULL = b"\xa5\x00\x5a"


class TrustRecord:
    """A kind of PKCS#11 object that says what a certificate is trusted for.

    A database is one table with an object a row and an attribute a column,
    which is called ``a`` and the attribute's number in hex. Numbers are four
    bytes, big-endian. A record names its certificate by issuer, serial number
    and a hash.
    """

    def __init__(
        self,
        object_class: bytes,
        *,
        server: str,
        hash: str,
        algorithm: str,
        anchor: bytes,
        distrusted: bytes,
    ) -> None:
        self.object_class = object_class
        self.server = server
        self.hash = hash
        self.algorithm = algorithm
        self.anchor = anchor
        self.distrusted = distrusted


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

    def roots(self) -> tuple[tuple[Root, str], ...]:
        """The roots of local CAs in here, each with its nickname.

        :raises TrustError: It cannot be read.
        """
        if not self.available():
            return ()

        with self._reading() as database:
            found = database.execute(
                "SELECT a11, a3 FROM nssPublic WHERE a0 = X'00000001'"
            ).fetchall()

        pairs = ((_root_of(der), label) for der, label in found)
        return tuple(
            (root, label.decode("utf-8", "replace"))
            for root, label in pairs
            if root and root.ca_id
        )

    def anchors(self) -> tuple[bytes, ...]:
        """Every certificate in here that is trusted for servers, in DER form.

        None where the database cannot be read.
        """
        if not self.available():
            return ()

        try:
            with self._reading() as database:
                found = database.execute(
                    "SELECT a11 FROM nssPublic WHERE a0 = X'00000001'"
                ).fetchall()
        except TrustError:
            return ()

        roots = (_root_of(der) for (der,) in found)
        return tuple(
            root.der for root in roots if root and self.state(root).state == "trusted"
        )

    def is_empty(self) -> bool:
        """Whether there is no certificate, no record and no key in here."""
        with self._reading() as database:
            objects = database.execute("SELECT count(*) FROM nssPublic").fetchone()
        with self._reading(self._keys) as database:
            keys = database.execute("SELECT count(*) FROM nssPrivate").fetchone()

        return (*objects, *keys) == (0, 0)

    def delete_records(self, root: Root) -> None:
        """Delete what says that a root is trusted, of both kinds, with its MACs."""
        with self._reading() as database:
            rows = [number for number, *_ in _rows(database, root)]

        if not rows:
            return

        with self._reading(self._file, "rw") as database, database:
            for number in rows:
                database.execute("DELETE FROM nssPublic WHERE id = ?", (number,))

        with self._reading(self._keys, "rw") as database, database:
            for number in rows:
                mac = f"sig_cert_{number:08x}_*"
                database.execute("DELETE FROM metaData WHERE id GLOB ?", (mac,))

    @contextmanager
    def _reading(
        self, file: Path | None = None, mode: str = "ro"
    ) -> Iterator[Connection]:
        """The database, open; whatever goes wrong is a :class:`.TrustError`."""
        try:
            import sqlite3
        except ImportError as error:
            raise TrustError("This Python was built without sqlite3.") from error

        try:
            with closing(_open(file or self._file, mode)) as database:
                yield database
        except (sqlite3.Error, OSError) as error:
            raise TrustError(
                f"The trust store {printable(self.path)} cannot be read:"
                f" {printable(error)}."
            ) from error

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
        if not os.path.exists(self._keys):
            return True

        with closing(_open(self._keys)) as database:
            found = database.execute(
                "SELECT id FROM metaData WHERE id IN ('password', ?)", (record,)
            )
            return {row[0] for row in found} != {"password"}


def _open(file: Path, mode: str = "ro") -> Connection:
    import sqlite3

    # Immutable: no lock is taken and no file is made, so that neither the
    # browser nor a read-only folder is in anybody's way.
    immutable = "&immutable=1" if mode == "ro" else ""
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?mode={mode}{immutable}", uri=True
    )


def _root_of(der: bytes) -> Root | None:
    try:
        return Root.from_der(der)
    except TrustError:
        return None


def _holds(database: Connection, root: Root) -> bool:
    # CKO_CERTIFICATE, CKA_ISSUER (which has an index), CKA_VALUE.
    found = database.execute(
        "SELECT 1 FROM nssPublic WHERE a0 = X'00000001' AND a81 = ? AND a11 = ?",
        (root.issuer, root.der),
    )
    return found.fetchone() is not None


def _records(database: Connection, root: Root) -> Iterator[tuple[str, str]]:
    """For each record about the root the name of its MAC, and its verdict."""
    for number, level, kind in _rows(database, root):
        signature = f"sig_cert_{number:08x}_{int(kind.server[1:], 16):08x}"
        verdicts = {kind.anchor: "anchor", kind.distrusted: "distrusted"}
        yield signature, verdicts.get(level, "nothing")


def _rows(database: Connection, root: Root) -> Iterator[tuple[int, bytes, TrustRecord]]:
    columns = {row[1] for row in database.execute("PRAGMA table_info(nssPublic)")}

    for kind in RECORDS:
        # Old NSS makes no columns for the second kind.
        if {kind.server, kind.hash} <= columns:
            yield from _rows_of(kind, database, root)


def _rows_of(
    kind: TrustRecord, database: Connection, root: Root
) -> Iterator[tuple[int, bytes, TrustRecord]]:
    digest = hashlib.new(kind.algorithm, root.der, usedforsecurity=False).digest()
    rows = database.execute(
        f"SELECT id, {kind.server}, {kind.hash} FROM nssPublic"  # noqa: S608
        " WHERE a0 = ? AND a81 = ? AND a82 = ?",
        (kind.object_class, root.issuer, root.serial),
    )

    for number, level, of in rows:
        # Else it is about another certificate with the same issuer and serial
        # number. Without a hash it is about all of them.
        if of in (digest, _NULL, None):
            yield number, level, kind
