"""Puts roots into the NSS databases of browsers, with NSS's own ``certutil``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..errors import TrustError
from ..errors import TrustStoreMissing
from ..printable import printable
from ..programs import Runner
from .base import Root
from .base import StoreState
from .managed import Command
from .managed import ManagedStore
from .nss import NSSDatabase

#: Which package has ``certutil``, by the program that installs packages.
PACKAGES = {
    "apt-get": "sudo apt install libnss3-tools",
    "dnf": "sudo dnf install nss-tools",
    "pacman": "sudo pacman -S nss",
    "apk": "sudo apk add nss-tools",
    "zypper": "sudo zypper install mozilla-nss-tools",
    "brew": "brew install nss",
}

#: Stand where we made the database or the folder, which go when they are empty
#: again. An empty folder is not nothing: Chromium prefers an old one that is.
MARK, FOLDER_MARK = ".database-by-flask-tlsdev", ".folder-by-flask-tlsdev"


class CertutilDatabase(ManagedStore):
    """A browser's database.

    :param database: The reading half.
    :param may_make: Make the database where there is none yet.
    :param note: What one should know of a root that is trusted there.
    """

    def __init__(
        self, database: NSSDatabase, runner: Runner, *, may_make: bool, note: str = ""
    ) -> None:
        super().__init__(database.name, database.path, runner)
        self._database = database
        self._folder = Path(database.path)
        self._may_make = may_make
        self._note = note

    def available(self) -> bool:
        return self._may_make or self._database.available()

    def state(self, root: Root) -> StoreState:
        if self._may_make and not self._database.available():
            return self._answer("not trusted", "no database yet")

        found = self._database.state(root)
        return found._replace(detail=self._note) if found.state == "trusted" else found

    def ours(self) -> tuple[Root, ...]:
        return tuple(root for root, _ in self._database.roots())

    def install_steps(self, root: Root) -> Sequence[Command]:
        certutil, target = self._certutil(), f"sql:{self._folder}"
        add = Command.reading(
            root,
            *(certutil, "-d", target, "-A", "-a", "-t", "C,,", "-n", root.listed_as),
        )
        if self._database.available():
            return (add,)

        return (
            Command((self._tool("mkdir"), "-p", "-m", "0700", str(self._folder))),
            Command((certutil, "-d", target, "-N", "--empty-password")),
            Command((self._tool("touch"), *self._marks())),
            add,
        )

    def _marks(self) -> list[str]:
        """The marks of what is about to be made, the innermost folder first."""
        folders = (self._folder, *self._folder.parents)
        missing = [str(each / FOLDER_MARK) for each in folders if not each.exists()]
        return [str(self._folder / MARK), *missing]

    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        certutil = self._certutil()
        return [
            Command((certutil, "-d", f"sql:{self._folder}", "-D", "-n", nickname))
            for root, nickname in self._database.roots()
            if root in roots
        ]

    def sweep(self, roots: Sequence[Root]) -> None:
        # An old certutil leaves the record that a new NSS has written, and a
        # record trusts the root also where a server sends it.
        for root in roots:
            self._database.delete_records(root)

        if (self._folder / MARK).exists() and self._database.is_empty():
            self._delete()

    def _delete(self) -> None:
        """Delete the database that we made, unless it knows more than we put in."""
        modules = self._folder / "pkcs11.txt"
        try:
            if modules.read_bytes().count(b"library=") > 1:
                return

            for name in ("cert9.db", "key4.db", modules.name, MARK):
                (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise TrustError(
                f"The empty database cannot be deleted: {printable(error)}."
            ) from error

        for folder in (self._folder, *self._folder.parents):
            if not (folder / FOLDER_MARK).exists():
                break

            # Where others have put something into it since, it stays.
            with suppress(OSError):
                (folder / FOLDER_MARK).unlink()
                folder.rmdir()

    def _certutil(self) -> str:
        if found := self.runner.find("certutil"):
            return found

        manager = next(filter(self.runner.find, PACKAGES), "")
        hint = f"Type: {PACKAGES[manager]}" if manager else "Install NSS's tools."
        raise TrustStoreMissing(
            "NSS's program certutil is not installed.", install_hint=hint
        )

    def _tool(self, name: str) -> str:
        return self.runner.find(name) or f"/usr/bin/{name}"
