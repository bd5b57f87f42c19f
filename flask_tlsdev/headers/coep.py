"""Cross-Origin-Embedder-Policy: what a page loads from others must agree to it."""

from __future__ import annotations

from ._reported import reported
from .base import GLOBALS
from .base import Header

NAME = "Cross-Origin-Embedder-Policy"
REPORT_ONLY = f"{NAME}-Report-Only"

POLICIES = ("require-corp", "credentialless", "unsafe-none")


def make(value: object, name: str = NAME) -> tuple[Header, ...]:
    """The header, for documents and workers: a page that has it starts only
    workers that have it, too.

    :param value: The policy, or a mapping of ``policy`` and ``report_to``.
    """
    return (Header(name, reported(value, POLICIES, "require-corp"), GLOBALS),)


def make_report_only(value: object) -> tuple[Header, ...]:
    """The header that only reports."""
    return make(value, REPORT_ONLY)
