"""How much time is left for an order?"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...errors import IssuerTimeout

#: The longest pause between two looks, whatever the server asks for.
LONGEST_PAUSE = 60.0
_SHORTEST_PAUSE = 0.1


@dataclass(frozen=True)
class Deadline:
    """One moment, on the monotonic clock, by which all has to be done."""

    moment: float
    seconds: float
    issuer_id: str

    @classmethod
    def after(cls, seconds: float, issuer_id: str) -> Deadline:
        return cls(time.monotonic() + seconds, seconds, issuer_id)

    def left(self) -> float:
        """The seconds that are left.

        :raises IssuerTimeout: None.
        """
        left = self.moment - time.monotonic()
        if left <= 0:
            raise IssuerTimeout(
                f"The ACME server was not done within {self.seconds:g} seconds.",
                issuer_id=self.issuer_id,
                hint="Try again: what it has verified so far it may remember.",
            )

        return left

    def pause(self, seconds: float) -> None:
        """Wait so long, but no longer than makes sense or is left."""
        wait = min(max(seconds, _SHORTEST_PAUSE), LONGEST_PAUSE, self.left())
        time.sleep(wait)
