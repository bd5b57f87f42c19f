"""A Secret's volume, written as the kubelet writes it.

The steps are those of ``AtomicWriter.Write`` in
https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go
and have its numbers. What is left out: the payload is not validated (1), and the
files are not given to a group of the pod's (7). The real one writes to a tmpfs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

DATA, NEW_DATA = "..data", "..data_tmp"


class SecretVolume:
    """A mounted Secret.

    :param folder: Where it is mounted. It has to be there.
    :param links_first: As older kubelets do it: the files that the user sees are
        made before the data is there.
    """

    def __init__(self, folder: Path, *, links_first: bool = False) -> None:
        self.folder = folder
        self._links_first = links_first

    def update(self, payload: Mapping[str, bytes]) -> bool:
        """Whether anything had to be written."""
        # (2) which state is the current one?
        data = self.folder / DATA
        old = self.folder / os.readlink(data) if os.path.islink(data) else None

        # (3) what is gone from the payload?
        held = {each.name for each in old.iterdir()} if old else set()
        gone = held - payload.keys()

        # (4) is there anything new?
        if old and not gone and _is_same(old, payload):
            return False

        # (5) a folder for the new state
        stamp = time.strftime("..%Y_%m_%d_%H_%M_%S.", time.gmtime())
        new = Path(tempfile.mkdtemp(prefix=stamp, dir=self.folder))
        new.chmod(0o755)

        # (6) its files, each with its final mode
        for name, content in payload.items():
            (new / name).write_bytes(content)
            (new / name).chmod(0o644)

        if self._links_first:
            self._show(payload)

        # (8) a link to it, (9) which takes the place of the current one
        (self.folder / NEW_DATA).symlink_to(new.name)
        os.rename(self.folder / NEW_DATA, data)

        # (10) what the user sees
        if not self._links_first:
            self._show(payload)

        # (11) and does not see any more
        for name in gone:
            (self.folder / name).unlink()

        # (12) the old state is removed at once
        if old:
            shutil.rmtree(old)

        return True

    def _show(self, payload: Mapping[str, bytes]) -> None:
        for name in payload:
            if not os.path.islink(self.folder / name):
                (self.folder / name).symlink_to(os.path.join(DATA, name))


def _is_same(state: Path, payload: Mapping[str, bytes]) -> bool:
    return all(
        (state / name).exists() and (state / name).read_bytes() == content
        for name, content in payload.items()
    )
