"""The system's store where only p11-kit knows where it lies."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import TrustError
from ..programs import Runner
from .base import Root
from .base import StoreState
from .managed import Command
from .managed import ManagedStore
from .root import our_roots_in_pem

TRUST = "/usr/bin/trust"

# p11-kit reads no pipe: the root's text goes through a file of root's own.
_SCRIPT = (
    'f=$(/usr/bin/mktemp) && /bin/cat >"$f" && {trust} anchor {action} "$f";'
    ' s=$?; /bin/rm -f "$f"; exit $s'
)


class P11KitStore(ManagedStore):
    """For distributions whose layout we do not know."""

    def __init__(self, runner: Runner) -> None:
        super().__init__("system", "p11-kit", runner)

    @property
    def needs_root(self) -> bool:
        return True

    def available(self) -> bool:
        return not self.runner.refusal(TRUST)

    def state(self, root: Root) -> StoreState:
        found = root in self.ours()
        return self._answer("trusted" if found else "not trusted")

    def ours(self) -> tuple[Root, ...]:
        done = self.runner.run((TRUST, "dump", "--filter=ca-anchors"))
        if done.status:
            raise TrustError(f"p11-kit cannot be asked: {done.said}")

        return our_roots_in_pem(done.stdout)

    def install_steps(self, root: Root) -> Sequence[Command]:
        return [_anchor("--store", root)]

    def remove_steps(self, roots: Sequence[Root]) -> Sequence[Command]:
        return [_anchor("--remove", root) for root in roots]


def _anchor(action: str, root: Root) -> Command:
    script = _SCRIPT.format(trust=TRUST, action=action)
    return Command.reading(root, "/bin/sh", "-c", script, as_root=True)
