"""How does a client learn where an answer ends, and what comes after it?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .heads import Head
from .limits import PIECE

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

Fields = list[tuple[str, str]]

#: What concerns this connection only. It is ours to say.
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})


class Answer:
    """The answer to one request. Its head goes out with the first piece of body.

    :param send: Sends bytes to the client.
    :param log: Called with the status code when the head goes out.
    :param extra: Fields that the app need not set itself, by lower-case name.
    :param may_go_on: Whether another request may follow on this connection.
        It is asked when the head goes out.
    """

    def __init__(
        self,
        request: Head,
        *,
        send: Callable[[bytes], None],
        log: Callable[[int], None],
        extra: dict[str, str],
        may_go_on: Callable[[], bool],
        idle_timeout: float,
    ) -> None:
        self._request = request
        self._send = send
        self._log = log
        self._extra = extra
        self._idle_timeout = idle_timeout
        self._may_go_on = may_go_on
        #: Whether another request may follow. It is known when the head is sent.
        self.keep_alive = True
        #: Whether the head has been sent.
        self.begun = False
        #: What the app did wrong, for the log.
        self.complaint = ""
        self._status: str | None = None
        self._fields: Fields = []
        self._bodiless = False
        self._chunked = False
        #: How many bytes of body the app has announced and not yet given.
        self._left: int | None = None

    def start_response(
        self, status: str, fields: Fields, exc_info: OptExcInfo | None = None
    ) -> Callable[[bytes], None]:
        """What an app calls; see :pep:`3333`."""
        if exc_info and exc_info[1] and self.begun:
            raise exc_info[1]

        if self._status is not None and not exc_info:
            raise AssertionError("start_response() was called already")

        self._status, self._fields = status, fields
        return self.write

    def write(self, data: bytes) -> None:
        """Send a piece of the body, and the head before the first one."""
        if not isinstance(data, bytes):
            raise AssertionError("applications must write bytes")

        head = b"" if self.begun else self._begin()
        data = self._framed(data)

        # Together in one packet, but for what would be copied at length.
        if head and len(data) <= PIECE:
            data, head = head + data, b""

        for part in (head, data):
            if part:
                self._send(part)

    def finish(self) -> None:
        """Send what says that the answer ends here."""
        if not self.begun:
            self._send(self._begin())

        if self._chunked:
            self._send(b"0\r\n\r\n")
        elif self._left:
            self.keep_alive = False
            self.complaint = "The response is shorter than its Content-Length."

    def forget(self) -> None:
        """Take back a status that has not been sent."""
        self._status, self._fields = None, []

    def _framed(self, data: bytes) -> bytes:
        if not data or self._bodiless:
            return b""

        if self._chunked:
            return b"%x\r\n%b\r\n" % (len(data), data)

        if self._left is None:
            return data

        if len(data) > self._left:
            self.complaint = "The response is longer than its Content-Length."
            data = data[: self._left]

        self._left -= len(data)
        return data

    def _begin(self) -> bytes:
        if self._status is None:
            raise AssertionError("write() before start_response()")

        code, fields = self._frame(self._status)
        status = self._status if " " in self._status else f"{self._status} "
        head = f"HTTP/1.1 {status}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields)

        if head.count("\n") != len(fields) + 1 or head.count("\r") != len(fields) + 1:
            raise ValueError("There is a line break in a header of the response.")

        data = (head + "\r\n").encode("latin-1")
        self.begun = True
        self._log(code)
        return data

    def _frame(self, status: str) -> tuple[int, Fields]:
        """Decide where the body ends, and what is said of it."""
        code = int(status[:3])
        given = {name.lower(): value for name, value in self._fields}
        fields = self._fields
        if not _HOP_BY_HOP.isdisjoint(given):
            fields = [each for each in fields if each[0].lower() not in _HOP_BY_HOP]

        if code == 101:
            # The app speaks for itself from here on.
            self.keep_alive, self._bodiless = False, False
            return code, self._fields

        self._bodiless = (
            self._request.method == "HEAD" or code < 200 or code in (204, 304)
        )
        fields = self._delimit(code, fields, given.get("content-length"))
        extra = [
            (name, value)
            for name, value in self._extra.items()
            if name.lower() not in given
        ]

        if "close" in given.get("connection", "").lower() or not self._may_go_on():
            self.keep_alive = False

        return code, [*fields, *extra, *self._connection()]

    def _delimit(self, code: int, fields: Fields, length: str | None) -> Fields:
        if code < 200 or code == 204:
            return [each for each in fields if each[0].lower() != "content-length"]

        if self._bodiless:
            return fields

        if length is not None:
            self._left = int(length)
            return fields

        if self._request.version == "HTTP/1.1":
            self._chunked = True
            return [*fields, ("Transfer-Encoding", "chunked")]

        # The end of the connection is the end of the body.
        self.keep_alive = False
        return fields

    def _connection(self) -> Fields:
        if not self.keep_alive:
            return [("Connection", "close")]

        # A client that knows when we hang up does not send a request just then.
        return [
            ("Connection", "keep-alive"),
            ("Keep-Alive", f"timeout={max(1, int(self._idle_timeout))}"),
        ]
