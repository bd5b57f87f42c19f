"""What clients do to a server, on purpose or not. Each lasts for a ``with`` block."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from collections.abc import Iterator

Attack = Callable[[int], contextlib.AbstractContextManager[None]]

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"

HALF_A_BODY = HEAD + b"Content-Length: 99\r\n\r\nx"

_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_CONTEXT.check_hostname = False
_CONTEXT.verify_mode = ssl.CERT_NONE


def hello() -> bytes:
    """What a client of TLS says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = _CONTEXT.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def old_hello(minor: bytes) -> bytes:
    """A ClientHello of SSL 3, TLS 1.0 or 1.1, with two ciphers of their time."""
    version = b"\x03" + minor
    body = version + b"\x11" * 32 + b"\0" + b"\0\x04\0\x2f\0\x0a" + b"\x01\0"
    message = b"\x01\0\0" + bytes([len(body)]) + body
    return b"\x16" + version + b"\0" + bytes([len(message)]) + message


#: As clients of twenty years ago began, with SSL 2 first.
OLD = (
    b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80" + b"\0" * 34,
    *map(old_hello, (b"\0", b"\1", b"\2")),
)


def connect(port: int, data: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    # Who is attacked may have hung up already.
    with contextlib.suppress(OSError):
        client.sendall(data)
    return client


def shake_hands(port: int, data: bytes = b"") -> socket.socket | None:
    plain = connect(port)
    try:
        client = _CONTEXT.wrap_socket(plain, server_hostname="localhost")
        client.sendall(data)
        return client
    except OSError:
        plain.close()
        return None


def reset(client: socket.socket) -> None:
    """Close without a farewell."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@contextlib.contextmanager
def _held(clients: list[socket.socket | None]) -> Iterator[None]:
    try:
        yield
    finally:
        for client in clients:
            if client is not None:
                client.close()


def saying(*texts: bytes, count: int) -> Attack:
    """Connect, say this without TLS, and wait."""

    @contextlib.contextmanager
    def attack(port: int) -> Iterator[None]:
        with _held([connect(port, text) for text in texts for _ in range(count)]):
            yield

    return attack


def saying_in_tls(text: bytes, count: int) -> Attack:
    """Shake hands, say this, and wait."""

    @contextlib.contextmanager
    def attack(port: int) -> Iterator[None]:
        with _held([shake_hands(port, text) for _ in range(count)]):
            yield

    return attack


def dripping(start: bytes, drops: bytes, count: int, *, tls: bool) -> Attack:
    """Send one byte after the other, for ever."""

    @contextlib.contextmanager
    def attack(port: int) -> Iterator[None]:
        begin = shake_hands if tls else connect
        clients = [begin(port, start) for _ in range(count)]
        stop = threading.Event()
        thread = threading.Thread(target=_drip, args=(clients, drops, stop))
        thread.start()
        try:
            with _held(clients):
                yield
                stop.set()
                thread.join()
        finally:
            stop.set()
            thread.join()

    return attack


def _drip(
    clients: list[socket.socket | None], drops: bytes, stop: threading.Event
) -> None:
    for byte in drops:
        for client in clients:
            with contextlib.suppress(OSError):
                if client is not None:
                    client.sendall(bytes([byte]))
        if stop.wait(0.02):
            return


@contextlib.contextmanager
def resets(port: int) -> Iterator[None]:
    """Go without a farewell at every stage, over and over."""
    first = hello()
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            for text in (b"", b"\x16", first[:50], first, b"GET / HT", b"\0"):
                with contextlib.suppress(OSError):
                    reset(connect(port, text))
            for text in (b"", HEAD, HEAD + b"\r\n", HALF_A_BODY):
                with contextlib.suppress(OSError):
                    client = shake_hands(port, text)
                    if client is not None:
                        reset(client)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def quick(port: int) -> Iterator[None]:
    """Five hundred that connect at once and go."""
    clients: list[socket.socket | None] = [connect(port) for _ in range(500)]
    with _held(clients[:250]):
        pass
    with _held(clients[250:]):
        yield


#: Every attack by its name.
ATTACKS: dict[str, Attack] = {
    "idle": saying(b"", count=50),
    "one byte": saying(b"\x16", count=30),
    "half a ClientHello": saying(hello()[:100], count=30),
    "a ClientHello without end": saying(b"\x16\x03\x01\x40\x00\x01", count=30),
    "a ClientHello, then silence": saying(hello(), count=30),
    "a dripping ClientHello": dripping(b"", hello(), 30, tls=False),
    "garbage": saying(
        b"\0\xff" * 500, b"\r\n\r\n", b"\x16\x03\x01\x00\x05hello", count=10
    ),
    "old hellos": saying(*OLD, count=10),
    "plain HTTP": saying(HEAD + b"\r\n", count=30),
    "half plain HTTP": saying(HEAD, count=30),
    "dripping plain HTTP": dripping(HEAD, b"X: " + b"x" * 5000, 30, tls=False),
    "resets": resets,
    "a handshake, then silence": saying_in_tls(b"", count=50),
    "half a head": saying_in_tls(HEAD, count=30),
    "a dripping head": dripping(HEAD + b"X: ", b"x" * 5000, 30, tls=True),
    "half a body": saying_in_tls(HALF_A_BODY, count=30),
    "a dripping body": dripping(
        HEAD + b"Content-Length: 9999\r\n\r\n", b"x" * 5000, 30, tls=True
    ),
    "heads of 1 MiB": saying_in_tls(HEAD + b"X: " + b"x" * 1024 * 1024, count=10),
    "nobody reads": saying_in_tls(
        b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n", count=20
    ),
    "300 held connections": saying_in_tls(HEAD + b"\r\n", count=300),
    "300 idle connections": saying(b"", count=300),
    "500 quick ones": quick,
}
