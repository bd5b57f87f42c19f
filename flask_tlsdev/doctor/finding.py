"""What was looked at, what is to be said of it, and what mends it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import TLSDevError

#: ``warning``: it may be meant so, or will be wrong later.
Status = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Its texts are printable."""

    #: ``folders``, ``pairs``, ``clock``, ...: stable, for programs.
    check: str
    status: Status
    text: str
    #: A sentence with the command that mends it; empty where all is well.
    fix: str = ""

    @classmethod
    def of_error(cls, check: str, error: TLSDevError) -> Finding:
        """A look that ended with one of our errors, whose hint is the fix."""
        return cls(check, "failed", error.message, error.hint)
