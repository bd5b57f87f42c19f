"""Which stores has this machine that a root can be put into?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

from ..programs import Runner
from ..programs import WSL_POWERSHELL
from . import browsers
from . import java
from .certutil import CertutilDatabase
from .firefox import FirefoxOfSystem
from .firefox import profiles
from .hosts import is_wsl
from .linux import find_layout
from .linux import LinuxStore
from .macos import Keychain
from .managed import ManagedStore
from .nss import NSSDatabase
from .p11kit import P11KitStore
from .windows import POWERSHELL
from .windows import WindowsStore

#: What ``--store`` takes, by :data:`sys.platform`.
NAMES = {
    "linux": ("chromium", "firefox", "nss", "system", "java", "windows"),
    "darwin": ("macos", "firefox", "java"),
    "win32": ("windows", "firefox", "java"),
}

#: Who looks there.
CLIENTS = {
    "chromium": "Chromium and Chrome",
    "firefox": "Firefox",
    "nss": "the browsers of TLSDEV_NSS_PATHS",
    "system": "curl, Python, git, Go",
    "java": "Java",
    "windows": "Edge, Chrome and Firefox on Windows",
    "macos": "Safari, Chrome and Firefox",
}


def stores(
    environ: Mapping[str, str],
    runner: Runner,
    *,
    platform: str = sys.platform,
    top: Path = Path("/"),
) -> tuple[ManagedStore, ...]:
    """The stores of this machine and user, the user's own first.

    :param environ: The user's own environment.
    :param top: Where the file system begins; another folder for tests.
    """
    jdks = java.jdks(environ, runner, platform=platform)
    of_java = [java.JavaStore(home, runner) for home in jdks]

    if platform == "darwin":
        return (*_following(Keychain(environ, runner), environ, platform), *of_java)

    if platform == "win32":
        own = WindowsStore(POWERSHELL, runner)
        return (*_following(own, environ, platform), *of_java)

    # Java comes last: on Debian the system's programs fill its list, too.
    return (*_of_linux(environ, runner, top), *of_java)


def _following(
    own: ManagedStore, environ: Mapping[str, str], platform: str
) -> Iterator[ManagedStore]:
    yield own
    for profile in profiles(environ, platform):
        yield FirefoxOfSystem(profile, own)


def _of_linux(
    environ: Mapping[str, str], runner: Runner, top: Path
) -> Iterator[ManagedStore]:
    yield from databases(environ, runner)

    if is_wsl(top=top):
        yield WindowsStore(WSL_POWERSHELL, runner)

    layout = find_layout(top)
    if layout is None and not runner.refusal("/usr/bin/trust"):
        yield P11KitStore(runner)
    else:
        yield LinuxStore(layout, runner, top=top)


def databases(environ: Mapping[str, str], runner: Runner) -> Iterator[CertutilDatabase]:
    """The NSS databases of browsers on Linux, also those that are to be made."""
    has_chromium = any(map(runner.find, browsers.PROGRAMS))

    for number, database in enumerate(browsers.databases(environ)):
        # The first is the one of all browsers that are neither snap nor flatpak.
        # A profile that was never used has no database yet.
        may_make = {
            "chromium": number > 0 or has_chromium,
            "firefox": os.path.isdir(database.path),
        }.get(database.name, True)
        yield CertutilDatabase(
            database, runner, may_make=may_make, note=_note(database)
        )


def _note(database: NSSDatabase) -> str:
    if f"{os.sep}.var{os.sep}app{os.sep}" in database.path:
        return "a Flatpak, which may lose it when it is updated"

    return ""
