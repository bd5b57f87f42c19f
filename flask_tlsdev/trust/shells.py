"""How is an environment variable written for a shell, whatever is in its value?

A path may hold quotation marks, ``$(...)`` and backticks, and the lines are made
to be evaluated.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from collections.abc import Mapping

from ..errors import TrustError
from ..printable import quoted

#: What PowerShell takes for an apostrophe.
_APOSTROPHES = "'\u2018\u2019\u201a\u201b"


def lines(shell: str, variables: Mapping[str, str]) -> str:
    """The text that sets the variables when the shell evaluates it.

    :param shell: One of :data:`SHELLS`.
    :raises TrustError: A value cannot be written for it.
    """
    write = SHELLS[shell]
    for value in variables.values():
        _refuse_line_ends(value)

    return "".join(f"{write(name, value)}\n" for name, value in variables.items())


def _refuse_line_ends(value: str) -> None:
    # No shell's own quoting is needed to end a line that somebody cuts in two.
    if set(value) & set("\n\r\0"):
        raise TrustError(
            f"The path {quoted(value, 1024)} has a line break or a NUL in it, and"
            " cannot be written into one line.",
            hint="Keep your data in another folder: set XDG_DATA_HOME.",
        )


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str) -> str:
    doubled = "".join(each * 2 if each in _APOSTROPHES else each for each in value)
    return f"$env:{name} = '{doubled}'"


def _dotenv(name: str, value: str) -> str:
    # Its readers put in variables between apostrophes, too, and know no escape.
    if "${" in value:
        raise TrustError(
            f"The path {quoted(value, 1024)} has '${{' in it, which a dotenv file"
            " cannot hold.",
            hint="Keep your data in another folder: set XDG_DATA_HOME.",
        )

    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped}'"


#: What writes one line for each shell.
SHELLS: Mapping[str, Callable[[str, str], str]] = {
    "bash": _bash,
    "fish": _fish,
    "powershell": _powershell,
    "dotenv": _dotenv,
}
