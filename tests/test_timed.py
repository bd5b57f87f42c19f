from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable

import pytest

from flask_tlsdev.timed import answer_class


def ask(server: Callable[[socket.socket], None], left: Callable[[], float]) -> bytes:
    """What is read of a server that does this with its client."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client, contextlib.suppress(ConnectionError):
                client.recv(4096)
                server(client)

        thread = threading.Thread(target=serve)
        thread.start()
        connection = http.client.HTTPConnection(
            "127.0.0.1", listening.getsockname()[1], timeout=30
        )
        connection.response_class = answer_class(left)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read()
        finally:
            connection.close()
            thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
    ],
    ids=["length", "close", "1.0"],
)
def test_an_answer_is_read_as_ever(answer: bytes) -> None:
    assert ask(lambda client: client.sendall(answer), lambda: 30.0) == b"hello"


def test_bytes_that_come_one_by_one_are_given_up_when_the_time_is_over() -> None:
    seconds = iter([30.0, 30.0, 30.0])
    asked = threading.Event()

    def left() -> float:
        asked.set()
        try:
            return next(seconds)
        except StopIteration:
            raise TimeoutError("it is over") from None

    def drip(client: socket.socket) -> None:
        for _ in range(4):
            asked.wait(30)
            asked.clear()
            client.sendall(b"x")
        client.recv(1)

    with pytest.raises(TimeoutError, match="it is over"):
        ask(drip, left)


def test_silence_ends_with_the_time_that_is_left() -> None:
    def say_nothing(client: socket.socket) -> None:
        client.recv(1)

    with pytest.raises(TimeoutError):
        ask(say_nothing, lambda: 0.05)
