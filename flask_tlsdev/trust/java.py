"""Does each JDK trust a root? Java has a list of its own, ``cacerts``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from ..errors import TrustError
from ..errors import TrustStoreMissing
from ..printable import printable
from ..programs import Runner
from .base import read_regular
from .base import Root
from .base import StoreState
from .managed import Command
from .managed import ManagedStore
from .root import our_roots
from .root import our_roots_in_pem

#: Names the JDKs instead of us; empty for none at all.
OVERRIDE = "TLSDEV_JAVA_HOMES"

#: Everybody's; it protects the list from accidents only.
_PASSWORD = "changeit"  # noqa: S105

#: pkcs7-encryptedData, in which one cannot look without the password.
_ENCRYPTED = bytes.fromhex("06092a864886f70d010706")

_FOLDERS = {
    "linux": ("/usr/lib/jvm",),
    "darwin": ("/Library/Java/JavaVirtualMachines",),
    "win32": ("C:/Program Files/Java", "C:/Program Files/Eclipse Adoptium"),
}
_HOME_FOLDERS = (".sdkman/candidates/java", ".jdks", "Library/Java/JavaVirtualMachines")


def jdks(
    environ: Mapping[str, str], runner: Runner, *, platform: str
) -> Iterator[Path]:
    """The home of every JDK that can be found, each list of roots once."""
    seen = set()

    for home in _candidates(environ, runner, platform):
        list_of_roots = cacerts(home)
        real = os.path.realpath(list_of_roots) if list_of_roots else ""
        if real and real not in seen:
            seen.add(real)
            yield home


def _candidates(
    environ: Mapping[str, str], runner: Runner, platform: str
) -> Iterator[Path]:
    given = environ.get(OVERRIDE)
    if given is not None:
        yield from (Path(each) for each in given.split(os.pathsep) if each)
        return

    if environ.get("JAVA_HOME"):
        yield Path(environ["JAVA_HOME"])

    java = runner.find("java.exe" if platform == "win32" else "java")
    if java:
        yield Path(os.path.realpath(java)).parent.parent

    own = environ.get("USERPROFILE" if platform == "win32" else "HOME")
    below = [Path(own, folder) for folder in _HOME_FOLDERS] if own else []
    for folder in (*map(Path, _FOLDERS.get(platform, ())), *below):
        yield from _in(folder)


def _in(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return

    for each in found:
        yield each / "Contents" / "Home" if (each / "Contents").is_dir() else each


def cacerts(home: Path) -> Path | None:
    """The list of roots of a JDK or, up to Java 8, of the JRE in it."""
    for part in ("lib/security/cacerts", "jre/lib/security/cacerts"):
        if (home / part).is_file():
            return home / part

    return None


class JavaStore(ManagedStore):
    """The list of roots of one JDK, changed by its own ``keytool``."""

    def __init__(self, home: Path, runner: Runner) -> None:
        self._file = cacerts(home) or home / "lib" / "security" / "cacerts"
        super().__init__("java", self._file, runner)
        self._keytool = home / "bin" / ("keytool.exe" if os.name == "nt" else "keytool")

    @property
    def needs_root(self) -> bool:
        """Whether it belongs to another than this user, or to root."""
        try:
            owner = os.stat(self._file).st_uid
        except OSError:
            return True

        if os.name == "nt":
            return not os.access(self._file, os.W_OK)

        return owner == 0 or not os.access(self._file, os.W_OK)

    def available(self) -> bool:
        return self._file.exists()

    def state(self, root: Root) -> StoreState:
        if not self.available():
            return self._answer("absent")

        found = root in self.ours()
        return self._answer("trusted" if found else "not trusted")

    def ours(self) -> tuple[Root, ...]:
        try:
            data = read_regular(self._file)
        except OSError as error:
            raise TrustError(
                f"It cannot be read: {printable(error.strerror or error)}."
            ) from error

        # Both formats hold certificates as they are, and keytool takes a second.
        if _ENCRYPTED not in data:
            return our_roots(data)

        return tuple(root for _, root in self._listed())

    def install_steps(self, root: Root) -> Sequence[Command]:
        alias = f"flask-tlsdev-{root.ca_id}"
        arguments = self._arguments("-importcert", "-noprompt", "-alias", alias)
        return [Command.reading(root, *arguments, as_root=self.needs_root)]

    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        return [
            Command(
                self._arguments("-delete", "-alias", alias), as_root=self.needs_root
            )
            for alias, root in self._listed()
            if root in roots
        ]

    def _listed(self) -> Iterator[tuple[str, Root]]:
        """The roots of ours, each with the alias that it has in the list."""
        text = Command(self._arguments("-list", "-rfc")).run(self.runner)

        for entry in re.split(rb"^Alias name: ", text, flags=re.MULTILINE)[1:]:
            alias = entry.partition(b"\n")[0].strip().decode("utf-8", "replace")
            for root in our_roots_in_pem(entry):
                yield alias, root

    def _arguments(self, *action: str) -> tuple[str, ...]:
        keytool = str(self._keytool)
        if not os.path.exists(keytool):
            # A JRE, or a folder with nothing but the list.
            keytool = self.runner.find("keytool")
        if not keytool:
            raise TrustStoreMissing(
                "Java's program keytool is not installed.",
                install_hint="Install a JDK, which has it.",
            )

        language = "-J-Duser.language=en"
        target = ("-keystore", str(self._file), "-storepass", _PASSWORD)
        return (keytool, language, *action, *target)
