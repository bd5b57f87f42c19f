"""Clear-Site-Data: what a browser forgets of this site, as after logging out."""

from __future__ import annotations

from ._compat import site_data
from .base import choose
from .base import Header
from .base import not_possible

NAME = "Clear-Site-Data"

DEFAULT = ("cache", "cookies", "storage")


def make(value: object) -> tuple[Header, ...]:
    """The header for kinds of data; ``True``: cache, cookies and storage.

    ``"*"`` is everything that the browser has.
    """
    kinds = DEFAULT if value is True else value
    if isinstance(kinds, str):
        kinds = [each.strip(' "') for each in kinds.split(",")]

    if not isinstance(kinds, (list, tuple)) or not kinds:
        raise ValueError(not_possible(value))

    known = (*site_data(), "*")
    chosen = dict.fromkeys(choose(each, known, "*") for each in kinds)
    return (Header(NAME, ", ".join(f'"{each}"' for each in chosen)),)
