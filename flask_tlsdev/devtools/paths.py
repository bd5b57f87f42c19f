"""How is a path of this user's shown and typed? With ``~`` for his home."""

from __future__ import annotations

import os
import shlex

from ..printable import printable

#: The longest path that is shown.
_LONGEST = 1000


def short(text: object) -> str:
    """A path, or a sentence with paths in it."""
    home = os.path.expanduser("~")
    shown = printable(text, _LONGEST)
    return shown.replace(f"{home}/", "~/") if len(home) > 1 else shown


def typed(path: object) -> str:
    """A path as a shell takes it."""
    shown = short(path)
    if shown.startswith("~/"):
        # Between quotes it would be a name like any other.
        return f"~/{shlex.quote(shown[2:])}"

    return shlex.quote(shown)
