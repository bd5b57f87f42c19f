"""Which program is run for us, and what does it get to see?

A repository that the user has cloned may hold a ``certutil`` of its own, and
so may a folder that everybody can write to. Neither is ever run.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from . import files
from .printable import printable

#: What a child inherits, if it is set. Everything else may change what a
#: program does (``JAVA_TOOL_OPTIONS``, ``LD_PRELOAD``, ``SUDO_ASKPASS``).
INHERITED = (
    "HOME",
    "LOGNAME",
    "TERM",
    "TMPDIR",
    "USER",
    # Windows programs do not start without the first two.
    "SYSTEMROOT",
    "WINDIR",
    "TEMP",
    "TMP",
    "USERPROFILE",
    # How a Linux program reaches those of the Windows around it.
    "WSL_INTEROP",
)
_SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

#: Where ``sudo`` lies, on NixOS too.
_SUDO = ("/usr/bin/sudo", "/run/wrappers/bin/sudo", "/usr/local/bin/sudo")

#: WSL shows every file of Windows as one that everybody can write to.
WSL_POWERSHELL = "/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"

#: Seconds for a program that asks nobody anything.
TIMEOUT = 120.0


@dataclass(frozen=True)
class Done:
    """How a program ended and what it said."""

    #: 0 is well; 127 is a program that could not be started.
    status: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def said(self) -> str:
        """The end of what it said, on one line and printable."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return printable("; ".join(printable(line.strip()) for line in lines[-4:]), 500)


class Runner(Protocol):
    """Finds and runs programs. Tests have one that only remembers."""

    @property
    def is_root(self) -> bool:
        """Whether programs run as root without further ado."""

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""

    def find(self, name: str) -> str:
        """The absolute path of a program that may be run, or ``""``."""

    def refusal(self, path: str) -> str:
        """Why the program at this path is not run; ``""`` where it is."""

    def run(
        self, arguments: Sequence[str], *, stdin: bytes = b"", asks: bool = False
    ) -> Done:
        """Run a program to its end, without a shell.

        :param arguments: The first is its absolute path.
        :param asks: It may ask for a password on the terminal.
        """


class Programs:
    """The programs of this machine.

    :param environ: The user's own environment: ``PATH`` says where programs
        lie, and some of the rest is handed on.
    :param interactive: Whether somebody sits at a terminal.
    """

    def __init__(self, environ: Mapping[str, str], *, interactive: bool) -> None:
        self._path = environ.get("PATH") or _SYSTEM_PATH
        self._environment = {
            **{name: environ[name] for name in INHERITED if name in environ},
            "PATH": _SYSTEM_PATH if os.name != "nt" else "",
            # What programs say is read by us before anybody else.
            "LC_ALL": "C",
        }
        self._interactive = interactive
        self._closed = _foreign_folders()

    @property
    def is_root(self) -> bool:
        return hasattr(os, "geteuid") and os.geteuid() == 0

    @property
    def interactive(self) -> bool:
        return self._interactive

    def find(self, name: str) -> str:
        if name == "sudo":
            return next(filter(_is_program, _SUDO), "")

        for folder in self._path.split(os.pathsep):
            path = os.path.join(folder, name)
            if os.path.isabs(folder) and not self.refusal(path):
                return path

        return ""

    def refusal(self, path: str) -> str:
        if not _is_program(path):
            return "there is no such program"

        # Where a link lies matters as much as where it leads.
        for each in (Path(path), Path(os.path.realpath(path))):
            for folder in self._closed:
                if each.is_relative_to(folder):
                    return f"it lies in the project {printable(folder)}"

            if path != WSL_POWERSHELL and _others_can_exchange(each):
                return f"everybody can write to it or to {printable(each.parent)}"

        return ""

    def run(
        self, arguments: Sequence[str], *, stdin: bytes = b"", asks: bool = False
    ) -> Done:
        try:
            done = subprocess.run(
                arguments,
                input=stdin,
                capture_output=True,
                env=self._environment,
                cwd=os.path.abspath(os.sep),
                timeout=None if asks else TIMEOUT,
                # Without a terminal of its own it cannot ask and wait for ever.
                start_new_session=not asks,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Done(124, stderr=f"no end after {TIMEOUT:.0f} seconds".encode())
        except OSError as error:
            return Done(127, stderr=(error.strerror or str(error)).encode())

        return Done(done.returncode, done.stdout, done.stderr)


def _foreign_folders() -> tuple[Path, ...]:
    """The working folder and the work tree that it lies in."""
    try:
        here = Path(os.path.realpath(os.getcwd()))
    except OSError:
        return ()

    tree = files.git_tree_of(here)
    # In the root folder lies everything, also what a user wants to be run.
    return tuple(each for each in (here, tree) if each and each != Path(each.anchor))


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _others_can_exchange(path: Path) -> bool:
    """Whether everybody can put another program in this one's place."""
    if os.name == "nt":
        return False

    first, *above = path.parents
    if _mode(path) & stat.S_IWOTH or _mode(first) & stat.S_IWOTH:
        return True

    # In a sticky folder such as /tmp only the owner can rename a folder.
    return any(
        mode & stat.S_IWOTH and not mode & stat.S_ISVTX for mode in map(_mode, above)
    )


def _mode(path: Path) -> int:
    return os.stat(path).st_mode
