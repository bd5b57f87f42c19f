"""The Pythons that are installed here, besides the one that runs the tests."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path

import pytest

from .tools import run

#: The versions that we support.
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")

# Looked up before any test has a home of its own.
_PYENV = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def python(version: str) -> str:
    """The absolute path of a Python of this version; none skips the test.

    Nobody has all of them, so CI asks those that are there, too.
    """
    return installed(version) or pytest.skip(f"there is no Python {version}")


@cache
def installed(version: str) -> str | None:
    """The absolute path of a Python of this version that runs and has ``ssl``."""
    for candidate in _candidates(version):
        # pyenv's own commands are there for versions that are not switched on.
        script = "import ssl, sys; print('%d.%d' % sys.version_info[:2])"
        if run(candidate, "-c", script).stdout.strip() == version:
            return candidate

    return None


def _candidates(version: str) -> list[str]:
    by_pyenv = sorted(_PYENV.glob(f"versions/{version}.*/bin/python{version}"))
    on_path = shutil.which(f"python{version}")
    return [*map(str, by_pyenv), *([on_path] if on_path else [])]


def main() -> None:
    """Print the oldest and the newest one, where they are not this one."""
    found = [version for version in VERSIONS if installed(version)]
    this = "{}.{}".format(*sys.version_info)

    for version in dict.fromkeys([*found[:1], *found[-1:]]):
        if version != this:
            sys.stdout.write(f"{version} {installed(version)}\n")


if __name__ == "__main__":
    main()
