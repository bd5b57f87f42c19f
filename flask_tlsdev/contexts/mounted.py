"""Which state of a folder is read that is exchanged as a whole?

The kubelet keeps a mounted Secret in a folder of its own for each state. The link
``..data`` leads to the current one, and the files that the user sees lead through it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store import PairFiles

_DATA = "..data"


def pinned(files: PairFiles) -> tuple[Path, Path]:
    """Certificate and key of one and the same state.

    Between opening the one and opening the other, the link may come to lead
    elsewhere: then they would not belong together. Whoever opens these finds both,
    or none where the state is gone already.
    """
    certfile, keyfile = files.certfile, files.keyfile
    folder = certfile.parent
    if keyfile.parent != folder:
        return certfile, keyfile

    here = Path(os.path.realpath(folder))
    if _leads_through_data(here / certfile.name):
        here = Path(os.path.realpath(here / _DATA))

    return here / certfile.name, here / keyfile.name


def _leads_through_data(path: Path) -> bool:
    try:
        return os.readlink(path) == os.path.join(_DATA, path.name)
    except OSError:
        # No link: what most certificates are.
        return False
