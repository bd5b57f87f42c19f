"""How much time is left until Vault has to be done?"""

from __future__ import annotations

from .. import _deadline


class Deadline(_deadline.Deadline):
    """The moment by which login, signature and all tries have to be done."""

    who = "Vault"
    hint = "Try again later, or look at it: vault status"

    def pause(self, seconds: float) -> bool:
        """Wait so long. ``False``, at once, where that is more than is left."""
        if seconds >= self.left():
            return False

        self.sleep(seconds)
        return True
