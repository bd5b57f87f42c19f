"""What does one source say about whether a certificate was taken back?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Literal

from cryptography import x509

#: By how much the clocks of an authority and of this machine may differ.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Verdict:
    """What a list or a responder says."""

    #: ``unusable``: it says nothing that could be believed.
    status: Literal["good", "revoked", "unusable"]
    #: In words, printable.
    text: str


def revoked(who: str, when: datetime, reason: x509.ReasonFlags | None) -> Verdict:
    why = f", reason: {reason.value}" if reason else ""
    return Verdict("revoked", f"{who} was revoked on {when:%Y-%m-%d}{why}.")


def unusable(what: str, why: str) -> Verdict:
    """:param what: The list or answer, as a sentence begins."""
    return Verdict("unusable", f"{what} {why}.")
