"""How long each client may take, and that a drip counts as nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from .serving import request
from .serving import Served
from .serving import Talk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment


def drip(talk: Talk, data: bytes) -> bytes:
    """Send a byte each twentieth of a second; what the server says meanwhile."""
    talk.connection.settimeout(0.05)

    for byte in data:
        try:
            talk.send(bytes([byte]))
            said = talk.connection.recv(100)
        except TimeoutError:
            continue
        return said

    return b""


@pytest.mark.parametrize("after", [0, 1])
def test_an_idle_connection_is_closed_without_a_word(hasty: Served, after: int) -> None:
    with hasty.talk() as talk:
        for _ in range(after):
            talk.get()

        assert talk.rest() == b""


@pytest.mark.parametrize("dripping", [False, True], ids=["silent", "dripping"])
def test_a_head_that_does_not_end_is_a_408(hasty: Served, dripping: bool) -> None:
    with hasty.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nX: ")

        said = drip(talk, b"x" * 100) if dripping else talk.rest()

        assert said.startswith(b"HTTP/1.1 408 ")

    assert hasty.app.seen == []


@pytest.mark.parametrize("dripping", [False, True], ids=["silent", "dripping"])
@pytest.mark.parametrize(
    "framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"]
)
def test_a_body_that_stands_still_is_a_408_for_the_app(
    hasty: Served, framing: str, dripping: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with hasty.talk() as talk:
        talk.send(request("POST", "/", framing))

        said = drip(talk, b"1\r\nx\r\n" * 20) if dripping else talk.rest()

        assert said.startswith(b"HTTP/1.1 408 ")

    assert "Traceback" not in caplog.text


def test_a_body_earns_time_while_it_comes(hasty: Served) -> None:
    # 1.2 seconds in all, three times what a client may stand still for.
    with hasty.talk() as talk:
        talk.send(request("POST", "/", "Content-Length: 3000"))

        for _ in range(6):
            threading.Event().wait(0.2)
            talk.send(b"x" * 500)

        assert len(talk.answer().body) == 3000


def test_an_app_may_take_longer_than_any_client(hasty: Served) -> None:
    def slow(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(1)
        threading.Event().wait(0.6)
        body += environ["wsgi.input"].read()
        start("200 OK", [])
        return [body]

    hasty.app.paths["/slow"] = slow

    with hasty.talk() as talk:
        answer = talk.ask("POST", "/slow", "Content-Length: 2", body=b"ab")

        assert answer.body == b"ab"
        assert talk.get().status == 200


def test_a_client_may_pause_while_it_takes_an_answer(hasty: Served) -> None:
    """As a browser does with a video: longer than it may be idle."""
    pieces = [bytes([number]) * 500_000 for number in range(40)]

    def video(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "20000000")])
        return pieces

    hasty.app.paths["/video"] = video

    with hasty.talk() as talk:
        talk.send(request("GET", "/video"))
        threading.Event().wait(1)

        assert talk.answer().body == b"".join(pieces)
        assert talk.get().status == 200


def test_an_ignored_body_that_never_comes_is_not_waited_for(hasty: Served) -> None:
    with hasty.talk() as talk:
        talk.send(request("POST", "/ignore", "Content-Length: 1000"))

        assert talk.answer().body == b"ignored"
        assert talk.rest() == b""


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /" + b"a" * 1024 * 1024, id="a line without an end"),
        pytest.param(
            b"GET / HTTP/1.1\r\nX: " + b"a" * 1024 * 1024 + b"\r\n\r\n", id="one field"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200_000 + b"\r\n", id="many fields"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n", id="too many fields"
        ),
    ],
)
def test_a_large_head_is_a_431_that_arrives(talk: Talk, head: bytes) -> None:
    answer = talk.send(head).answer()

    assert (answer.status, answer.ends) == (431, True)


def test_a_large_cookie_is_fine(talk: Talk) -> None:
    assert talk.get("/", "Cookie: a=" + "b" * 50_000).status == 200
