"""Who is connected, and who has to go when there is no room for one more?"""

from __future__ import annotations

import contextlib
import enum
import errno
import logging
import os
import socket
import threading
import time
from typing import NamedTuple

logger = logging.getLogger("flask_tlsdev")

#: Connections at once, unless more or fewer are asked for.
MAX_CONNECTIONS = 256

#: Seconds that a newcomer is let wait for a place before he is looked at again.
_PATIENCE = 0.1


class Stage(enum.Enum):
    """What a client is doing, and for how many seconds he may be at it undisturbed.

    They stand in the order in which clients have to go when all places are taken.
    """

    #: He has connected and not said a word.
    SILENT = 0, 0.1
    #: He is between two requests, where every client expects to be left.
    IDLE = 1, 0.5
    #: He is not done with his handshake, the head of his request or its body.
    SPEAKING = 2, 1.0
    #: He is being served.
    BUSY = 3, float("inf")
    #: He was told to go.
    DROPPED = 4, float("inf")

    def __init__(self, order: int, peace: float) -> None:
        self.order = order
        self.peace = peace


class _Standing(NamedTuple):
    stage: Stage
    since: float


class Crowd:
    """The clients of a server, no more than a limit.

    Threads and descriptors are what a server runs out of when clients connect
    and then take their time. Only such clients are ever sent away, those who
    have done so for the longest first.

    :param limit: How many there may be. Half of the descriptors that this
        process may have is the most, whatever is asked for.
    """

    def __init__(self, limit: int = MAX_CONNECTIONS) -> None:
        self.limit = min(limit, _descriptors() // 2)
        self._clients: dict[socket.socket, _Standing] = {}
        self._lock = threading.RLock()
        self._left = threading.Condition(self._lock)
        self._warned = False

    def __len__(self) -> int:
        return len(self._clients)

    def enter(self, client: socket.socket, stage: Stage = Stage.SILENT) -> None:
        """Count this client from now on."""
        with self._left:
            self._clients[client] = _Standing(stage, time.monotonic())

    def leave(self, client: socket.socket) -> None:
        """Forget this client. Called before its socket is closed, never after:
        its descriptor may be another client's by then.
        """
        with self._left:
            if self._clients.pop(client, None):
                self._left.notify_all()

    def move(self, client: socket.socket, stage: Stage) -> None:
        """Say what this client is doing now."""
        with self._lock:
            standing = self._clients.get(client)

            if standing and standing.stage is not Stage.DROPPED:
                self._clients[client] = _Standing(stage, time.monotonic())

    def make_room(self) -> None:
        """Return when there is a place for one more.

        :raises BlockingIOError: There is none yet. The newcomer waits where he
            is, in the queue of the listening socket.
        """
        if len(self._clients) < self.limit:
            return

        with self._left:
            self._drop_one()

            if self._left.wait_for(self._has_room, _PATIENCE):
                return

            self._warn()

        raise BlockingIOError(errno.EAGAIN, "All connections are in use")

    def drop_one(self) -> None:
        """Send somebody away for his descriptor, and give him a moment to go."""
        with self._left:
            self._drop_one()
            self._left.wait(_PATIENCE)

    def _has_room(self) -> bool:
        return len(self._clients) < self.limit

    def _drop_one(self) -> None:
        now = time.monotonic()
        leaving = [
            (standing.stage.order, standing.since, client)
            for client, standing in self._clients.items()
            if now - standing.since >= standing.stage.peace
        ]

        if not leaving:
            return

        _, _, client = min(leaving, key=lambda each: each[:2])
        self._clients[client] = _Standing(Stage.DROPPED, now)

        # Past what TLS would do. The thread that waits for him reads his end,
        # and closes.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(client, socket.SHUT_RDWR)

    def _warn(self) -> None:
        busy = sum(each.stage is Stage.BUSY for each in self._clients.values())

        if self._warned or busy < self.limit:
            return

        self._warned = True
        logger.warning(
            "All of %d connections are in use: others have to wait. To allow more,"
            " set TLSDEV_MAX_CONNECTIONS.",
            self.limit,
        )


def _descriptors() -> int:
    """How many descriptors this process may have."""
    # On Windows sockets are no descriptors.
    most = os.sysconf("SC_OPEN_MAX") if hasattr(os, "sysconf") else -1
    return most if most >= 0 else 1 << 20
