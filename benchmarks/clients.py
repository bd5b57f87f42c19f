"""What a browser does, by hand: handshakes, requests and pages.

Nothing is verified: that costs every server the same.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

ASSETS = 20
CONNECTIONS = 6


def context() -> ssl.SSLContext:
    """A client that has never been here."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


CONTEXT = context()


class Connection:
    """A connection that is opened when it is needed, and anew where it was closed."""

    def __init__(self, port: int, session: ssl.SSLSession | None = None) -> None:
        self._port = port
        self.session = session
        self._tls: ssl.SSLSocket | None = None
        self._buffer = b""

    def open(self) -> ssl.SSLSocket:
        if self._tls is None:
            plain = socket.create_connection(("127.0.0.1", self._port), timeout=20)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._buffer = b""
            self._tls = CONTEXT.wrap_socket(
                plain, server_hostname="localhost", session=self.session
            )
        return self._tls

    def get(self, path: str = "/") -> bytes:
        """The body that is answered."""
        connection = self.open()
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = self._until(b"\r\n\r\n").lower()

        if b"transfer-encoding: chunked" in head:
            body = self._chunks()
        else:
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
            body = self._exactly(int(length))

        self.session = connection.session or self.session

        if b"connection: close" in head:
            self.close()

        return body

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size + 2)[:-2]
        self._exactly(2)
        return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._receive()
        head, _, self._buffer = self._buffer.partition(mark)
        return head + b"\r\n"

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _receive(self) -> None:
        data = self.open().recv(65536)
        if not data:
            raise ConnectionError("closed within an answer")
        self._buffer += data

    def close(self) -> None:
        if self._tls is not None:
            self._tls.close()
            self._tls = None


@contextlib.contextmanager
def connected(port: int, session: ssl.SSLSession | None = None) -> Iterator[Connection]:
    connection = Connection(port, session)
    try:
        yield connection
    finally:
        connection.close()


def session(port: int) -> ssl.SSLSession | None:
    """What a client needs to come back quickly."""
    with connected(port) as connection:
        connection.get()
        return connection.session


def handshake(port: int) -> None:
    with connected(port) as connection:
        connection.open()


def new_get(port: int) -> None:
    with connected(port) as connection:
        connection.get()


def resumed_get(port: int, known: ssl.SSLSession | None) -> None:
    with connected(port, known) as connection:
        connection.get()


def page(port: int, known: ssl.SSLSession | None) -> None:
    """A page, then its assets over six connections, the page's own first."""
    first = Connection(port, known)
    first.get()
    others = [Connection(port, known) for _ in range(CONNECTIONS - 1)]
    numbers = iter(range(ASSETS))
    lock = threading.Lock()
    failures: list[BaseException] = []

    def load(connection: Connection) -> None:
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                connection.get(f"/asset/{number}")
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=load, args=(each,)) for each in (first, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def requests_per_second(port: int, seconds: float, connections: int = 4) -> float:
    """GETs on connections that stay."""
    counts = [0] * connections
    end = time.perf_counter() + seconds

    def run(number: int) -> None:
        with connected(port) as connection:
            while time.perf_counter() < end:
                connection.get()
                counts[number] += 1

    threads = [
        threading.Thread(target=run, args=(each,)) for each in range(connections)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)
