"""How a file is written: the old content or the new one, never half of either."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ..errors import StoreError
from ._base import fill
from ._base import Folder
from ._base import kind
from ._base import open_folder
from ._base import shown
from ._base import TEMPORARY
from ._base import temporary
from ._base import told
from ._base import typed

#: What FAT, some network file systems and Android say to a hard link.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace one of our own files, or make it, in one step.

    A reader, and a machine that loses power, finds the old content or the new
    one. Anything but a plain file with one name is refused: a symbolic link, a
    named pipe, a folder, a file with a second hard link.

    :param mode: The file has it from its first byte, whatever the umask.
    """
    with told("write", path), open_folder(path.parent) as folder:
        _check_target(folder, path)

        with temporary(folder, data, mode) as name:
            folder.replace(name, path.name)

        folder.sync()


def write_all(
    parent: Path, contents: Sequence[tuple[str, bytes, int]], *, sync: bool = True
) -> None:
    """:func:`write` for several files of a folder, which take their places in order.

    A disk that is asked once for all of them is done sooner by far than one that
    is asked for each.

    :param contents: Name, content and mode of each file.
    :param sync: Whether they have to outlive a power cut, whole.
    """
    with (
        told("write in the folder", parent),
        open_folder(parent) as folder,
        ExitStack() as stack,
    ):
        made = []
        for name, data, mode in contents:
            with told("write", parent / name):
                _check_target(folder, parent / name)
                file = temporary(folder, data, mode, sync=False)
                made.append((stack.enter_context(file), name))

        for temporary_name, _ in made if sync else ():
            folder.sync_file(temporary_name)

        for temporary_name, name in made:
            with told("write", parent / name):
                folder.replace(temporary_name, name)

        if sync:
            folder.sync()


def _check_target(folder: Folder, path: Path) -> None:
    if path.name in ("", ".."):
        raise StoreError(
            f"{shown(path)} is a folder, not a file.", hint="Name a file in it."
        )

    status = folder.status(path.name)

    if status is None:
        return

    if not stat.S_ISREG(status.st_mode):
        raise StoreError(
            f"{shown(path)} is {kind(status)}, and only a plain file is replaced.",
            hint=f"Look at it, then move it away: ls -ld {typed(path)}",
        )

    if status.st_nlink > 1:
        raise StoreError(
            f"{shown(path)} has a second name (a hard link), and replacing one"
            " would leave the other as it is.",
            hint=f"Delete it first: rm {typed(path)}",
        )


def check_free(path: Path) -> None:
    """Refuse a path where something stands, before work is done for it.

    :func:`create` says the same when it gets there.
    """
    if os.path.lexists(path):
        raise _not_free(path)


def _not_free(path: Path) -> StoreError:
    return StoreError(f"{shown(path)} is there already.", hint="--force replaces it.")


def create(path: Path, data: bytes, mode: int, *, force: bool = False) -> None:
    """Make a file that the user asked for; it is complete or it is not there.

    What stands there already, if only a dangling link, is never touched
    without ``force``. With it, the same is refused as in :func:`write`.

    :param mode: The file has it from its first byte, whatever the umask.
    """
    if force:
        write(path, data, mode)
        return

    with told("write", path), open_folder(path.parent) as folder:
        try:
            _place(folder, path.name, data, mode)
        except FileExistsError as error:
            raise _not_free(path) from error

        folder.sync()


def _place(folder: Folder, name: str, data: bytes, mode: int) -> None:
    if not name or folder.status(name) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)

    if _place_unnamed(folder, name, data, mode):
        return

    with temporary(folder, data, mode) as complete:
        try:
            folder.link(complete, name)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise

            _claim_and_replace(folder, complete, name)


def _place_unnamed(folder: Folder, name: str, data: bytes, mode: int) -> bool:
    """Whether the file could be made so that a killed process leaves nothing.

    Not even a key under a temporary name, in a folder that is the user's own.
    """
    descriptor = folder.open_unnamed()

    if descriptor is None:
        return False

    try:
        fill(descriptor, data, mode)
        folder.give_name(descriptor, name)
    except FileExistsError:
        raise
    except OSError as error:
        # Without /proc there is no name for it.
        if error.errno not in {errno.ENOENT, *_NO_LINKS}:
            raise
        return False
    finally:
        os.close(descriptor)

    return True


def _claim_and_replace(folder: Folder, complete: str, name: str) -> None:
    os.close(folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL))

    try:
        folder.replace(complete, name)
    except BaseException:
        folder.remove(name)
        raise


def delete(path: Path) -> None:
    """Remove a file, or a link itself. That it is not there is no error."""
    with told("delete", path):
        path.unlink(missing_ok=True)


def delete_leftovers(path: Path) -> None:
    """Remove the temporary files that killed processes left in a folder of ours.

    The caller holds the lock under which files are written there.
    """
    begin, end = TEMPORARY

    with told("clear", path):
        for name in os.listdir(path):
            if name.startswith(begin) and name.endswith(end):
                delete(path / name)


def delete_folder(path: Path, names: Iterable[str]) -> None:
    """Remove a folder of ours with these files in it, in this order.

    A file that is not ours stays, and so does the folder then: that is an error.
    """
    for name in names:
        delete(path / name)

    delete_leftovers(path)

    try:
        path.rmdir()
    except OSError as error:
        raise StoreError(
            f"Our files in {shown(path)} are deleted, but the folder holds others.",
            hint=f"Look at them: ls -la {typed(path)}",
        ) from error
