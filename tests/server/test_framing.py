"""Where each request and each answer ends, over a connection that stays."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from werkzeug.exceptions import ClientDisconnected

from ..contexts.serving import settle
from ..torture.attacks import reset
from .serving import request
from .serving import say
from .serving import Served
from .serving import Stream
from .serving import Talk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment


def chunked(*pieces: bytes, trailer: bytes = b"") -> bytes:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\n" + trailer + b"\r\n"


def test_one_connection_serves_many_requests(talk: Talk) -> None:
    answers = [talk.get() for _ in range(5)]

    assert {(answer.status, answer.body) for answer in answers} == {(200, b"hello")}
    assert answers[0].headers["Connection"] == "keep-alive"
    assert answers[0].headers["Keep-Alive"] == "timeout=15"


def test_the_app_sees_what_werkzeug_shows(server: Served, talk: Talk) -> None:
    talk.get("/a%20b?c=d", "X-Two: 1", "X-Two: 2", "X_Dropped: 1", "Cookie: a=b")

    environ = server.app.seen[0]
    assert environ["PATH_INFO"] == "/a b"
    assert environ["QUERY_STRING"] == "c=d"
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["wsgi.multithread"] is True
    assert environ["HTTP_X_TWO"] == "1,2"
    assert environ["HTTP_COOKIE"] == "a=b"
    assert environ["HTTP_HOST"] == "localhost"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert not any("DROPPED" in key for key in environ)


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        ("https://other.test/x", "/x", "other.test"),
        ("//evil.test/x", "/evil.test/x", "localhost"),
        ("/\xc3\xbc", "/\xc3\xbc", "localhost"),
        ("/%C3%BC", "/\xc3\xbc", "localhost"),
    ],
)
def test_a_target_becomes_a_path(
    server: Served, talk: Talk, target: str, path: str, host: str
) -> None:
    talk.get(target)

    assert server.app.seen[0]["PATH_INFO"] == path
    assert server.app.seen[0]["HTTP_HOST"] == host


@pytest.mark.parametrize("size", [1, 100, 8192, 70_000, 3_000_000])
def test_bodies_come_through_both_ways_whatever_their_framing(
    talk: Talk, size: int
) -> None:
    body = os.urandom(size)
    half = size // 2 or 1
    pieces = chunked(*filter(None, [body[:half], body[half:]]))

    sized = talk.ask("POST", "/", f"Content-Length: {size}", body=body)
    unsized = talk.ask("POST", "/", "Transfer-Encoding: chunked", body=pieces)

    assert sized.body == unsized.body == body
    assert talk.get().body == b"hello"


def test_chunks_may_be_cut_anywhere_and_have_extensions_and_trailers(
    talk: Talk,
) -> None:
    body = b'5;a="b"\r\nhello\r\n00A ;c\r\n, chunked!\r\n0\r\nX-Sum: 1\r\n\r\n'
    talk.send(request("POST", "/", "Transfer-Encoding: chunked"))

    for byte in body:
        talk.send(bytes([byte]))

    assert talk.answer().body == b"hello, chunked!"
    assert talk.get().body == b"hello"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x\r\n", id="no size"),
        pytest.param(b"\r\n", id="an empty size"),
        pytest.param(b"+5\r\nhello\r\n0\r\n\r\n", id="a sign"),
        pytest.param(b"-5\r\nhello\r\n0\r\n\r\n", id="a negative size"),
        pytest.param(b"0x5\r\nhello\r\n0\r\n\r\n", id="0x"),
        pytest.param(b"5_0\r\nhello\r\n0\r\n\r\n", id="an underscore"),
        pytest.param(b"5 \r\nhello\r\n0\r\n\r\n", id="a space"),
        pytest.param(b" 5\r\nhello\r\n0\r\n\r\n", id="a space before"),
        pytest.param(b"5\nhello\r\n0\r\n\r\n", id="a bare LF"),
        pytest.param(b"5\rhello\r\n0\r\n\r\n", id="a bare CR"),
        pytest.param(b"5;a\rb\r\nhello\r\n0\r\n\r\n", id="CR in an extension"),
        pytest.param(b"5\r\nhello0\r\n\r\n", id="no end of a chunk"),
        pytest.param(b"5\r\nhello!\r\n0\r\n\r\n", id="a long chunk"),
        pytest.param(b"5\r\nhello\n0\r\n\r\n", id="LF after a chunk"),
        pytest.param(b"f" * 16 + b"\r\n", id="a huge size"),
        pytest.param(b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n", id="long"),
        pytest.param(b"0\r\nno colon\r\n\r\n", id="a bad trailer"),
        pytest.param(b"0\r\nX : 1\r\n\r\n", id="a space in a trailer"),
        pytest.param(b"0\r\n" + b"X: 1\r\n" * 5000 + b"\r\n", id="many trailers"),
    ],
)
def test_a_bad_chunk_is_a_400_and_the_end(
    talk: Talk, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = talk.ask("POST", "/", "Transfer-Encoding: chunked", body=body)

    assert (answer.status, answer.ends) == (400, True)
    assert talk.rest() == b""
    assert "Traceback" not in caplog.text


SMUGGLING = (
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 5x",
    "Content-Length : 5",
    "X: 1\r\n Y: 2",
    "X: 1\rY: 2",
    "Host: other",
    "Transfer-Encoding: gzip",
)


@pytest.mark.parametrize("lines", SMUGGLING, ids=repr)
def test_a_smuggling_request_is_refused_and_ends_the_connection(
    server: Served, talk: Talk, lines: str, caplog: pytest.LogCaptureFixture
) -> None:
    hidden = request("GET", "/hidden")

    answer = talk.send(request("POST", "/", lines) + b"0\r\n\r\n" + hidden).answer()

    assert (answer.status, answer.ends) == (400, True)
    assert talk.rest() == b""
    assert server.app.seen == []
    assert "Traceback" not in caplog.text


def test_what_the_client_said_is_harmless_in_the_log(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "werkzeug"):
        assert talk.send(b"GET /\x1b[31m HTTP/1.1\r\n\r\n").answer().status == 400

    assert '"GET /\\x1b[31m HTTP/1.1" 400' in caplog.text


def test_requests_that_come_together_are_answered_in_their_order(talk: Talk) -> None:
    talk.send(
        request("POST", "/", "Content-Length: 3")
        + b"one"
        + request("POST", "/", "Transfer-Encoding: chunked")
        + chunked(b"two")
        + b"\r\n"
        + request("GET", "/ignore")
        + request("HEAD", "/")
        + request("GET", "/", "Connection: close")
        + request("GET", "/never")
    )

    answers = [talk.answer(method) for method in ("POST", "POST", "GET", "HEAD", "GET")]

    assert [answer.body for answer in answers] == [
        b"one",
        b"two",
        b"ignored",
        b"",
        b"hello",
    ]
    assert answers[3].headers["Content-Length"] == "5"
    assert talk.rest() == b""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param((["Content-Length: 400000"], b"x" * 400_000), id="sized"),
        pytest.param(
            (["Transfer-Encoding: chunked"], chunked(b"x" * 400_000)), id="chunked"
        ),
    ],
)
def test_a_body_that_the_app_ignores_is_read_away(
    talk: Talk, body: tuple[list[str], bytes]
) -> None:
    lines, data = body

    assert talk.ask("POST", "/ignore", *lines, body=data).body == b"ignored"
    assert talk.get().body == b"hello"


def test_a_body_too_large_to_be_read_away_ends_the_connection(talk: Talk) -> None:
    # More than the kernel would keep for a client that does not read.
    size = 15_000_000

    answer = talk.ask("POST", "/ignore", f"Content-Length: {size}", body=b"x" * size)

    assert (answer.body, answer.ends) == (b"ignored", True)
    assert talk.rest() == b""


def test_a_half_read_body_does_not_become_the_next_request(
    server: Served, talk: Talk
) -> None:
    def half(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return say(start, environ["wsgi.input"].read(5))

    server.app.paths["/half"] = half
    hidden = request("GET", "/hidden")

    first = talk.ask("POST", "/half", f"Content-Length: {len(hidden)}", body=hidden)

    assert first.body == hidden[:5]
    assert talk.get().body == b"hello"
    assert [each["PATH_INFO"] for each in server.app.seen] == ["/half", "/"]


class TestExpect:
    LINES = ("Content-Length: 4", "Expect: 100-continue")

    def test_the_body_is_asked_for_when_the_app_reads_it(self, talk: Talk) -> None:
        talk.send(request("POST", "/", *self.LINES))

        assert talk.line() == b"HTTP/1.1 100 Continue\r\n"
        assert talk.line() == b"\r\n"
        assert talk.send(b"body").answer().body == b"body"
        assert talk.get().body == b"hello"

    def test_it_is_not_asked_for_where_the_app_does_not_read(self, talk: Talk) -> None:
        answer = talk.send(request("POST", "/ignore", *self.LINES)).answer()

        assert (answer.body, answer.ends) == (b"ignored", True)
        assert talk.rest() == b""

    def test_a_body_that_is_there_already_is_read_without(self, talk: Talk) -> None:
        assert talk.ask("POST", "/", *self.LINES, body=b"body").body == b"body"
        assert talk.get().body == b"hello"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body_have_none(
    server: Served, talk: Talk, status: str
) -> None:
    def empty(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start(status, [("ETag", '"x"')])
        return [b"this is dropped"]

    server.app.paths["/empty"] = empty

    answer = talk.get("/empty")

    assert (answer.status, answer.body) == (int(status[:3]), b"")
    assert "Content-Length" not in answer.headers
    assert "Transfer-Encoding" not in answer.headers
    assert talk.get().body == b"hello"


def test_head_gets_the_fields_without_the_body(server: Served, talk: Talk) -> None:
    def stream(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("X-Kind", "stream")])
        return iter([b"a", b"b"])

    server.app.paths["/stream"] = stream

    assert talk.ask("HEAD", "/stream").headers["X-Kind"] == "stream"
    assert talk.ask("HEAD", "/").headers["Content-Length"] == "5"
    assert talk.get("/stream").body == b"ab"


def test_a_client_of_http_1_0_gets_the_end_of_the_connection(server: Served) -> None:
    def stream(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return iter([b"a", b"b"])

    server.app.paths["/stream"] = stream

    for path, body in (("/", b"hello"), ("/stream", b"ab")):
        with server.talk() as talk:
            said = talk.send(f"GET {path} HTTP/1.0\r\n\r\n".encode()).rest()

        head, _, rest = said.partition(b"\r\n\r\n")
        assert rest == body
        assert b"Connection: close" in head
        assert b"chunked" not in head


def test_a_client_of_http_1_0_may_ask_to_stay(talk: Talk) -> None:
    for _ in range(2):
        talk.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = talk.answer()
        assert answer.body == b"hello"
        assert answer.headers["Connection"] == "keep-alive"


@pytest.mark.parametrize("who", ["client", "app"])
def test_close_is_honoured(server: Served, talk: Talk, who: str) -> None:
    def close(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return say(start, b"bye", "200 OK", ("Connection", "close"))

    server.app.paths["/close"] = close

    answer = talk.get("/close") if who == "app" else talk.get("/", "Connection: close")

    assert answer.ends
    assert talk.rest() == b""


def test_what_concerns_the_connection_is_said_by_us_alone(
    server: Served, talk: Talk
) -> None:
    def odd(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        fields = [("Transfer-Encoding", "chunked"), ("Connection", "keep-alive")]
        start("200 OK", [*fields, ("Server", "mine"), ("Date", "today")])
        return iter([b"data"])

    server.app.paths["/odd"] = odd

    said = talk.send(request("GET", "/odd", "Connection: close")).rest()

    assert said.count(b"Transfer-Encoding") == 1
    assert said.count(b"Connection") == 1
    assert said.count(b"Server: mine") == said.count(b"Server") == 1
    assert said.count(b"Date: today") == said.count(b"Date") == 1


class TestStreaming:
    @pytest.fixture
    def stream(self, server: Served) -> Stream:
        stream = Stream()

        def view(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", [("Content-Type", "text/event-stream")])
            return stream

        server.app.paths["/stream"] = view
        return stream

    def test_each_piece_leaves_as_it_comes(self, talk: Talk, stream: Stream) -> None:
        talk.send(request("GET", "/stream"))
        stream.pieces.put(b"data: one\n\n")

        while talk.line() != b"\r\n":
            pass

        assert (talk.line(), talk.line()) == (b"b\r\n", b"data: one\n")
        assert (talk.line(), talk.line()) == (b"\n", b"\r\n")

        stream.pieces.put(b"two")
        assert (talk.line(), talk.line()) == (b"3\r\n", b"two\r\n")

        stream.pieces.put(b"")
        stream.pieces.put(None)
        assert (talk.line(), talk.line()) == (b"0\r\n", b"\r\n")
        assert stream.closed.wait(10)
        assert talk.get().body == b"hello"

    def test_a_client_that_leaves_ends_the_stream_quietly(
        self, server: Served, stream: Stream, caplog: pytest.LogCaptureFixture
    ) -> None:
        with server.talk() as talk:
            talk.send(request("GET", "/stream"))
            stream.pieces.put(b"one")
            assert talk.line().startswith(b"HTTP/1.1 200")

        def ended() -> bool:
            stream.pieces.put(b"more")
            return stream.closed.is_set()

        assert settle(ended)
        assert not [each for each in caplog.records if each.levelname == "ERROR"]


class TestMistakesOfTheApp:
    def test_an_error_is_a_500_with_a_traceback_in_the_log(
        self, server: Served, talk: Talk, caplog: pytest.LogCaptureFixture
    ) -> None:
        def boom(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", [])
            raise ConnectionError("the app's own database")

        server.app.paths["/boom"] = boom

        assert talk.get("/boom").status == 500
        assert "the app's own database" in caplog.text

    def test_an_error_in_the_middle_shows_as_a_cut_answer(
        self, server: Served, talk: Talk
    ) -> None:
        closed = []

        class Pieces:
            def __iter__(self) -> Iterator[bytes]:
                yield b"half"
                raise ValueError("in the middle")

            def close(self) -> None:
                closed.append(True)

        def boom(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", [])
            return Pieces()

        server.app.paths["/boom"] = boom

        said = talk.send(request("GET", "/boom")).rest()

        assert said.endswith(b"4\r\nhalf\r\n")
        assert closed == [True]

    @pytest.mark.parametrize(
        ("length", "complaint"), [("2", "longer than"), ("9", "shorter than")]
    )
    def test_a_wrong_length_ends_the_connection_or_is_cut(
        self,
        server: Served,
        talk: Talk,
        length: str,
        complaint: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def wrong(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", [("Content-Length", length)])
            return [b"hello"]

        server.app.paths["/wrong"] = wrong

        talk.send(request("GET", "/wrong"))

        # Too long is cut; too short can only be shown by the end of everything.
        if length == "2":
            assert talk.answer().body == b"he"
            assert talk.get().body == b"hello"
        else:
            assert talk.rest().endswith(b"\r\n\r\nhello")

        assert complaint in caplog.text

    @pytest.mark.parametrize(
        "fields", [[("X", "a\r\nSet-Cookie: b")], [("X\n", "a")], [("X", "a\rb")]]
    )
    def test_no_header_can_add_another(
        self, server: Served, talk: Talk, fields: list[tuple[str, str]]
    ) -> None:
        def split(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", fields)
            return [b""]

        server.app.paths["/split"] = split

        answer = talk.get("/split")

        assert answer.status == 500
        assert "Set-Cookie" not in answer.headers

    def test_forgetting_to_start_is_a_500(self, server: Served, talk: Talk) -> None:
        server.app.paths["/never"] = lambda environ, start: [b"x"]

        assert talk.get("/never").status == 500

    def test_write_is_there_for_old_apps(self, server: Served, talk: Talk) -> None:
        def old(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            write = start("200 OK", [])
            write(b"one ")
            return [b"two"]

        server.app.paths["/old"] = old

        assert talk.get("/old").body == b"one two"

    def test_an_answer_may_be_replaced_before_it_is_sent(
        self, server: Served, talk: Talk
    ) -> None:
        def view(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", [])
            try:
                raise ValueError
            except ValueError:
                start("503 No", [], sys.exc_info())
            return [b"sorry"]

        server.app.paths["/replaced"] = view

        assert talk.get("/replaced").status == 503


class TestTakingTheSocket:
    UPGRADE = ("Connection: Upgrade", "Upgrade: echo")

    @pytest.fixture(autouse=True)
    def _echo(self, server: Served) -> None:
        def echo(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            client = environ["werkzeug.socket"]
            assert client.gettimeout() is None
            client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            while data := client.recv(100):
                client.sendall(data.upper())
                if data.endswith(b"."):
                    break
            return say(start, b"nobody sees this")

        server.app.paths["/echo"] = echo

    def test_the_app_speaks_for_itself_until_it_returns(self, talk: Talk) -> None:
        talk.send(request("GET", "/echo", *self.UPGRADE))
        assert talk.line().startswith(b"HTTP/1.1 101")
        assert talk.line() == b"\r\n"

        talk.send(b"one\n")
        assert talk.line() == b"ONE\n"

        talk.send(b"two.")
        assert talk.rest() == b"TWO."

    def test_bytes_that_came_with_the_request_are_not_lost(self, talk: Talk) -> None:
        talk.send(request("GET", "/echo", *self.UPGRADE) + b"early.")

        assert talk.rest().endswith(b"\r\n\r\nEARLY.")

    def test_an_upgrade_that_the_app_does_not_know_is_a_normal_request(
        self, talk: Talk
    ) -> None:
        answer = talk.get("/", *self.UPGRADE)

        assert (answer.status, answer.body, answer.ends) == (200, b"hello", True)


def test_a_head_that_was_cut_off_is_no_request(server: Served) -> None:
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: localhost")

    assert server.get().status == 200
    assert len(server.app.seen) == 1


def test_who_leaves_instead_of_sending_his_body_leaves_quietly(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    left = threading.Event()

    def late(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        assert left.wait(10)
        for _ in range(2):
            with pytest.raises(ClientDisconnected):
                environ["wsgi.input"].read()
        return say(start)

    server.app.paths["/late"] = late
    lines = ("Content-Length: 5", "Expect: 100-continue")

    talk = Talk(server.handshake())
    talk.send(request("POST", "/late", *lines))
    reset(talk.connection)
    left.set()

    assert settle(lambda: len(server.app.seen) == 1)
    assert server.get().status == 200
    assert "Traceback" not in caplog.text


def test_a_body_that_was_cut_off_is_no_body(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with server.talk() as talk:
        talk.send(request("POST", "/", "Content-Length: 10") + b"half")

    assert settle(lambda: len(server.app.seen) == 1)
    assert server.get().status == 200
    assert "Traceback" not in caplog.text
