"""X-Permitted-Cross-Domain-Policies: what Adobe's programs may load from here."""

from __future__ import annotations

from .base import choose
from .base import Header

NAME = "X-Permitted-Cross-Domain-Policies"

POLICIES = ("none", "master-only", "by-content-type", "by-ftp-filename", "all")


def make(value: object) -> tuple[Header, ...]:
    """The header, for all responses. No browser reads it, old PDF readers do."""
    return (Header(NAME, choose(value, POLICIES, "none")),)
