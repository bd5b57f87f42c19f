"""Cross-Origin-Opener-Policy: which windows may hold on to this one."""

from __future__ import annotations

from ._reported import reported
from .base import DOCUMENTS
from .base import Header

NAME = "Cross-Origin-Opener-Policy"
REPORT_ONLY = f"{NAME}-Report-Only"

POLICIES = (
    "same-origin",
    "same-origin-allow-popups",
    "noopener-allow-popups",
    "unsafe-none",
)


def make(value: object, name: str = NAME) -> tuple[Header, ...]:
    """The header, for documents: only a window has an opener.

    It goes to plain HTTP as well, where browsers ignore it: behind a proxy
    that ends TLS, the app may not know that the page is secure.

    :param value: The policy, or a mapping of ``policy`` and ``report_to``.
    """
    return (Header(name, reported(value, POLICIES, "same-origin"), DOCUMENTS),)


def make_report_only(value: object) -> tuple[Header, ...]:
    """The header that only reports."""
    return make(value, REPORT_ONLY)
