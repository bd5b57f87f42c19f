"""In what kind of machine are we, and where is the browser then?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_CODESPACES, _DEV_CONTAINER = "a Codespace", "a dev container"


def container(environ: Mapping[str, str], *, top: Path = Path("/")) -> str:
    """What kind of container this is, for a sentence; ``""`` for none.

    :param top: Where the file system begins; another folder for tests.
    """
    if environ.get("CODESPACES") == "true":
        return _CODESPACES

    if environ.get("REMOTE_CONTAINERS") or environ.get("DEVCONTAINER"):
        return _DEV_CONTAINER

    marks = (".dockerenv", "run/.containerenv", "run/systemd/container")
    if environ.get("container") or any((top / mark).exists() for mark in marks):
        return "a container"

    return "a pod" if environ.get("KUBERNETES_SERVICE_HOST") else ""


def is_wsl(*, top: Path = Path("/")) -> bool:
    """Whether this Linux runs inside Windows, whose programs it can run."""
    marks = ("WSLInterop", "WSLInterop-late")
    return any((top / "proc/sys/fs/binfmt_misc" / mark).exists() for mark in marks)


def through_sudo(environ: Mapping[str, str]) -> bool:
    """Whether another user became root for this one command.

    Home folder and browsers can then be either's, and files would be root's.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False

    numbers = (environ.get(name) for name in ("SUDO_UID", "PKEXEC_UID"))
    names = (environ.get("DOAS_USER"),)
    return any(each not in (None, "0") for each in numbers) or any(
        each not in (None, "root") for each in names
    )
