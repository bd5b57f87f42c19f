"""Does Firefox on macOS and Windows read the system's store, as it does by default?"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from ..errors import TrustError
from .base import read_regular
from .base import Root
from .base import StoreState
from .browsers import profiles_below
from .managed import Command
from .managed import ManagedStore

_FOLDERS = {
    "darwin": ("HOME", "Library/Application Support/Firefox"),
    "win32": ("APPDATA", "Mozilla/Firefox"),
}

_OFF = re.compile(
    rb'^\s*user_pref\("security\.enterprise_roots\.enabled",\s*false\)', re.MULTILINE
)


def profiles(environ: Mapping[str, str], platform: str) -> Sequence[Path]:
    """The profiles of Firefox on macOS and Windows."""
    variable, folder = _FOLDERS[platform]
    return list(profiles_below(Path(environ.get(variable, os.sep), folder)))


class FirefoxOfSystem(ManagedStore):
    """A profile that trusts what the system's store trusts. Nothing is put into it."""

    def __init__(self, profile: Path, system: ManagedStore) -> None:
        super().__init__("firefox", profile, system.runner)
        self._profile = profile
        self._system = system

    def available(self) -> bool:
        return True

    def state(self, root: Root) -> StoreState:
        if self._is_off():
            return self._answer(
                "not trusted", "security.enterprise_roots.enabled is off"
            )

        found = self._system.state(root)
        return self._answer(found.state, found.detail)

    def ours(self) -> tuple[Root, ...]:
        # What is there is reported, and removed, where it is.
        return ()

    def install_steps(self, root: Root) -> Sequence[Command]:
        if self._is_off():
            raise TrustError(
                "Firefox does not look at the system's roots: its setting"
                " security.enterprise_roots.enabled is off.",
                hint="Switch it on in about:config.",
            )

        raise TrustError(f"It follows the store {self._system.name}.")

    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        return ()

    def _is_off(self) -> bool:
        # user.js is read last.
        for name in ("user.js", "prefs.js"):
            try:
                if _OFF.search(read_regular(self._profile / name)):
                    return True
            except OSError:
                continue

        return False
