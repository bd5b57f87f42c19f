"""What is a key of ``app.config``?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Key:
    """One key of ``app.config``."""

    #: What it is when nobody sets it, in the form in which people set it.
    default: object
    #: Makes the value that the program works with, or raises ``ValueError``.
    parse: Callable[[Any], Any]
    #: What it may be, for a sentence that begins "It takes".
    takes: str
    #: What it is for, in one sentence.
    doc: str
