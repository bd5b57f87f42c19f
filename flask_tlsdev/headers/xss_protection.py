"""X-XSS-Protection: old browsers leave out a filter that could be turned around."""

from __future__ import annotations

from .base import choose
from .base import DOCUMENTS
from .base import Header

NAME = "X-XSS-Protection"


def make(value: object) -> tuple[Header, ...]:
    """The header, for documents. It is ``0``, or it is not sent."""
    text = "0" if value == 0 and value is not False else value
    if isinstance(text, str) and text.strip().startswith("1"):
        raise ValueError(
            "the filter that 1 switches on could be used to switch off a page's own"
            " scripts. Browsers gave it up; TLSDEV_CSP does what it was for."
        )

    return (Header(NAME, choose(text, ("0",), "0"), DOCUMENTS),)
