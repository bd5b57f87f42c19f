"""How often may something be done for clients that ask and ask?"""

from __future__ import annotations

import time
from collections.abc import Callable


class TokenBucket:
    """So many at once, then so many a second. Not for several threads at once.

    :param clock: Seconds that only grow.
    """

    def __init__(
        self,
        size: int,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._rate = per_second
        self._clock = clock
        self._left = float(size)
        self._at = clock()

    def take(self) -> bool:
        """Whether one may be done now, which then counts as done."""
        now = self._clock()
        grown = self._left + (now - self._at) * self._rate
        self._left, self._at = min(float(self._size), grown), now

        if self._left < 1:
            return False

        self._left -= 1
        return True
