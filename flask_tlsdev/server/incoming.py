"""What has a client sent that nobody has read yet?"""

from __future__ import annotations

import re

from ..contexts import Connection
from ..contexts import Deadline
from ..contexts import Stage
from .heads import BadRequest
from .limits import HEAD_LIMIT
from .limits import Limits

_RECEIVE = 64 * 1024

#: The empty line after a head. A person at a terminal sends no carriage return.
_END = re.compile(rb"\n\r?\n")


class Incoming:
    """The bytes from a client, in their order, one request after the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.buffer = bytearray()

    def receive(self, deadline: Deadline) -> bool:
        """Wait for more; whether there will ever be any.

        :raises TimeoutError: The deadline has passed.
        """
        self._connection.settimeout(deadline.remaining())
        data = self._connection.recv(_RECEIVE)
        self.buffer += data
        return bool(data)

    def take(self, most: int) -> bytes:
        """Some of the bytes that are there."""
        data = bytes(self.buffer[:most])
        del self.buffer[:most]
        return data

    def read_head(self, limits: Limits) -> bytes | None:
        """The next head, without the empty line at its end.

        ``None`` if no request came, or one that was cut off.

        :raises BadRequest: It is too long, or took too long.
        """
        if not self.buffer and not self._wait(limits.idle_timeout):
            return None

        try:
            return self._rest_of_head(Deadline.after(limits.head_timeout))
        except TimeoutError:
            raise BadRequest(
                "The request's head took too long.", "408 Request Timeout"
            ) from None

    def _wait(self, seconds: float) -> bool:
        self._connection.move(Stage.IDLE)

        try:
            return self.receive(Deadline.after(seconds))
        except TimeoutError:
            return False

    def _rest_of_head(self, deadline: Deadline) -> bytes | None:
        searched = 0

        while True:
            # Clients of old sent an empty line after a body.
            while self.buffer.startswith(b"\r\n"):
                del self.buffer[:2]

            end = _END.search(self.buffer, max(0, searched - 3))

            if end is not None and end.start() <= HEAD_LIMIT:
                head = bytes(self.buffer[: end.start()])
                del self.buffer[: end.end()]
                return head

            if len(self.buffer) > HEAD_LIMIT:
                raise BadRequest(
                    "The request's head is too long.",
                    "431 Request Header Fields Too Large",
                )

            searched = len(self.buffer)
            self._connection.move(Stage.SPEAKING)

            if not self.receive(deadline):
                return None
