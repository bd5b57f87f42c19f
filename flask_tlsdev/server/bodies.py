"""Where does a request's body end, and what if it never comes?

Each body is a stream for ``wsgi.input`` that ends where the body does. What is
wrong with a body is told to the app as one of Werkzeug's HTTP exceptions, which
Flask makes a response of.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest
from werkzeug.exceptions import ClientDisconnected
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import RequestTimeout

from ..contexts import Deadline
from .incoming import Incoming
from .limits import CHUNK_LINE_LIMIT
from .limits import SLOWEST_BODY
from .limits import TRAILER_LIMIT

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: A size and what may follow it. It ends with both characters: readers that
#: disagree about a single one see different chunks.
_CHUNK = rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n"
_TRAILER = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n"

_PIECE = 64 * 1024


class Body(io.RawIOBase):
    """A request's body.

    :param patience: The seconds that we wait for it. Each byte earns some more,
        never beyond that: so a body may take its time, but not stand still.
    :param before_wait: Called before we wait for the client.
    """

    def __init__(
        self,
        incoming: Incoming,
        patience: float,
        before_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._incoming = incoming
        self._most_patience = self._patience = patience
        self._before_wait = before_wait
        #: Whether all of it has been read.
        self.done = False
        #: What was wrong with it. Nothing can be read after that.
        self.failure: HTTPException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        with memoryview(buffer).cast("B") as view:
            data = self._read(len(view))
            view[: len(data)] = data
            return len(data)

    def readall(self) -> bytes:
        pieces = []

        while piece := self._read(_PIECE):
            pieces.append(piece)

        return b"".join(pieces)

    def drain(self, limit: int, seconds: float) -> bool:
        """Read what is left and drop it; whether that was not too much.

        :param limit: How many bytes that may be.
        :param seconds: How long it may take.
        """
        self._most_patience = self._patience = min(seconds, self._patience)

        try:
            while not self.done and limit > 0:
                limit -= len(self._read(_PIECE))
        except HTTPException:
            return False

        return self.done

    def _read(self, most: int) -> bytes:
        if self.failure is not None:
            raise self.failure

        if self.done or most == 0:
            return b""

        try:
            return self._take(most)
        except HTTPException as failure:
            self.failure = failure
            raise

    def _take(self, most: int) -> bytes:
        raise NotImplementedError

    def _receive(self) -> None:
        """Wait for more bytes."""
        begun = time.monotonic()
        before = len(self._incoming.buffer)

        try:
            self._before_wait()
            more = self._incoming.receive(Deadline.after(self._patience))
        except TimeoutError:
            raise RequestTimeout("The request's body took too long.") from None
        except OSError as error:
            raise ClientDisconnected() from error

        if not more:
            raise ClientDisconnected()

        earned = (len(self._incoming.buffer) - before) / SLOWEST_BODY
        left = self._patience - (time.monotonic() - begun) + earned
        self._patience = min(self._most_patience, left)


class SizedBody(Body):
    """A body whose size was said before."""

    def __init__(
        self,
        incoming: Incoming,
        patience: float,
        before_wait: Callable[[], None] = lambda: None,
        *,
        length: int,
    ) -> None:
        super().__init__(incoming, patience, before_wait)
        #: How many bytes are still to be read.
        self.left = length
        self.done = length == 0

    def _take(self, most: int) -> bytes:
        if not self._incoming.buffer:
            self._receive()

        data = self._incoming.take(min(most, self.left))
        self.left -= len(data)
        self.done = self.left == 0
        return data


class ChunkedBody(Body):
    """A body that comes in chunks, each with its size before it."""

    _left = 0
    _first = True

    def _take(self, most: int) -> bytes:
        if self._left == 0:
            self._begin_chunk()

            if self.done:
                return b""

        if not self._incoming.buffer:
            self._receive()

        data = self._incoming.take(min(most, self._left))
        self._left -= len(data)

        if self._left == 0:
            self._expect_line_end()

        return data

    def _begin_chunk(self) -> None:
        found = re.fullmatch(_CHUNK, self._line(CHUNK_LINE_LIMIT))

        if found is None:
            raise BadRequest("A chunk of the request's body is malformed.")

        self._left = int(found[1], 16)

        if self._left == 0:
            self._skip_trailers()
            self.done = True

    def _expect_line_end(self) -> None:
        if self._line(2) != b"\r\n":
            raise BadRequest("A chunk of the request's body is longer than it said.")

    def _skip_trailers(self) -> None:
        left = TRAILER_LIMIT

        while (line := self._line(left)) != b"\r\n":
            left -= len(line)

            if not re.fullmatch(_TRAILER, line):
                raise BadRequest("A trailer of the request's body is malformed.")

    def _line(self, limit: int) -> bytes:
        buffer = self._incoming.buffer

        while (end := buffer.find(b"\n", 0, limit)) < 0:
            if len(buffer) >= limit:
                raise BadRequest("A line within the request's body is too long.")
            self._receive()

        return self._incoming.take(end + 1)
