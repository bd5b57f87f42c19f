"""The roots of a whole Linux machine: curl, Python, git and Go look there."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import TrustError
from ..printable import printable
from ..programs import Runner
from .base import read_regular
from .base import Root
from .base import StoreState
from .defaults import OpenSSLDefaults
from .managed import Command
from .managed import ManagedStore
from .root import our_roots_in_pem


@dataclass(frozen=True)
class Layout:
    """How a family of distributions keeps the roots that an administrator adds."""

    family: str
    #: Each file in here is one root.
    anchors: str
    #: It has to end so, or it is not looked at.
    suffix: str
    #: Puts the anchors into the bundle; all programs by absolute path.
    update: str
    #: The same after a file was taken away. ``{names}`` are the files' names
    #: without their ends.
    removed: str
    #: What programs read.
    bundle: str


_EXTRACT = "/usr/bin/update-ca-trust extract"

#: Debian: without ``--fresh`` the bundle loses the root and the folder does
#: not. The hook is Java's, which hears of additions only and goes on trusting.
_DEBIAN_REMOVED = (
    "/usr/sbin/update-ca-certificates --fresh"
    " && if [ -x /etc/ca-certificates/update.d/jks-keystore ];"
    " then /usr/bin/printf -- '-/etc/ssl/certs/%s.pem\\n' {names}"
    " | /etc/ca-certificates/update.d/jks-keystore; fi"
)

#: The first one whose folder and program are there is this machine's.
LAYOUTS = (
    Layout(
        "Fedora, RHEL",
        "/etc/pki/ca-trust/source/anchors",
        ".pem",
        _EXTRACT,
        _EXTRACT,
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    ),
    Layout(
        "Debian, Ubuntu, Alpine",
        "/usr/local/share/ca-certificates",
        ".crt",
        "/usr/sbin/update-ca-certificates",
        _DEBIAN_REMOVED,
        "/etc/ssl/certs/ca-certificates.crt",
    ),
    Layout(
        "Arch",
        "/etc/ca-certificates/trust-source/anchors",
        ".crt",
        "/usr/bin/trust extract-compat",
        "/usr/bin/trust extract-compat",
        "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
    ),
    # Tumbleweed's /usr is not to be written to; Leap has both.
    *(
        Layout(
            "SUSE",
            anchors,
            ".pem",
            "/usr/sbin/update-ca-certificates",
            "/usr/sbin/update-ca-certificates",
            "/var/lib/ca-certificates/ca-bundle.pem",
        )
        for anchors in ("/etc/pki/trust/anchors", "/usr/share/pki/trust/anchors")
    ),
)

_SAFE_NAME = re.compile(r"[A-Za-z0-9._-]+")


def find_layout(top: Path = Path("/")) -> Layout | None:
    """The layout of this machine.

    :param top: Where the file system begins; another folder for tests.
    """
    for layout in LAYOUTS:
        program = layout.update.split(" ")[0]
        if (top / layout.anchors[1:]).is_dir() and (top / program[1:]).exists():
            return layout

    return None


class LinuxStore(ManagedStore):
    """The system's store, by the layout of its distribution.

    :param layout: ``None`` where it is none that we know.
    """

    def __init__(
        self, layout: Layout | None, runner: Runner, *, top: Path = Path("/")
    ) -> None:
        super().__init__("system", layout.bundle if layout else "", runner)
        self._layout = layout
        self._top = top

    @property
    def needs_root(self) -> bool:
        return True

    def available(self) -> bool:
        return self._layout is not None

    def state(self, root: Root) -> StoreState:
        if self._layout is None:
            return self._answer("absent", "not a distribution that we know")

        bundle = OpenSSLDefaults(self._top / self._layout.bundle[1:], ())
        found = bundle.state(root)
        return StoreState(self.name, self.path, found.state, found.detail)

    def ours(self) -> tuple[Root, ...]:
        return tuple(root for root, _ in self._anchors())

    def install_steps(self, root: Root) -> Sequence[Command]:
        layout = self._known()
        file = f"{layout.anchors}/flask-tlsdev-{root.ca_id}{layout.suffix}"
        # install replaces what stands there, be it a link, with the right mode.
        script = f"/usr/bin/install -m 0644 /dev/stdin {file} && {layout.update}"
        return [Command.reading(root, "/bin/sh", "-c", script, as_root=True)]

    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        layout = self._known()
        files = [_checked(file) for root, file in self._anchors() if root in roots]
        names = " ".join(Path(file).stem for file in files)
        script = f"/bin/rm -f {' '.join(files)} && " + layout.removed.format(
            names=names
        )
        return [Command(("/bin/sh", "-c", script), as_root=True)]

    def _known(self) -> Layout:
        if self._layout is None:
            raise TrustError("Where this distribution keeps its roots is not known.")

        return self._layout

    def _anchors(self) -> Iterator[tuple[Root, str]]:
        """The roots of ours among the administrator's, each with its file."""
        if self._layout is None:
            return

        folder = self._top / self._layout.anchors[1:]
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            raise TrustError(f"{folder} cannot be read: {error.strerror}.") from error

        for name in names:
            for root in _read(folder / name):
                yield root, f"{self._layout.anchors}/{name}"


def _checked(file: str) -> str:
    """The file, which goes into a script: only of a name that we could give."""
    if not _SAFE_NAME.fullmatch(Path(file).name):
        raise TrustError(
            f"A root of ours is in {printable(shlex.quote(file))}, a name that we"
            " did not give.",
            hint="Delete that file by hand.",
        )

    return file


def _read(path: Path) -> tuple[Root, ...]:
    try:
        return our_roots_in_pem(read_regular(path), str(path))
    except OSError:
        return ()
