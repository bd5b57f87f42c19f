"""How much time is left until the cluster has to be done?"""

from __future__ import annotations

from .. import _deadline


class Deadline(_deadline.Deadline):
    """The moment by which approval, signature and all tries have to be done."""

    who = "Kubernetes"
    hint = "Try again later, or give it more time: --kube-timeout 10m"

    def pause(self, seconds: float) -> bool:
        """Wait so long. ``False``, at once, where that is more than is left."""
        if seconds >= self.left():
            return False

        self.sleep(seconds)
        return True
