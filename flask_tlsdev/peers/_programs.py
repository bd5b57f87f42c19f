"""Which file is run when a program is meant?"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path


def find_program(name: str, environ: Mapping[str, str]) -> str | None:
    """The absolute path of a program on the user's ``PATH``, or ``None``.

    Folders that whoever wrote the project, or anybody on this machine, could
    put a program into are passed over: relative ones, the working folder and
    all below it, and those that everybody can write to.
    """
    try:
        here = Path.cwd().resolve()
    except OSError:
        return None

    suffixes = ("", ".exe") if os.name == "nt" else ("",)
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        folder = Path(entry)
        if not folder.is_absolute() or not _is_safe(folder, here):
            continue
        for suffix in suffixes:
            path = folder / f"{name}{suffix}"
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)

    return None


def _is_safe(folder: Path, here: Path) -> bool:
    try:
        real = folder.resolve()
        mode = real.stat().st_mode
    except OSError:
        return False

    inside = here != Path(here.anchor) and real.is_relative_to(here)
    return not inside and not mode & stat.S_IWOTH
