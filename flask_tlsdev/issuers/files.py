"""Pairs that somebody else issues and puts into a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import StoreError
from ..printable import quoted
from ..store import CERTIFICATE
from ..store import KEY
from ..store import PairFiles
from ..store import ROOTS

MOUNTS = Path("/proc/self/mountinfo")

#: How the kubelet calls the folder of one state of a volume:
#: https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
_ONE_STATE = re.compile(r"/\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+(?:/|$)")

#: What stands for blanks and backslashes in the list of mounts.
_ESCAPED = re.compile(r"\\([0-7]{3})")


def locate(folder: Path) -> PairFiles:
    """The pair in ``folder``, under the names of a Kubernetes TLS Secret.

    Nothing is read, saved or renewed.

    :raises StoreError: ``tls.crt`` or ``tls.key`` is not there.
    """
    for name in (CERTIFICATE, KEY):
        if not os.path.isfile(folder / name):
            raise StoreError(
                f"There is no {name} in {quoted(folder)}.",
                hint="Put the pair there, or name its folder in TLSDEV_FILES_PATH.",
            )

    roots = folder / ROOTS
    return PairFiles(
        folder / CERTIFICATE, folder / KEY, roots if os.path.isfile(roots) else None
    )


def fixed(files: PairFiles, mounts: Path = MOUNTS) -> tuple[str, str] | None:
    """Why these files never change, and what helps; ``None`` where they can.

    A Secret that is mounted by ``subPath`` is one file, or one state of a folder,
    bound to its place: the kubelet changes the volume and never that.

    :param mounts: The list of mounts, as Linux writes it.
    """
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        # Elsewhere there are other ways to mount, and no kubelet.
        return None

    found = [_split(line) for line in lines if line.count(" ") > 4]
    for path in (files.certfile, files.keyfile):
        real = os.path.realpath(path)
        if any(_is_fixed(real, root, point) for root, point in found):
            return (
                f"{quoted(path, 1024)} is mounted by itself, as Kubernetes does with"
                " subPath: it stays as it is when the Secret changes, so that a renewed"
                " certificate is served after a restart only.",
                "Mount the whole Secret as a folder, without subPath, and name that"
                " folder in TLSDEV_FILES_PATH.",
            )

    return None


def _split(line: str) -> tuple[str, str]:
    """The root of a mount in its file system, and the place where it is."""
    root, point = line.split(" ")[3:5]
    return _plain(root), _plain(point)


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)


def _is_fixed(path: str, root: str, point: str) -> bool:
    if point == path:
        return True

    return path.startswith(f"{point}/") and _ONE_STATE.search(root) is not None
