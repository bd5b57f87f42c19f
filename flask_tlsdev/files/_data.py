"""Where our files lie when nobody says otherwise."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from ..errors import StoreError
from ._folders import make_private_folder

_NAME = "flask-tlsdev"

#: https://bford.info/cachedir/ has the signature. Backups pass the folder by:
#: a key in a backup is a key in more places than its owner thinks.
_CACHEDIR_TAG = b"""\
Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag, made by flask-tlsdev. What is in this
# folder can be made again at any time and should not be in a backup.
# See https://bford.info/cachedir/
"""
_GITIGNORE = b"# Made by flask-tlsdev: no key may get into a repository.\n*\n"


def data_folder(environ: Mapping[str, str]) -> Path:
    """The user's data folder for this package. It may not exist yet."""
    if sys.platform == "win32":
        local = Path(environ.get("LOCALAPPDATA", ""))
        base = local if local.is_absolute() else _home(environ) / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = _home(environ) / "Library" / "Application Support"
    else:
        # The XDG specification wants a relative path ignored.
        data = Path(environ.get("XDG_DATA_HOME", ""))
        base = data if data.is_absolute() else _home(environ) / ".local" / "share"

    return base / _NAME


def _home(environ: Mapping[str, str]) -> Path:
    variable = "USERPROFILE" if sys.platform == "win32" else "HOME"

    home = environ.get(variable, "")
    if not os.path.isabs(home):
        home = _home_in_database()
    if os.path.isabs(home):
        return Path(home)

    raise StoreError(
        "There is no folder for keys and certificates, because the user has no"
        f" home folder: {variable} is not set.",
        hint="Set it, or name two folders: TLSDEV_STORE_PATH and TLSDEV_CA_PATH.",
    )


def _home_in_database() -> str:
    if sys.platform == "win32":
        return ""

    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def make_data_folder(path: Path) -> None:
    """Make a private folder that neither backups nor git look into."""
    make_private_folder(path)

    missing = [
        (name, text, 0o644)
        for name, text in (("CACHEDIR.TAG", _CACHEDIR_TAG), (".gitignore", _GITIGNORE))
        if not _is_there(path / name)
    ]
    if missing:
        from ._writing import write_all

        # Not worth waiting for the disk: what a power cut leaves empty is written
        # again.
        write_all(path, missing, sync=False)


def _is_there(path: Path) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False

    return status.st_size > 0 or not stat.S_ISREG(status.st_mode)
