"""How is one client served, request after request, until one of the two has enough?"""

from __future__ import annotations

import contextlib
import io
import re
import socket
import traceback
from collections.abc import Iterable
from typing import Any
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import InternalServerError
from werkzeug.serving import WSGIRequestHandler

from ..contexts import Connection
from ..contexts import Deadline
from ..contexts import HandshakeFailed
from ..contexts import Stage
from ..printable import printable
from ..printable import without_hidden
from . import limits
from .answers import Answer
from .bodies import Body
from .bodies import ChunkedBody
from .bodies import SizedBody
from .heads import BadRequest
from .heads import Head
from .heads import parse
from .incoming import Incoming

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment


#: Below this path is the development page, where there is one.
PAGE_PATH = "/_tlsdev"

#: What the page finds the client's connection under. It stands for this server: no
#: header that a client sends gets this name, and none is an object.
CONNECTION = "flask_tlsdev.connection"

#: What the page sets for a request that is not to be logged: it watches all the
#: time, and the developer looks for what the app was asked.
QUIET = "flask_tlsdev.quiet"

#: Bytes of a path that a client should have encoded.
_BEYOND_ASCII = r"[^\x00-\x7f]"


class ClientGone(ConnectionError):
    """Our own sending failed; no other error of the app means that."""


class Fields(tuple[tuple[str, str], ...]):
    """A request's header fields, as Werkzeug's handler reads them."""

    def items(self) -> Iterable[tuple[str, str]]:
        return self


class RequestHandler(WSGIRequestHandler):
    """Serves one connection: several requests, each with an end of its own.

    It takes a :class:`~flask_tlsdev.contexts.Connection`, so it needs a
    :class:`~flask_tlsdev.contexts.DevContext`.
    """

    protocol_version = "HTTP/1.1"

    #: How long a client may take. :func:`handler` makes a class with others.
    limits = limits.Limits()

    #: The development page around the app.
    page: WSGIApplication | None = None

    connection: Connection

    def setup(self) -> None:
        # No streams: they would read ahead of the end of a request, and a
        # stream is of no use any more when one of its reads has timed out.
        self.connection = self.request
        self.close_connection = False
        self.environ: WSGIEnvironment = {}
        self.requestline = ""
        self.command = ""
        self.rfile: Any = None
        self._incoming = Incoming(self.connection)
        self._sent = 0
        self._taken_over = False
        self._continued = False

    def finish(self) -> None:
        """The server closes the connection."""

    def handle(self) -> None:
        """Serve requests until the connection has to be closed."""
        try:
            while not self.close_connection:
                self.handle_one_request()
        except HandshakeFailed as error:
            self.log("warning", "%s", error)
        except OSError as error:
            self.connection_dropped(error)

    def handle_one_request(self) -> None:
        data = b""

        try:
            found = self._incoming.read_head(self.limits)

            if found is None:
                self.close_connection = True
                return

            data = found
            self._request = parse(data)
        except BadRequest as error:
            self._refuse(error, data or bytes(self._incoming.buffer[:500]))
            return

        self.connection.move(Stage.BUSY)
        self._describe(self._request)
        self.run_wsgi()

    def run_wsgi(self) -> None:
        """Let the app answer the request that has been read."""
        request = self._request
        body = self._body(request)
        answer = self._answer(request, body)
        self.environ = self.make_environ()
        self.environ["wsgi.input"] = _stream(body)
        self.environ["wsgi.input_terminated"] = True
        self._hand_over(request)

        try:
            self._respond(self._app(), answer)
        except ClientGone as error:
            self.close_connection = True
            self.connection_dropped(error, self.environ)
        except HTTPException as error:
            self._fail(answer, error if error is body.failure else None)
        except Exception:
            self._fail(answer)

        if answer.complaint:
            self.log("error", "%s", answer.complaint)

        if not self.close_connection:
            self._end(answer, body)

    def _app(self) -> WSGIApplication:
        if self.page is None or not self.path.startswith(PAGE_PATH):
            return self.server.app

        self.environ[CONNECTION] = self.connection
        return self.page

    def _describe(self, request: Head) -> None:
        """Set what Werkzeug's part of the handler reads."""
        self.requestline = request.line
        self.command = request.method
        self.request_version = request.version
        self.headers: Any = Fields(request.fields)
        # A path that begins with two slashes is the start of another URL when
        # an app redirects to it.
        target = request.target
        target = f"/{target.lstrip('/')}" if target[:2] == "//" else target
        if not target.isascii():
            target = re.sub(_BEYOND_ASCII, _quote, target)

        self.path = target

    def _body(self, request: Head) -> Body:
        patience = self.limits.head_timeout
        announce = self._continue if request.expects_continue else _nothing

        if request.length is None:
            return ChunkedBody(self._incoming, patience, announce)

        return SizedBody(self._incoming, patience, announce, length=request.length)

    def _continue(self) -> None:
        if not self._continued:
            self._continued = True
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer(self, request: Head, body: Body) -> Answer:
        self._continued = False
        return Answer(
            request,
            send=self._send,
            log=self.log_request,
            extra={"Server": self.version_string(), "Date": self.date_time_string()},
            may_go_on=lambda: request.keep_alive and self._can_go_on(request, body),
            idle_timeout=self.limits.idle_timeout,
        )

    def _can_go_on(self, request: Head, body: Body) -> bool:
        """Whether the end of this request can be found."""
        if body.failure is not None or request.upgrade or self.close_connection:
            return False

        # Nobody knows whether a client that was not asked for its body sends it.
        if request.expects_continue and not (self._continued or body.done):
            return False

        return not isinstance(body, SizedBody) or body.left <= limits.DRAIN_LIMIT

    def _hand_over(self, request: Head) -> None:
        """Make the socket ready for an app that may want to have it."""
        if request.upgrade:
            self.connection.unread(self._incoming.take(len(self._incoming.buffer)))
            self.connection.settimeout(None)

    def _respond(self, app: WSGIApplication, answer: Answer) -> None:
        pieces = app(self.environ, answer.start_response)

        try:
            for piece in pieces:
                answer.write(piece)
            answer.finish()
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _fail(self, answer: Answer, response: HTTPException | None = None) -> None:
        """Answer for an app that could not, as far as it can still be done."""
        if self._is_taken_over():
            self.close_connection = True
            return

        if self.server.passthrough_errors and response is None:
            raise

        if response is None:
            self.server.log("error", f"Error on request:\n{traceback.format_exc()}")

        if answer.begun:
            # The client sees that the end is missing.
            self.close_connection = True
            return

        answer.forget()
        self.close_connection = True

        try:
            self._respond(response or InternalServerError(), answer)
            self._linger()
        except ClientGone:
            pass

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if QUIET not in self.environ:
            super().log_request(code, size)

    def log(self, type: str, message: str, *args: Any) -> None:
        # Werkzeug escapes control characters, then adds colours.
        shown = (without_hidden(str(each)) for each in args)
        super().log(type, message, *shown)

    def _is_taken_over(self) -> bool:
        """Whether the app has sent something past us, as for a websocket."""
        self._taken_over = self._taken_over or self.connection.sent != self._sent
        return self._taken_over

    def _end(self, answer: Answer, body: Body) -> None:
        """Get to the end of the request, or see to it that none follows."""
        if self._is_taken_over():
            self.close_connection = True
        elif not answer.keep_alive or not self._drain(body):
            self.close_connection = True
            if not body.done:
                self._linger()

    def _drain(self, body: Body) -> bool:
        """Read what the app has left of a body; whether the next request follows."""
        # It is too late to ask for it.
        self._continued = True
        return body.done or body.drain(limits.DRAIN_LIMIT, limits.LINGER_SECONDS)

    def _refuse(self, error: BadRequest, head: bytes) -> None:
        """Answer a request that no app gets to see."""
        self.close_connection = True
        body = f"{error}\n".encode()
        line = printable(head.partition(b"\n")[0].rstrip(b"\r"), 80)
        self.log("info", '"%s" %s -', line, error.status[:3])

        with contextlib.suppress(ClientGone):
            self._send(
                f"HTTP/1.1 {error.status}\r\n"
                f"Date: {self.date_time_string()}\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\n"
                "Cache-Control: no-store\r\n"
                "Connection: close\r\n"
                "\r\n".encode("ascii")
                + body
            )
            self._linger()

    def _send(self, data: bytes) -> None:
        if self._is_taken_over():
            raise ClientGone("The app has taken the connection over")

        try:
            self.connection.settimeout(limits.SEND_SECONDS)

            # Each piece has its own deadline: a large answer to a slow client
            # takes long in all.
            for start in range(0, len(data), limits.PIECE):
                self.connection.sendall(data[start : start + limits.PIECE])
        except OSError as error:
            raise ClientGone(str(error)) from error
        finally:
            self._sent = self.connection.sent

    def _linger(self) -> None:
        """Let a client that still sends get to our answer.

        Closing on bytes that nobody has read resets the connection, and a
        reset throws away what the client has not read yet.
        """
        self.connection.move(Stage.SPEAKING)
        deadline = Deadline.after(limits.LINGER_SECONDS)
        left = limits.LINGER_LIMIT

        with contextlib.suppress(OSError):
            # From here on the bytes are not decrypted any more.
            self.connection.shutdown(socket.SHUT_WR)

            while left > 0:
                self.connection.settimeout(deadline.remaining())
                data = self.connection.recv(limits.PIECE)
                left -= len(data) or left


def _quote(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def _stream(body: Body) -> io.BufferedReader | io.BytesIO:
    return io.BytesIO() if body.done else io.BufferedReader(body, limits.PIECE)


def _nothing() -> None:
    """Most clients send their bodies without being asked."""


def handler(
    chosen: limits.Limits, page: WSGIApplication | None = None
) -> type[RequestHandler]:
    """A handler with these limits, for ``run_simple(request_handler=...)``.

    :param page: What is asked in the app's place below :data:`PAGE_PATH`.
    """
    members: dict[str, Any] = {"limits": chosen}
    if page is not None:
        # Else it would become a method.
        members["page"] = staticmethod(page)

    return type("RequestHandler", (RequestHandler,), members)
