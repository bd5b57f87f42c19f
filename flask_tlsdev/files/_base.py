"""A folder held open, a temporary file in it, and the sentences when they fail."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import StoreError
from ..printable import printable
from ..printable import quoted

# Windows has none of these four; the last two exist there alone.
CLOEXEC = getattr(os, "O_CLOEXEC", 0)
DIRECTORY = getattr(os, "O_DIRECTORY", 0)
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)
BINARY = getattr(os, "O_BINARY", 0)
NOINHERIT = getattr(os, "O_NOINHERIT", 0)

#: Linux alone has files without a name.
TMPFILE = os.O_WRONLY | os.O_TMPFILE if hasattr(os, "O_TMPFILE") else 0

HAS_DESCRIPTORS = os.supports_dir_fd.issuperset(
    {os.open, os.stat, os.unlink, os.rename, os.link}
)

#: What the names of our temporary files begin and end with. A process that is
#: killed leaves one behind; see :func:`~flask_tlsdev.files.delete_leftovers`.
TEMPORARY = (".tlsdev-", ".tmp")

_HINTS = {
    errno.EACCES: "Look at its owner and mode: ls -ld {path}",
    errno.EPERM: "Look at its owner and mode: ls -ld {path}",
    errno.EROFS: "Choose a folder that can be written to.",
    errno.ENOSPC: "Free some space on that disk: df -h",
    errno.EDQUOT: "Free some of your quota on that disk.",
    errno.EFBIG: "Raise the limit on file sizes: ulimit -f unlimited",
    errno.ENOENT: "Look at what is there: ls -ld {path}",
    errno.ELOOP: "Look at where it leads: ls -l {path}",
}


def shown(path: str | os.PathLike[str]) -> str:
    """The path between quotation marks, safe to print and hardly ever cut."""
    return quoted(os.fspath(path), 1024)


def typed(path: str | os.PathLike[str]) -> str:
    """The path as one types it in a shell, safe to print."""
    # For errors only.
    import shlex

    return printable(shlex.quote(os.fspath(path)), 1024)


def kind(status: os.stat_result) -> str:
    """What stands in the file system, with its article, for a sentence."""
    return {
        stat.S_IFREG: "a file",
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
    }.get(stat.S_IFMT(status.st_mode), "a device")


@contextmanager
def told(action: str, path: Path) -> Iterator[None]:
    """Whatever the operating system refuses in here becomes a :exc:`StoreError`.

    :param action: What was tried, as in "Could not ... 'path'".
    """
    try:
        yield
    except OSError as error:
        reason = printable(error.strerror or type(error).__name__)
        raise StoreError(
            f"Could not {action} {shown(path)}: {reason}.",
            hint=_HINTS.get(error.errno or 0, "").format(path=typed(path)),
        ) from error
    except ValueError as error:
        # A zero byte, or a character that the file system cannot encode.
        raise StoreError(
            f"Could not {action} {shown(path)}: no file can have this name.",
            hint="Choose another name.",
        ) from error


class Folder(NamedTuple):
    """A folder held open: its files are the same ones wherever it is moved to.

    Without descriptors of folders (Windows) each name is looked up by its whole
    path instead.
    """

    path: Path
    descriptor: int | None

    def _at(self, name: str) -> str:
        return str(self.path / name) if self.descriptor is None else name

    def open(self, name: str, flags: int) -> int:
        flags |= CLOEXEC | NOFOLLOW | BINARY | NOINHERIT
        return os.open(self._at(name), flags, 0o600, dir_fd=self.descriptor)

    def status(self, name: str) -> os.stat_result | None:
        """What stands under this name itself, links not followed."""
        try:
            return os.stat(
                self._at(name), dir_fd=self.descriptor, follow_symlinks=False
            )
        except FileNotFoundError:
            return None

    def open_unnamed(self) -> int | None:
        """A new file without a name; ``None`` where the system has none."""
        if not TMPFILE or self.descriptor is None:
            return None

        try:
            return os.open(".", TMPFILE | CLOEXEC, 0o600, dir_fd=self.descriptor)
        except OSError as error:
            # What file systems and kernels say that do not know the flag.
            if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
                return None
            raise

    def give_name(self, descriptor: int, name: str) -> None:
        """Let such a file be there, complete, in one step."""
        os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=self.descriptor)

    def link(self, old: str, new: str) -> None:
        os.link(
            self._at(old),
            self._at(new),
            src_dir_fd=self.descriptor,
            dst_dir_fd=self.descriptor,
        )

    def replace(self, old: str, new: str) -> None:
        os.replace(
            self._at(old),
            self._at(new),
            src_dir_fd=self.descriptor,
            dst_dir_fd=self.descriptor,
        )

    def remove(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self.descriptor)

    def sync_file(self, name: str) -> None:
        """Wait until the content of a file of ours is on the disk."""
        descriptor = self.open(name, os.O_RDWR)

        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync(self) -> None:
        """Make what was renamed and removed in here outlive a power cut."""
        # Some network file systems cannot sync a folder and say EINVAL.
        if self.descriptor is not None:
            with suppress(OSError):
                os.fsync(self.descriptor)


@contextmanager
def open_folder(path: Path) -> Iterator[Folder]:
    """The folder, held open until the end of the ``with`` block."""
    if not HAS_DESCRIPTORS:
        yield Folder(path, None)
        return

    with told("open the folder", path):
        descriptor = _open_folder(path)

    try:
        yield Folder(path, descriptor)
    finally:
        os.close(descriptor)


def _open_folder(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | DIRECTORY | CLOEXEC)
    except FileNotFoundError as error:
        raise StoreError(
            f"There is no folder {shown(path)}.",
            hint=f"Make it first: mkdir -p {typed(path)}",
        ) from error
    except NotADirectoryError as error:
        raise StoreError(
            f"{shown(path)} is no folder.", hint="Choose another place."
        ) from error


def set_mode(descriptor: int, mode: int) -> None:
    """Give an open file its mode, whatever the umask made of it."""
    # Windows before Python 3.13 has no fchmod, and its modes protect nothing.
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def fill(descriptor: int, data: bytes, mode: int, *, sync: bool = True) -> None:
    """Give a new, open file its mode and its content, on disk."""
    with open(descriptor, "wb", closefd=False) as file:
        set_mode(descriptor, mode)
        file.write(data)
        file.flush()
        if sync:
            os.fsync(descriptor)


@contextmanager
def temporary(
    folder: Folder, data: bytes, mode: int, *, sync: bool = True
) -> Iterator[str]:
    """A new file in the folder with this content on disk; gone after the block.

    The caller renames it or links it to where it belongs.

    :param sync: Whether to wait until it is on the disk indeed.
    """
    name = os.urandom(8).hex().join(TEMPORARY)

    try:
        descriptor = folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)

        try:
            fill(descriptor, data, mode, sync=sync)
        finally:
            os.close(descriptor)

        yield name
    finally:
        with suppress(OSError):
            folder.remove(name)
