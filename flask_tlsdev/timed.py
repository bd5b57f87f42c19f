"""How does an HTTP exchange end in time, even if each of its bytes does?

A timeout for each read is none at all: a server that sends a byte of its headers
now and then never meets it.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import urllib.request
from collections.abc import Callable
from typing import Any
from typing import cast

#: The seconds that are left; raises where there are none.
Left = Callable[[], float]

_PIECE = 1 << 14


def read_bounded(read: Callable[[int], bytes], limit: int) -> bytes:
    """What comes until the end, or more than the limit, which is for the caller to say.

    :param read: Such as :meth:`http.client.HTTPResponse.read1`. Not ``read``: of a
        server that sends a byte now and then it would never return.
    :param limit: In bytes. At most a piece more than that is held.
    """
    data = bytearray()
    while len(data) <= limit and (piece := read(_PIECE)):
        data += piece

    return bytes(data)


def answer_class(left: Left) -> type[http.client.HTTPResponse]:
    """What reads an answer, for :attr:`http.client.HTTPConnection.response_class`.

    :param left: Asked before each read.
    """

    class Answer(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
            # All that it does with a socket is to make a file of it.
            super().__init__(cast(socket.socket, _Timed(sock, left)), *args, **more)

    return Answer


class HTTPHandler(urllib.request.HTTPHandler):
    """Opens http URLs for a :class:`urllib.request.OpenerDirector`."""

    def __init__(self, left: Left) -> None:
        super().__init__()
        self._answers = answer_class(left)

    def http_open(self, request: urllib.request.Request) -> Any:
        def connect(host: str, **more: Any) -> http.client.HTTPConnection:
            made = http.client.HTTPConnection(host, **more)
            made.response_class = self._answers
            return made

        return self.do_open(connect, request)


class HTTPSHandler(urllib.request.HTTPSHandler):
    """Opens https URLs, under this context."""

    def __init__(self, left: Left, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._tls = context
        self._answers = answer_class(left)

    def https_open(self, request: urllib.request.Request) -> Any:
        def connect(host: str, **more: Any) -> http.client.HTTPSConnection:
            made = http.client.HTTPSConnection(host, **more)
            made.response_class = self._answers
            return made

        return self.do_open(connect, request, context=self._tls)


class _Timed:
    """As much of a socket as an answer needs."""

    def __init__(self, sock: socket.socket, left: Left) -> None:
        self._socket = sock
        self._left = left

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_File(self._socket, self._left))


class _File(io.RawIOBase):
    def __init__(self, sock: socket.socket, left: Left) -> None:
        super().__init__()
        self._socket = sock
        self._left = left
        # The socket stays open until this is closed, too.
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(self._left())
        try:
            return self._file.readinto(buffer)
        except TimeoutError:
            # It may know better what is over.
            self._left()
            raise

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
        super().close()
