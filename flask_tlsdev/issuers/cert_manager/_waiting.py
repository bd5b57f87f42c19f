"""When has a request been answered? It is told by the API server, not asked for."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TYPE_CHECKING

from ...errors import IssuerRefused
from ...errors import IssuerTimeout
from ...errors import IssuerUnavailable
from ...printable import printable
from ._problems import Gone
from ._resources import State
from ._resources import state_of

if TYPE_CHECKING:
    from ._session import Session

#: Seconds before a watch is begun again that ended without any news.
_PAUSE = 0.5


@dataclass
class Waiting:
    """One request, for whose answer we wait.

    :param told: Called with each thing that we wait for.
    :param approve: What somebody types who is to approve it.
    """

    session: Session
    name: str
    issuer_id: str
    tell: Callable[[str], None]
    approve: str

    _state: State = field(default_factory=State)
    _version: str = ""

    def until_issued(self, made: Mapping[str, Any]) -> State:
        """The state in which there is a certificate.

        :param made: The request as it was made.
        :raises IssuerRefused: There will be none.
        :raises IssuerTimeout: There is none yet.
        """
        try:
            self._look_at(made)
            while not self._state.chain:
                self._follow()
        except IssuerTimeout as error:
            raise self._too_late(error) from error

        return self._state

    def _follow(self) -> None:
        before = self._version
        try:
            for kind, found in self.session.changes(self.name, self._version):
                self._take(kind, found)
                if self._state.chain:
                    return
        except Gone:
            self._look_again()
            return

        if self._version == before:
            # A server that ends each watch at once is not to be asked in a loop.
            self.session.deadline.sleep(_PAUSE)

    def _look_again(self) -> None:
        found, self._version = self.session.find(self.name)
        if found is None:
            raise self._deleted()

        # The list is newer than the object: the watch begins there.
        version = self._version
        self._look_at(found)
        self._version = version

    def _take(self, kind: str, found: Mapping[str, Any]) -> None:
        if kind == "DELETED":
            raise self._deleted()

        if kind == "BOOKMARK":
            self._version = _version_of(found) or self._version
        else:
            self._look_at(found)

    def _look_at(self, found: Mapping[str, Any]) -> None:
        self._version = _version_of(found) or self._version
        state = state_of(found, self.issuer_id)
        if state.waits_for not in ("", self._state.waits_for):
            self.tell(f"{self.name} waits for {state.waits_for}.")

        self._state = state

    def _deleted(self) -> IssuerRefused:
        return IssuerRefused(
            f"The request {printable(self.name)} was deleted before it was answered.",
            issuer_id=self.issuer_id,
            hint="Somebody, or something in the cluster, has cleaned up: try again.",
        )

    def _too_late(self, error: IssuerTimeout) -> IssuerTimeout | IssuerUnavailable:
        waits_for = self._state.waits_for
        if not waits_for:
            return error

        if waits_for == "an approval":
            message = (
                f"Nobody has approved the request within {self._seconds} seconds; it"
                " was not denied either."
            )
            hint = f"Somebody may type in time: {self.approve}"
            hint += "; for more time, add --kube-timeout 10m"
        else:
            message = f"The request was not signed within {self._seconds} seconds."
            message += f" It waits for {waits_for}."
            hint = "Look at the issuer, or add --kube-timeout 10m"

        return IssuerTimeout(message, issuer_id=self.issuer_id, hint=hint)

    @property
    def _seconds(self) -> str:
        return f"{self.session.deadline.seconds:g}"


def _version_of(found: Mapping[str, Any]) -> str:
    metadata = found.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else ""
