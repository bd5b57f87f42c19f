"""Child processes for what a test cannot do to itself: die, or be another user."""

from __future__ import annotations

import io
import os
import signal
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from typing import NoReturn

import pytest

from flask_tlsdev import files

from ..tools import missing
from ..tools import program
from ..tools import run

#: A user who owns nothing here. Linux gives this number to "nobody".
OTHER_USER = 65534

HAS_FORK = hasattr(os, "fork")
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

needs_fork = pytest.mark.skipif(not HAS_FORK, reason="there is no fork here")
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can be somebody else")


def start(function: Callable[[], object]) -> int:
    """Run the function in a child; its id. The child ends with 0, or 1 on an error."""
    sys.stdout.flush()
    sys.stderr.flush()

    if pid := os.fork():
        return pid

    _run(function)


def _run(function: Callable[[], object]) -> NoReturn:
    try:
        function()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)

    os._exit(0)


def end_of(pid: int) -> int:
    """Wait for a child; its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_child(function: Callable[[], object]) -> None:
    """Run the function in a child, which must not fail."""
    assert end_of(start(function)) == 0


def folder_of_other_user(tmp_path: Path) -> Path:
    """A new folder that belongs to the user of :func:`as_other_user_in`."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    os.chown(folder, OTHER_USER, OTHER_USER)
    return folder


def as_other_user_in(folder: Path, function: Callable[[], object]) -> None:
    """Run the function as a user without any rights; it must not fail.

    No path leads that user to the folder, since pytest closes its own to others:
    the function uses relative paths.
    """

    def changed() -> None:
        os.chdir(folder)
        os.setgroups([])
        os.setgid(OTHER_USER)
        os.setuid(OTHER_USER)
        function()

    in_child(changed)


def kill_at(step: int, function: Callable[[], object]) -> bool:
    """Run the function in a child that kills itself before its nth system call.

    :return: Whether it was killed; ``False`` when it came to its end first.
    """

    def counted() -> None:
        left = step

        def count(frame: object, event: str, argument: Any) -> None:
            nonlocal left

            if event == "c_call" and _reaches_disk(argument):
                left -= 1

                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        function()
        sys.setprofile(None)

    code = end_of(start(counted))
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _reaches_disk(function: Any) -> bool:
    return (
        function.__module__ in ("posix", "fcntl")
        or isinstance(function.__self__, io.IOBase)
        or function is open
    )


def on_file_system(folder: Path, mount: str, script: str) -> str:
    """What a script prints in a folder where something is mounted for it alone."""
    if run(program("unshare"), "-m", "true").returncode:
        missing("the right to mount")

    begin = "import os\nfrom pathlib import Path\nfrom flask_tlsdev import files\n"
    (folder / "script.py").write_text(begin + textwrap.dedent(script))
    (folder / "mounted").mkdir()

    shell = f'cd mounted && {mount} && cd ../mounted && exec "$0" ../script.py'
    done = run(
        program("unshare"),
        *("-m", "sh", "-c", shell, sys.executable),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(files.__file__).parents[2])},
    )

    assert done.returncode == 0, done.stderr
    return done.stdout
