"""How much time is left until Vault has to be done?"""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...errors import IssuerTimeout


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
                f"Vault was not done within {self.seconds:g} seconds.",
                issuer_id=self.issuer_id,
                hint="Try again later, or look at it: vault status",
            )

        return left

    def pause(self, seconds: float) -> bool:
        """Wait so long. ``False``, at once, where that is more than is left."""
        if seconds >= self.left():
            return False

        time.sleep(seconds)
        return True
