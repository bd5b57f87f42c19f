"""Where pairs lie, who may touch them, and which one answers a question."""

from __future__ import annotations

import builtins
import os
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from typing import TYPE_CHECKING

from .. import files
from ..errors import PairNotFound
from ..errors import StoreError
from ..printable import quoted
from . import _folder
from ._folder import StoredPair
from ._folder import Wanted
from ._sidecar import Purpose
from ._sidecar import sha256

if TYPE_CHECKING:
    from ..names import Name
    from ..pairs import Pair

#: What an issuer's id is made of.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")

#: Where the locks of single pairs lie. No issuer's id begins with a dot.
LOCKS = ".locks"


class _Held(threading.local):
    """Which stores this thread has locked, whatever objects it did that with."""

    def __init__(self) -> None:
        self.roots: set[Path] = set()


_held = _Held()


class PairStore(NamedTuple):
    """Pairs as files under one folder, safe against other processes and users.

    A pair lies in ``<root>/<issuer id>/<folder name>/``. To find it takes no
    cryptography as long as its sidecar agrees with its files.
    """

    root: Path

    @staticmethod
    def folder_name(names: Sequence[Name], key_type: str, purpose: str) -> str:
        """The name of the folder of such a pair, safe on every file system."""
        wanted = "\n".join([*sorted(map(str, names)), key_type, purpose])
        return f"{names[0].file_name}-{sha256(wanted.encode())[:8]}"

    @contextmanager
    def lock(self, timeout: float = 30.0) -> Iterator[None]:
        """Let no other thread or process change the store in this block.

        The store is made when missing. A thread that has locked it already goes
        straight on.

        :param timeout: For how many seconds to wait before
            :exc:`~flask_tlsdev.errors.StoreLocked`.
        """
        root = self.root.absolute()

        if root in _held.roots:
            yield
            return

        files.make_data_folder(root)

        with files.lock(root / ".lock", timeout=timeout):
            _held.roots.add(root)
            try:
                yield
            finally:
                _held.roots.discard(root)

    @contextmanager
    def pair_lock(
        self,
        issuer_id: str,
        names: Sequence[Name],
        key_type: str,
        purpose: Purpose = "server",
        *,
        timeout: float = 30.0,
    ) -> Iterator[None]:
        """Let nobody else make this one pair in this block.

        An issuer may take minutes. Under :meth:`lock` every other pair, which
        is there and only has to be read, would wait as long.

        :param timeout: For how many seconds to wait before
            :exc:`~flask_tlsdev.errors.StoreLocked`.
        """
        folder = self._folder_of(Wanted(issuer_id, names, key_type, purpose))
        locks = self.root.absolute() / LOCKS

        with self.lock():
            files.make_private_folder(locks)

        # The file stays when the pair is deleted: it is in nobody's folder.
        path = locks / f"{folder.parent.name}.{folder.name}"
        with files.lock(path, timeout=timeout):
            yield

    def find(
        self,
        issuer_id: str,
        names: Sequence[Name],
        key_type: str,
        purpose: Purpose = "server",
    ) -> StoredPair | None:
        """The pair that this issuer gave for these names, or ``None``.

        Its files belong together. Whether it is due for renewal is another
        question: see :meth:`Sidecar.usable`.
        """
        wanted = Wanted(issuer_id, names, key_type, purpose)
        folder = self._folder_of(wanted)

        if not os.path.lexists(folder):
            return None

        files.check_folder(folder)

        if found := _described_in(folder, wanted):
            return found

        # Another process may be in the middle of saving it.
        with self.lock():
            return _described_in(folder, wanted) or _folder.find_undescribed(
                folder, wanted
            )

    def save(
        self,
        issuer_id: str,
        names: Sequence[Name],
        key_type: str,
        purpose: Purpose,
        pair: Pair,
        profile: int,
    ) -> StoredPair:
        """Keep a pair that has been checked, in place of an earlier one.

        The caller holds the lock since he looked whether there is one.

        :param names: The names that were asked for.
        :param profile: The version of the certificate profile it was made with.
        """
        wanted = Wanted(issuer_id, names, key_type, purpose)
        folder = self._folder_of(wanted)

        with self.lock():
            return _folder.save(folder, pair, wanted, profile)

    def load(self, stored: StoredPair) -> Pair:
        """The pair itself, parsed: what lies in its folder now, whole.

        :raises PairNotFound: It has been deleted, or is damaged.
        """
        if pair := _folder.load(stored.folder):
            return pair

        with self.lock():
            if pair := _folder.load(stored.folder):
                return pair

        raise PairNotFound(
            f"There is no whole pair in {quoted(stored.folder, 1024)} any more.",
            hint="Make it again: flask tls issue",
        )

    def delete(self, stored: StoredPair) -> None:
        """Delete a pair with its folder. The key goes first.

        :raises StoreError: The folder holds other files too, which stay.
        """
        if stored.folder.parent.parent.absolute() != self.root.absolute():
            raise StoreError(
                f"{quoted(stored.folder, 1024)} is not in the store"
                f" {quoted(self.root, 1024)}.",
                hint="See what is in it: flask tls list",
            )

        with self.lock():
            _folder.delete(stored.folder)

            # It stays as long as the issuer has other pairs.
            with suppress(OSError):
                stored.folder.parent.rmdir()

    def list(self) -> builtins.list[StoredPair]:
        """Every whole pair, in the order of issuers and names.

        What is no pair, or is just being saved, is passed over.
        """
        root = self.root.absolute()

        if not os.path.lexists(root):
            return []

        files.check_folder(root)
        return [
            stored
            for issuer in files.folders_in(root)
            for folder in files.folders_in(issuer)
            if (stored := _folder.find(folder))
            and stored.sidecar.issuer_id == issuer.name
        ]

    def _folder_of(self, wanted: Wanted) -> Path:
        if not _is_issuer_id(wanted.issuer_id):
            raise StoreError(
                f"The issuer id {quoted(wanted.issuer_id)} cannot be the name of a"
                " folder.",
                hint="Let it be up to 64 of a-z, 0-9, '-' and '.', such as"
                " 'corp-ca-1'; the first a letter or digit.",
            )

        name = self.folder_name(wanted.names, wanted.key_type, wanted.purpose)
        return self.root.absolute() / wanted.issuer_id / name


def _is_issuer_id(text: str) -> bool:
    return 0 < len(text) <= 64 and text[0] not in ".-" and _PLAIN.issuperset(text)


def _described_in(folder: Path, wanted: Wanted) -> StoredPair | None:
    found = _folder.find(folder)
    return found if found and wanted.is_described_by(found.sidecar) else None
