"""What is a solver: whoever answers the challenges of one kind?"""

from __future__ import annotations

import errno
import socket
from abc import ABC
from abc import abstractmethod
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field
from typing import ClassVar
from typing import Protocol

from ....challenges import Challenges
from ....errors import IssuerError
from ....names import Name

#: Seconds that a validator has to say what it wants.
CLIENT_SECONDS = 10.0

# The authority comes from outside.
_EVERYWHERE = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))  # noqa: S104


@dataclass(frozen=True)
class Challenge:
    """One challenge for one name."""

    name: Name
    #: Where the server is told that the answer can be looked at.
    url: str
    token: str
    #: Token and account's thumbprint; whoever reads it learns nothing.
    key_authorization: str = field(repr=False)


class Solver(Protocol):
    """Answers challenges.

    In the block of :meth:`solving` every answer can be seen from outside;
    after it none, however the block was left.
    """

    @property
    def kind(self) -> str:
        """Its name in the protocol, such as ``http-01``."""
        ...

    @property
    def advice(self) -> str:
        """What to look at here when a challenge fails; empty for nothing."""
        ...

    def solving(
        self, challenges: Sequence[Challenge]
    ) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Published(ABC):
    """Puts the answers where every server that knows the store finds them."""

    challenges: Challenges
    #: Answer here, too, as long as the challenge lasts; ``None``: others do.
    port: int | None
    issuer_id: str

    #: What to look at where nobody answers here.
    unserved: ClassVar[str]

    @property
    def advice(self) -> str:
        return self.unserved if self.port is None else ""

    @contextmanager
    def solving(self, challenges: Sequence[Challenge]) -> Iterator[None]:
        with ExitStack() as stack:
            for each in challenges:
                stack.enter_context(self._publish(each))
            if self.port is not None:
                listeners = listen(self.port, self.issuer_id)
                stack.enter_context(self._serve(listeners))
            yield

    @abstractmethod
    def _publish(self, challenge: Challenge) -> AbstractContextManager[None]: ...

    @abstractmethod
    def _serve(
        self, listeners: Sequence[socket.socket]
    ) -> AbstractContextManager[None]: ...


def listen(port: int, issuer_id: str) -> list[socket.socket]:
    """Sockets for this port on all addresses, of both kinds where there are two.

    :raises IssuerError: It is taken, or not ours to take.
    """
    with ExitStack() as stack:
        sockets = []
        for family, host in _EVERYWHERE:
            try:
                found = stack.enter_context(_listener(family, host, port))
            except OSError as error:
                if family == socket.AF_INET:
                    raise _refused(port, error, issuer_id) from error
                # No IPv6 on this machine.
                continue
            sockets.append(found)

        stack.pop_all()
        return sockets


def _listener(family: int, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(64)
    except BaseException:
        listener.close()
        raise

    return listener


def _refused(port: int, error: OSError, issuer_id: str) -> IssuerError:
    if error.errno == errno.EADDRINUSE:
        hint = (
            "Stop what listens there, or let a running app answer: leave the port out."
        )
    elif error.errno == errno.EACCES:
        hint = "Ports below 1024 are root's: forward it to another one, and name that."
    else:
        hint = "Name another port."

    return IssuerError(
        f"Port {port} cannot be used to answer the challenge:"
        f" {(error.strerror or str(error)).lower()}.",
        issuer_id=issuer_id,
        hint=hint,
    )
