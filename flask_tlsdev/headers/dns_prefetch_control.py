"""X-DNS-Prefetch-Control: does a browser look up the names of links beforehand?"""

from __future__ import annotations

from .base import choose
from .base import DOCUMENTS
from .base import Header

NAME = "X-DNS-Prefetch-Control"


def make(value: object) -> tuple[Header, ...]:
    """The header, for documents. ``True`` is ``off``: pages over HTTPS do not
    prefetch unless they ask for it.
    """
    return (Header(NAME, choose(value, ("off", "on"), "off"), DOCUMENTS),)
