"""Pairs that somebody else issues and puts into a folder."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import StoreError
from ..printable import quoted
from ..store import CERTIFICATE
from ..store import KEY
from ..store import PairFiles
from ..store import ROOTS


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
