"""How much time is left for an order?"""

from __future__ import annotations

from .. import _deadline

#: The longest pause between two looks, whatever the server asks for.
LONGEST_PAUSE = 60.0
_SHORTEST_PAUSE = 0.1


class Deadline(_deadline.Deadline):
    """The moment by which an order has to be done."""

    who = "The ACME server"
    hint = "Try again: what it has verified so far it may remember."

    def pause(self, seconds: float) -> None:
        """Wait so long, but no longer than makes sense or is left."""
        self.sleep(min(max(seconds, _SHORTEST_PAUSE), LONGEST_PAUSE))
