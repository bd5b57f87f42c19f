"""Where do the browsers of this user keep their NSS databases?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

from .nss import NSSDatabase

#: Names the databases instead of us; empty for none at all.
OVERRIDE = "TLSDEV_NSS_PATHS"

#: Browsers made from Chromium: their snaps, their flatpaks, their programs.
SNAPS = ("brave", "chromium", "opera", "vivaldi")
FLATPAKS = frozenset(
    {
        "com.brave.Browser",
        "com.google.Chrome",
        "com.google.ChromeDev",
        "com.microsoft.Edge",
        "com.opera.Opera",
        "com.vivaldi.Vivaldi",
        "io.github.ungoogled_software.ungoogled_chromium",
        "org.chromium.Chromium",
    }
)
PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "google-chrome-beta",
    "google-chrome-unstable",
    "brave-browser",
    "microsoft-edge",
    "microsoft-edge-stable",
    "opera",
    "vivaldi",
)


def databases(environ: Mapping[str, str]) -> Iterator[NSSDatabase]:
    """The databases of this user's browsers on Linux, and the usual ones."""
    given = environ.get(OVERRIDE)
    if given is not None:
        for path in given.split(os.pathsep):
            if os.path.isabs(path):
                yield NSSDatabase("nss", Path(path))
        return

    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    yield from _of_chromium(environ, home)
    yield from _of_firefox(environ, home)


def _of_chromium(environ: Mapping[str, str], home: Path) -> Iterator[NSSDatabase]:
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    yield NSSDatabase("chromium", _chromium_folder(home, data))

    for name in SNAPS:
        snap = home / "snap" / name / "current"
        if os.path.isdir(snap):
            folder = _chromium_folder(snap, snap / ".local" / "share")
            yield NSSDatabase("chromium", folder)

    # Others than the known ones, if they have a database.
    for app in _folders_in(home / ".var" / "app"):
        flatpak = NSSDatabase("chromium", _chromium_folder(app, app / "data"))
        if app.name in FLATPAKS or flatpak.available():
            yield flatpak


def _chromium_folder(home: Path, data: Path) -> Path:
    """The one that Chromium reads: the second only where the first is not there.

    Before version 146 there was the first only. An empty folder counts.
    """
    old = home / ".pki" / "nssdb"
    return old if os.path.isdir(old) else data / "pki" / "nssdb"


def _of_firefox(environ: Mapping[str, str], home: Path) -> Iterator[NSSDatabase]:
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    flatpak = home / ".var" / "app" / "org.mozilla.firefox"
    roots = (
        home / ".mozilla" / "firefox",
        config / "mozilla" / "firefox",
        home / "snap" / "firefox" / "common" / ".mozilla" / "firefox",
        flatpak / ".mozilla" / "firefox",
        flatpak / "config" / "mozilla" / "firefox",
    )
    found = dict.fromkeys(profile for root in roots for profile in profiles_below(root))

    # A status command shall say that it looked.
    for folder in found or (roots[0],):
        # Firefox brings its own NSS; Chromium takes the system's.
        yield NSSDatabase("firefox", folder, newest_wins=True)


def profiles_below(root: Path) -> Iterator[Path]:
    """The profile folders that ``profiles.ini`` names and that are there."""
    try:
        text = (root / "profiles.ini").read_text("utf-8", "replace")
    except OSError:
        return

    from configparser import Error
    from configparser import RawConfigParser

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except Error:
        return

    for section in parser.sections():
        if section.startswith("Profile") and (
            path := parser.get(section, "Path", fallback="")
        ):
            # An absolute path, as IsRelative=0 gives it, replaces the root.
            folder = root / path
            if os.path.isdir(folder):
                yield folder


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
