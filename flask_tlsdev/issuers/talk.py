"""How does an issuer speak with a person while it works?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

logger = logging.getLogger("flask_tlsdev")


class Record(NamedTuple):
    """A TXT record that proves control of a name."""

    #: ``_acme-challenge.`` and the name.
    name: str
    value: str


def _say_nothing_of_terms(terms: str) -> bool:
    return False


class Talk(NamedTuple):
    """What to call to be heard. By default an issuer logs what it does."""

    tell: Callable[[str], None] = logger.info
    #: Shows the URL of the terms of service and says whether they are accepted.
    agree: Callable[[str], bool] = _say_nothing_of_terms
    #: Comes back when these records are set; ``None`` where nobody can be asked.
    wait_for_records: Callable[[Sequence[Record]], None] | None = None
