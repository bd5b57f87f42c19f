"""The real programs that tests run: found, or the test is skipped or failed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

#: Where this environment's own programs lie: it need not be activated.
OWN = Path(sys.executable).parent

#: Set in CI: what is not installed is a failure there, not a skip.
REQUIRE_ALL = bool(os.environ.get("TLSDEV_TEST_REQUIRE_ALL"))


def program(*names: str) -> str:
    """The absolute path of the first of these programs that is installed.

    Skips the test where none is, or fails it under
    ``TLSDEV_TEST_REQUIRE_ALL=1``.
    """
    for name in names:
        if found := shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}{OWN}"):
            return str(Path(found).absolute())

    missing(" or ".join(names))


def missing(what: str) -> NoReturn:
    """End this test because ``what`` is not installed."""
    if REQUIRE_ALL:
        pytest.fail(f"{what} is not installed and TLSDEV_TEST_REQUIRE_ALL is set")

    pytest.skip(f"{what} is not installed")


def run(
    *command: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    stdin: str | bytes = b"",
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; the answer has ``returncode``, ``stdout``, ``stderr``.

    The environment is the test's own, which the ``home`` fixture has cleaned.
    """
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [os.fspath(part) for part in command],
        env=env,
        cwd=cwd,
        input=data,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args,
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )
