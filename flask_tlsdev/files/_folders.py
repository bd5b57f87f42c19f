"""Who else can reach into a folder of ours, and where it lies."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import StoreError
from ..printable import quoted
from ._base import kind
from ._base import open_folder
from ._base import shown
from ._base import temporary
from ._base import told
from ._base import typed

#: As many as Linux follows itself.
_MOST_LINKS = 40

# Windows has no owners and modes of this kind. Our folders lie in the user's
# profile there, whose access list keeps other users out.
_HAS_OWNERS = hasattr(os, "geteuid")


def make_private_folder(path: Path) -> None:
    """Make a folder that nobody else can enter, and its missing parents likewise.

    One that is there already is not changed, but checked as in
    :func:`check_folder`.
    """
    with told("make the folder", path):
        path = path.absolute()
        missing = [part for part in (path, *path.parents) if not os.path.lexists(part)]

        if missing:
            _check_way(missing[-1].parent, path)

        for part in reversed(missing):
            _make(part)

    check_folder(path)


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        # Another process was faster; check_folder has the last word.
        return

    # The umask may have taken away the owner's own bits.
    path.chmod(0o700)


def check_folder(path: Path) -> None:
    """Nobody but the user and root can change what is in this folder.

    Every component of the path must belong to the user or root and be writable
    by nobody else. Where a component is a symbolic link, that holds for the
    link and for all that it leads to. A sticky folder such as ``/tmp`` may lie
    on the way, because nobody can rename another user's folder in it.
    """
    with told("look at the folder", path):
        path = path.absolute()
        _check_way(path, path)
        status = path.stat()

    if not stat.S_ISDIR(status.st_mode):
        raise StoreError(
            f"{shown(path)} is {kind(status)}, not a folder.",
            hint="Choose another place, or move it away.",
        )

    # A sticky folder may lie on the way, but others can make files in it.
    if _HAS_OWNERS:
        _check_writers(path, status, path)


def _check_way(path: Path, goal: Path) -> None:
    if not _HAS_OWNERS:
        return

    for part, status in _walk(path):
        _check_owner(part, status, goal)

        # A link has no mode of its own. What is in a sticky folder can be
        # renamed by its owner alone.
        if not stat.S_ISLNK(status.st_mode) and not status.st_mode & stat.S_ISVTX:
            _check_writers(part, status, goal)


def _walk(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every folder and link on the way to where ``path`` leads."""
    here = Path(path.anchor)
    rest = list(reversed(path.parts[1:]))
    links = 0
    yield here, os.lstat(here)

    while rest:
        name = rest.pop()

        if name == "..":
            # No link is left in ``here``: its parent is the folder above.
            here = here.parent
            continue

        step = here / name
        status = os.lstat(step)
        yield step, status

        if not stat.S_ISLNK(status.st_mode):
            here = step
            continue

        if (links := links + 1) > _MOST_LINKS:
            raise StoreError(
                f"{shown(path)} leads through too many symbolic links.",
                hint=f"Look at where it leads: ls -l {typed(step)}",
            )

        target = Path(os.readlink(step))
        here = Path(target.anchor or here)
        rest.extend(reversed(target.parts[1 if target.anchor else 0 :]))


def _check_owner(part: Path, status: os.stat_result, goal: Path) -> None:
    if status.st_uid in (0, os.geteuid()):
        return

    raise StoreError(
        f"{_subject(part, goal)} belongs to {_owner(status.st_uid)}, who could"
        " exchange the keys in it.",
        hint=_owner_hint(part),
    )


def _check_writers(part: Path, status: os.stat_result, goal: Path) -> None:
    if not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return

    if not status.st_mode & stat.S_IWOTH and _is_private_group(status.st_gid):
        return

    who = "everybody" if status.st_mode & stat.S_IWOTH else "its group"
    raise StoreError(
        f"{_subject(part, goal)} can be written to by {who}, so that others could"
        " exchange the keys in it.",
        hint=f"Close it with: chmod go-w {typed(part)}",
    )


def _is_private_group(gid: int) -> bool:
    """Whether the user is alone in this group.

    Ubuntu and Fedora give each user a group of that kind, and a umask that lets
    it write: there every folder of an ordinary home is writable by its group.
    """
    if sys.platform == "win32":
        return False

    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False

    # Whose primary group it is besides could be told only by reading all users,
    # which a directory service does not like: the name stands for that.
    return (
        user.pw_gid == gid
        and group.gr_name == user.pw_name
        and set(group.gr_mem) <= {user.pw_name}
    )


def _subject(part: Path, goal: Path) -> str:
    if part == goal:
        return f"The folder {shown(part)}"

    return f"The folder {shown(part)}, on the way to {shown(goal)},"


def _owner(uid: int) -> str:
    if sys.platform != "win32":
        import pwd

        try:
            return quoted(pwd.getpwuid(uid).pw_name)
        except KeyError:
            pass

    return f"the user number {uid}"


def _owner_hint(part: Path) -> str:
    if os.geteuid() == 0:
        return "Run this as that user, without sudo, or choose another folder."

    return (
        "Choose another folder, or take this one over:"
        f" sudo chown {os.geteuid()} {typed(part)}"
    )


def exists(path: Path) -> bool:
    """Whether something has this name, if only a dangling link.

    :raises StoreError: It cannot be told, for a folder on the way is closed.
    """
    with told("look at", path):
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False

    return True


def folders_in(path: Path) -> list[Path]:
    """The folders in a folder, in the order of their names; no links to such.

    None where the folder is missing: another process may have deleted it.
    """
    with told("list", path):
        try:
            entries = os.scandir(path)
        except FileNotFoundError:
            return []

        with entries:
            return sorted(
                Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False)
            )


def keeps_modes(path: Path) -> bool:
    """Whether a file with mode 0600 in this folder is closed to other users.

    It is not on FAT, or on a Windows drive mounted in WSL: those show every
    file with the mode and owner that they were mounted with.
    """
    if not _HAS_OWNERS:
        # The access list of the user's profile protects what is in it, and is
        # inherited; there is no mode to keep.
        return True

    with told("write in the folder", path), open_folder(path) as folder:
        try:
            with temporary(folder, b"", 0o600, sync=False) as name:
                status = folder.status(name)
        except PermissionError:
            # FAT refuses the chmod rather than forgetting it.
            if os.access(path, os.W_OK):
                return False

            raise

    return (
        status is not None
        and stat.S_IMODE(status.st_mode) == 0o600
        and status.st_uid == os.geteuid()
    )


def git_tree_of(path: Path) -> Path | None:
    """The git work tree that this path lies in, if any: ``git add`` could reach it.

    Both the path as it is written and where its links lead count.
    """
    with told("look at the folder", path):
        whole = path.absolute()
        # Path.resolve raises RuntimeError on a loop of links before Python 3.13.
        resolved = Path(os.path.realpath(path))

    ways = {resolved: None, whole: None}
    for part in (part for way in ways for part in (way, *way.parents)):
        if os.path.lexists(part / ".git"):
            return part

    return None
