"""X-Frame-Options: which pages may show this one in a frame."""

from __future__ import annotations

from .base import choose
from .base import DOCUMENTS
from .base import Header

NAME = "X-Frame-Options"


def make(value: object) -> tuple[Header, ...]:
    """The header, for documents. ``frame-ancestors`` of the CSP can say more."""
    if isinstance(value, str) and value.strip().lower().startswith("allow-from"):
        raise ValueError(
            "no browser knows ALLOW-FROM any more, and then ignores the header."
            " Name the page in frame-ancestors of TLSDEV_CSP."
        )

    text = choose(value, ("DENY", "SAMEORIGIN"), "SAMEORIGIN")
    return (Header(NAME, text, DOCUMENTS),)


def ancestors_of(value: object) -> str | None:
    """What ``frame-ancestors`` says of the same; ``None``: anybody."""
    if value is None or value is False:
        return None

    return "'none'" if make(value)[0].text == "DENY" else "'self'"
