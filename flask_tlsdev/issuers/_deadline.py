"""How much time is left until an issuer has to be done?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar
from typing import TypeVar

from ..errors import IssuerTimeout

_D = TypeVar("_D", bound="Deadline")


@dataclass(frozen=True)
class Deadline:
    """One moment, on the monotonic clock, by which all has to be done.

    Each issuer has a subclass with words of its own.
    """

    moment: float
    seconds: float
    issuer_id: str

    #: Whoever was not done, as a sentence begins.
    who: ClassVar[str]
    #: What to type then.
    hint: ClassVar[str]

    @classmethod
    def after(cls: type[_D], seconds: float, issuer_id: str) -> _D:
        return cls(time.monotonic() + seconds, seconds, issuer_id)

    def left(self) -> float:
        """The seconds that are left.

        :raises IssuerTimeout: None.
        """
        left = self.moment - time.monotonic()
        if left <= 0:
            raise IssuerTimeout(
                f"{self.who} was not done within {self.seconds:g} seconds.",
                issuer_id=self.issuer_id,
                hint=self.hint,
            )

        return left

    def sleep(self, seconds: float) -> None:
        """Wait so long, but no longer than is left."""
        time.sleep(min(seconds, self.left()))
