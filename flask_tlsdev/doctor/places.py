"""Can anybody else read or change the keys, or could git take them along?"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .. import files
from ..errors import TLSDevError
from ..printable import printable
from ..printable import quoted
from .finding import Finding

#: So many folders are searched for keys; ours have a few dozen.
_MOST = 10_000


def check_folder(what: str, folder: Path) -> Iterator[Finding]:
    """Who can reach into a folder of ours, and what he finds there.

    :param what: ``store`` or ``CA folder``, for a sentence.
    """
    try:
        if not files.exists(folder):
            yield Finding("folders", "ok", f"The {what} is not made yet.")
            return

        files.check_folder(folder)
        tree = files.git_tree_of(folder)
    except TLSDevError as error:
        yield Finding.of_error("folders", error)
        return

    yield Finding(
        "folders", "ok", f"Only you can write to the {what} {quoted(folder, 1024)}."
    )
    if tree is not None:
        yield _in_git(what, folder, tree)
    yield from _check_keys(what, folder)


def _in_git(what: str, folder: Path, tree: Path) -> Finding:
    text = (
        f"The {what} {quoted(folder, 1024)} lies in the git work tree"
        f" {quoted(tree, 1024)}"
    )
    if what == "store" and _is_ignored(folder):
        return Finding("git", "ok", f"{text}, and its .gitignore keeps the keys out.")

    option = "store" if what == "store" else "ca"
    return Finding(
        "git",
        "failed",
        f"{text}: its keys could get into the repository.",
        f"Move it: mv {_typed(folder)} ELSEWHERE, then: export"
        f" TLSDEV_{option.upper()}_PATH=ELSEWHERE",
    )


def _is_ignored(folder: Path) -> bool:
    with suppress(TLSDevError):
        return b"*" in files.read(folder / ".gitignore").splitlines()

    return False


def _check_keys(what: str, folder: Path) -> Iterator[Finding]:
    found, wrong = 0, False
    for path in _keys(folder):
        found += 1
        if finding := _check_key(path):
            wrong = True
            yield finding

    if found and not wrong:
        yield Finding(
            "keys", "ok", f"Only you can read the {found} keys in the {what}."
        )


def _keys(folder: Path) -> Iterator[Path]:
    # Links to folders are not followed.
    for number, (place, _, names) in enumerate(os.walk(folder)):
        if number == _MOST:
            return
        for name in sorted(names):
            if name.endswith(".key"):
                yield Path(place) / name


def _check_key(path: Path) -> Finding | None:
    """What is wrong with a key's mode or owner; ``None`` for nothing."""
    status = path.lstat()
    if not hasattr(os, "geteuid") or stat.S_ISLNK(status.st_mode):
        return None

    if status.st_uid != os.geteuid():
        return Finding(
            "keys",
            "failed",
            f"The key {quoted(path, 1024)} belongs to another user.",
            f"Type: sudo chown {os.geteuid()} {_typed(path)}",
        )
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(
            "keys",
            "failed",
            f"Others on this machine can read the key {quoted(path, 1024)}. Close it,"
            " and make another if somebody could have had it.",
            f"Type: chmod 600 {_typed(path)}",
        )
    return None


def _typed(path: Path) -> str:
    return printable(shlex.quote(str(path)), 1024)
