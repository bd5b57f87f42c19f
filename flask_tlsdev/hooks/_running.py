"""How does a program of the user run?"""

from __future__ import annotations

import os
import shlex
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError
from ..errors import TLSDevError
from ..printable import printable
from ..printable import quoted
from ..programs import Programs

_SECONDS = 300.0
_OUTPUT = 1 << 16

#: What a program gets of our environment. Secrets of the shell stay there: a
#: hook that needs some reads them from a file of its own.
_PASSED = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "SYSTEMROOT", "TMPDIR", "TZ", "USER"}
)


@dataclass(frozen=True)
class Hook:
    """A program and its arguments."""

    arguments: tuple[str, ...]
    #: Who named it, such as ``--dns-hook``.
    origin: str

    @classmethod
    def parse(cls, text: str, origin: str) -> Hook:
        """The hook that a person typed as one text, with quotes as in a shell.

        :raises ConfigError: It is empty or its quotes do not close.
        """
        try:
            arguments = tuple(shlex.split(text))
        except ValueError as error:
            raise ConfigError(
                f"{origin}: {quoted(text)} cannot be read: {error}.",
                hint="Write a program and its arguments; no shell reads them.",
            ) from error

        return cls.of(arguments, origin)

    @property
    def as_typed(self) -> str:
        """One text that :meth:`parse` reads."""
        return shlex.join(self.arguments)

    @classmethod
    def of(cls, arguments: Sequence[str], origin: str) -> Hook:
        if not arguments or not arguments[0] or any("\0" in each for each in arguments):
            raise ConfigError(
                f"{origin} names no program.", hint="Write a program and its arguments."
            )

        return cls(tuple(arguments), origin)


def run(hook: Hook, more: Sequence[str], environment: Mapping[str, str]) -> str:
    """What the program printed, after it ended well.

    :param more: Arguments after its own.
    :param environment: Variables besides the few that it gets of ours.
    :raises TLSDevError: It is not there, failed or did not end.
    """
    program = find_program(hook)
    command = [str(program), *hook.arguments[1:], *more]
    with tempfile.TemporaryFile() as output:
        code = _wait(hook, command, {**_environment(), **environment}, output.fileno())
        output.seek(0)
        said = output.read(_OUTPUT).decode("utf-8", "replace")

    if code:
        last = printable((said.strip().splitlines() or ["nothing"])[-1])
        raise TLSDevError(
            f"The program of {hook.origin} ended with {code}; it said: {last}.",
            hint=f"Run it by hand: {printable(shlex.join(command), 500)}",
        )

    return said


def _wait(
    hook: Hook, command: list[str], environment: Mapping[str, str], output: int
) -> int:
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # So that all it has started can be ended, too.
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(hook, error) from error

    try:
        return process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        raise TLSDevError(
            f"The program of {hook.origin} did not end within {_SECONDS:g} seconds.",
            hint=f"Run it by hand: {printable(shlex.join(command), 500)}",
        ) from None
    finally:
        if process.returncode is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _not_started(hook: Hook, error: OSError) -> TLSDevError:
    return TLSDevError(
        f"The program of {hook.origin} cannot be started:"
        f" {printable(error.strerror or error)}.",
        hint="Is it a program, with a first line such as #!/bin/sh?",
    )


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED or name.startswith("LC_")
    }
    folders = os.environ.get("PATH", "").split(os.pathsep)
    kept["PATH"] = os.pathsep.join(filter(os.path.isabs, folders)) or os.defpath
    return kept


def find_program(hook: Hook) -> Path:
    """The absolute path of a hook's program.

    A path is taken as it is, since the user has typed or approved it. A bare name
    is looked up as any other program.

    :raises ConfigError: There is none, or everybody can write to it.
    """
    name = hook.arguments[0]
    if os.sep in name or (os.altsep and os.altsep in name):
        path = Path(os.path.abspath(os.path.expanduser(name)))
    else:
        path = Path(Programs(os.environ, interactive=False).find(name))

    if not path.is_file() or not os.access(path, os.X_OK):
        raise ConfigError(
            f"There is no program {quoted(name)}, which {hook.origin} names.",
            hint="Give its path, and make it executable: chmod +x PROGRAM",
        )

    if _is_open_to_all(path) or _is_open_to_all(path.parent):
        raise ConfigError(
            f"Everybody can write to the program {quoted(path)}.",
            hint="Take that away: chmod o-w PROGRAM, or move it to a folder of yours.",
        )

    return path


def _is_open_to_all(path: Path) -> bool:
    if os.name == "nt":
        return False

    mode = path.stat().st_mode
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX
