"""A server with our handler in this process, an app that does as it is told, and
clients that say exactly what a test wants them to say.
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.server import Limits
from flask_tlsdev.server.handler import handler

from ..contexts.serving import Server
from ..contexts.serving import settle

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment


def say(
    start_response: StartResponse,
    body: bytes = b"",
    status: str = "200 OK",
    *fields: tuple[str, str],
) -> list[bytes]:
    """An answer whose size is known."""
    start_response(status, [("Content-Length", str(len(body))), *fields])
    return [body]


@dataclass
class Stream:
    """An answer that comes piece by piece, as the test hands them in."""

    pieces: queue.Queue[bytes | None] = field(default_factory=queue.Queue)
    closed: threading.Event = field(default_factory=threading.Event)
    first: bytes | None = None

    def __iter__(self) -> Iterator[bytes]:
        if self.first is not None:
            yield self.first
        while (piece := self.pieces.get(timeout=10)) is not None:
            yield piece

    def close(self) -> None:
        self.closed.set()


@dataclass
class App:
    """The app of a test: its paths, and what it has seen."""

    paths: dict[str, Any] = field(default_factory=dict)
    seen: list[WSGIEnvironment] = field(default_factory=list)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.seen.append(environ)
        view = self.paths.get(environ["PATH_INFO"])

        if view is not None:
            result: Iterable[bytes] = view(environ, start_response)
            return result

        if environ["PATH_INFO"] == "/ignore":
            return say(start_response, b"ignored")

        return say(start_response, environ["wsgi.input"].read() or b"hello")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def ends(self) -> bool:
        """Whether the server has said that it closes."""
        return self.headers.get("Connection") == "close"


class _Open:
    """A file that stays open when a response has been read from it."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def makefile(self, mode: str) -> _Open:
        return self

    def close(self) -> None:
        pass


class Talk:
    """A TLS connection on which a test says what it likes."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.file = connection.makefile("rb")

    def send(self, data: bytes) -> Talk:
        self.connection.sendall(data)
        return self

    def get(self, path: str = "/", *lines: str) -> Answer:
        return self.ask("GET", path, *lines)

    def ask(self, method: str, path: str, *lines: str, body: bytes = b"") -> Answer:
        self.send(request(method, path, *lines) + body)
        return self.answer(method)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer, and not a byte more."""
        response = http.client.HTTPResponse(
            _Open(self.file),  # type: ignore[arg-type]
            method=method,
        )
        response.begin()
        return Answer(response.status, response.read(), dict(response.getheaders()))

    def line(self) -> bytes:
        return self.file.readline()

    def rest(self) -> bytes:
        """All that comes until the server closes."""
        return self.file.read()

    def close(self) -> None:
        self.file.close()
        self.connection.close()


def request(method: str, path: str, *lines: str) -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]
    return "\r\n".join(head).encode("latin-1")


@dataclass(frozen=True)
class Served(Server):
    """A server in this process, and its app."""

    app: App = field(default_factory=App)

    @contextlib.contextmanager
    def talk(self) -> Iterator[Talk]:
        talk = Talk(self.handshake())
        try:
            yield talk
        finally:
            talk.close()


@contextlib.contextmanager
def serving(
    context: DevContext,
    limits: Limits | None = None,
    wrap: Callable[[WSGIApplication], WSGIApplication] = lambda app: app,
) -> Iterator[Served]:
    app = App()
    server = make_server(
        "127.0.0.1",
        0,
        wrap(app),
        threaded=True,
        ssl_context=context,
        request_handler=handler(limits or Limits()),
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    try:
        yield Served("127.0.0.1", server.port, app)
    finally:
        server.shutdown()
        thread.join()
        settle(lambda: threading.active_count() <= 1)
