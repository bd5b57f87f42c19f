"""Cross-Origin-Opener-Policy: which windows may hold on to this one."""

from __future__ import annotations

from .base import choose
from .base import DOCUMENTS
from .base import Header

NAME = "Cross-Origin-Opener-Policy"

POLICIES = (
    "same-origin",
    "same-origin-allow-popups",
    "noopener-allow-popups",
    "unsafe-none",
)


def make(value: object) -> tuple[Header, ...]:
    """The header, for documents: only a window has an opener.

    It goes to plain HTTP as well, where browsers ignore it: behind a proxy
    that ends TLS, the app may not know that the page is secure.
    """
    return (Header(NAME, choose(value, POLICIES, "same-origin"), DOCUMENTS),)
