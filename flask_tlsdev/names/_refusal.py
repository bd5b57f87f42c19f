"""Why is a text no name, and what may have been meant?"""

from __future__ import annotations


class Refusal(ValueError):
    """The reason alone; :func:`parse_name` makes a whole sentence of it.

    :param meant: Another text, which is suggested if it is a name.
    :param hint: What to write instead, where ``meant`` is not enough.
    """

    def __init__(self, reason: str, *, meant: str = "", hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.meant = meant
        self.hint = hint
