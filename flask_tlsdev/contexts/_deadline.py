"""How much time is left?"""

from __future__ import annotations

import time
from typing import NamedTuple


class Deadline(NamedTuple):
    """One moment by which several reads have to be done.

    A timeout for each read is none at all: a client that sends a byte now and
    then never meets it.
    """

    #: The moment, on the monotonic clock.
    moment: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The moment so many seconds from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """The seconds left, for :meth:`socket.socket.settimeout`.

        :raises TimeoutError: The moment has passed.
        """
        left = self.moment - time.monotonic()

        # A timeout of zero would mean "do not wait", not "too late".
        if left <= 0:
            raise TimeoutError("the deadline has passed")

        return left
