from __future__ import annotations

import threading
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.server.single import OneAtATime

from .serving import request
from .serving import say
from .serving import Served
from .serving import serving
from .serving import Stream

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment


@pytest.fixture
def single(context: DevContext) -> Iterator[Served]:
    with serving(context, wrap=OneAtATime) as server:
        yield server


def test_the_app_is_told_and_gets_its_body(single: Served) -> None:
    with single.talk() as talk:
        body = b"x" * 2_000_000
        answer = talk.ask("POST", "/", f"Content-Length: {len(body)}", body=body)

    assert answer.body == body
    assert single.app.seen[0]["wsgi.multithread"] is False


def test_two_requests_are_never_in_the_app_together(single: Served) -> None:
    inside, most = 0, 0

    def view(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.005)
        inside -= 1
        return say(start, b"done")

    single.app.paths["/view"] = view
    threads = [threading.Thread(target=single.get, args=("/view",)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


def test_a_stream_keeps_its_turn_until_it_ends(single: Served) -> None:
    stream = Stream(first=b"begun ")

    def view(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return stream

    single.app.paths["/stream"] = view

    with single.talk() as talk:
        talk.send(request("GET", "/stream"))
        assert talk.line().startswith(b"HTTP/1.1 200")

        with single.talk() as other:
            other.send(request("GET", "/"))
            seen = len(single.app.seen)
            stream.pieces.put(None)

            assert other.answer().body == b"hello"
            assert seen == 1


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\n", id="half a head"),
        pytest.param(
            request("POST", "/", "Content-Length: 9") + b"x", id="half a body"
        ),
    ],
)
def test_a_client_that_takes_its_time_holds_up_nobody(
    single: Served, said: bytes
) -> None:
    with single.talk() as slow:
        slow.send(said) if said else None

        assert [single.get().status for _ in range(5)] == [200] * 5


def test_an_error_gives_the_turn_back(single: Served) -> None:
    def boom(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        raise ValueError("boom")

    single.app.paths["/boom"] = boom

    assert single.get("/boom").status == 500
    assert single.get("/").status == 200
