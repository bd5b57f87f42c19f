"""How is a client accepted at once, and met only where it can hold up nobody?"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any
from typing import NamedTuple
from typing import NoReturn
from typing import Protocol
from typing import TYPE_CHECKING

from ._deadline import Deadline
from .crowd import Crowd
from .crowd import Stage
from .failures import explain
from .failures import HandshakeFailed

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from _typeshed import WriteableBuffer

    from ..challenges import Challenges

logger = logging.getLogger("flask_tlsdev")

#: Seconds between two looks at a message that has not come whole.
_PAUSE = 0.01

#: The first byte of every TLS client: the type of a handshake record.
_HANDSHAKE_RECORD = b"\x16"

#: The client's own failures, which tell the developer nothing: browsers open
#: connections in advance and drop them.
_DROPPED = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class Terms(NamedTuple):
    """How a client is met."""

    #: Seconds from the first read to the end of the handshake.
    timeout: float
    #: Answers a client that speaks plain HTTP. The socket is closed afterwards.
    answer_plain: Callable[[socket.socket, Deadline], None]
    #: Everybody who is connected.
    crowd: Crowd
    #: The answers to tls-alpn-01, while there are any.
    challenges: Challenges | None = None
    #: Whether a name that a client asks for is one that is served.
    serves: Callable[[str], bool] = bool
    #: Is told of a failed handshake, and whose it was.
    refused: Callable[[HandshakeFailed, str], object] | None = None


class Source(Protocol):
    """The context of a listening socket."""

    @property
    def terms(self) -> Terms: ...

    def current(self) -> ssl.SSLContext: ...


class Connection(ssl.SSLSocket):
    """A client of ours, met when it is first read from or written to.

    That is in the thread or process that serves it. Until then nothing has
    been read from it, so accepting it took no time. If it cannot be met,
    :exc:`ConnectionAbortedError` is raised, which Werkzeug takes for a client
    that went away; a failed handshake is a :exc:`HandshakeFailed`, which it logs.
    """

    _terms: Terms | None = None
    _crowd: Crowd | None = None
    _met = False
    #: Where the client is, for when it has gone; empty for a Unix socket.
    _peer = ""
    _unread = b""

    #: The name in the client's hello, where it was given the default pair.
    asked: str | None = None

    #: How often somebody has sent through this socket. A server that finds it
    #: higher than its own count knows that the app has taken the socket over.
    sent = 0

    def move(self, stage: Stage) -> None:
        """Say what the client is doing, for when there are too many of them."""
        if self._crowd is not None:
            self._crowd.move(self, stage)

    def unread(self, data: bytes) -> None:
        """Let the next reader have these bytes first."""
        self._unread = data + self._unread

    def do_handshake(self, block: bool = False) -> None:
        self._ready()

    def read(self, len: int = 1024, buffer: Any = None) -> Any:
        self._ready()
        return super().read(len, buffer)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self._ready()

        if self._unread:
            data, self._unread = self._unread[:buflen], self._unread[buflen:]
            return data

        return super().recv(buflen, flags)

    def recv_into(
        self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0
    ) -> int:
        self._ready()

        if self._unread:
            with memoryview(buffer).cast("B") as view:
                data = self.recv(nbytes or len(view))
                view[: len(data)] = data
            return len(data)

        return super().recv_into(buffer, nbytes, flags)

    def pending(self) -> int:
        return len(self._unread) + super().pending()

    def write(self, data: ReadableBuffer) -> int:
        self._ready()
        return super().write(data)

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        self._ready()
        self.sent += 1
        return super().send(data, flags)

    def shutdown(self, how: int) -> None:
        """End the connection, and say so in TLS to whom a handshake was made.

        The client's answer is not waited for. Without a close_notify it could
        not tell the end of an answer from one that was cut off.
        """
        if self._met and how != socket.SHUT_RD:
            with contextlib.suppress(OSError, ValueError):
                self.settimeout(0)
                self.unwrap()

        super().shutdown(how)

    def close(self) -> None:
        if self._crowd is not None:
            self._crowd.leave(self)

        super().close()

    def _ready(self) -> None:
        if not self._met:
            self._meet()

    def _meet(self) -> None:
        terms, self._terms = self._terms, None

        if terms is None:
            raise ConnectionAbortedError(errno.ECONNABORTED, "The client is gone")

        deadline = Deadline.after(terms.timeout)
        timeout = self.gettimeout()

        try:
            first = self._peek(deadline)
            self.move(Stage.SPEAKING)

            if first == _HANDSHAKE_RECORD:
                self._answer_validator(terms.challenges, deadline)
                self.settimeout(deadline.remaining())
                super().do_handshake()
                self.settimeout(timeout)
                self._met = True
                self.move(Stage.BUSY)
        except OSError as error:
            self._leave().close()

            if isinstance(error, ssl.SSLError) and not isinstance(error, _DROPPED):
                failure = explain(error, self._missed(terms))
                if terms.refused is not None:
                    terms.refused(failure, self._peer)
                raise failure from error

            _abort(f"The client did not finish its handshake: {error}", error)

        if not self._met:
            self._turn_away(first, terms, deadline)

    def _missed(self, terms: Terms) -> str | None:
        """The name that the client has asked for in vain."""
        return self.asked if self.asked and not terms.serves(self.asked) else None

    def _peek(self, deadline: Deadline, count: int = 1) -> bytes:
        self.settimeout(deadline.remaining())

        # ssl.SSLSocket allows no flags, and would look for TLS in it.
        return super(ssl.SSLSocket, self).recv(count, socket.MSG_PEEK)

    def _answer_validator(
        self, challenges: Challenges | None, deadline: Deadline
    ) -> None:
        """Give an ACME server that validates what it came for."""
        if challenges is None or not challenges.wants_certificates:
            return

        from . import validating

        data = self._peek(deadline, validating.RECORD_LIMIT)
        while len(data) < validating.record_length(data) <= validating.RECORD_LIMIT:
            # What has come already wakes nobody a second time.
            time.sleep(min(_PAUSE, deadline.remaining()))
            data = self._peek(deadline, validating.RECORD_LIMIT)

        host = validating.validated_host(data)
        if host is not None:
            self.context = validating.context_for(challenges, host) or self.context

    def _turn_away(self, first: bytes, terms: Terms, deadline: Deadline) -> NoReturn:
        with self._leave() as plain:
            if not first:
                _abort("The client left without a word")

            if not first.isalpha():
                _abort(f"The client speaks neither TLS nor HTTP: {first!r}")

            try:
                terms.crowd.enter(plain, Stage.SPEAKING)
                terms.answer_plain(plain, deadline)
            except OSError as error:
                _abort(f"A client with plain HTTP went away: {error}", error)
            finally:
                terms.crowd.leave(plain)

        _abort("A client with plain HTTP was answered")

    def _leave(self) -> socket.socket:
        """The bare connection; this socket is closed from now on."""
        # Named, since they cannot be found out of a connection that was reset.
        kind = self.family, self.type, self.proto

        if self._crowd is not None:
            self._crowd.leave(self)

        return socket.socket(*kind, fileno=self.detach())


class ListeningSocket(ssl.SSLSocket):
    """Accepts clients without a handshake.

    A :class:`DevContext` makes its sockets of this class, also those that are
    connected already; they differ only in :meth:`accept`.
    """

    def accept(self) -> tuple[ssl.SSLSocket, Any]:
        source: Source = self.context  # type: ignore[assignment]
        crowd = source.terms.crowd
        crowd.make_room()

        try:
            # Past ssl.SSLSocket, whose accept() makes the handshake.
            plain, address = super(ssl.SSLSocket, self).accept()
        except OSError as error:
            # A server would ask again at once, and again.
            if error.errno in (errno.EMFILE, errno.ENFILE):
                crowd.drop_one()
            raise

        try:
            _send_at_once(plain)
            connection = source.current().wrap_socket(
                plain,
                server_side=True,
                do_handshake_on_connect=False,
            )
        except BaseException:
            plain.close()
            raise

        if isinstance(connection, Connection):
            connection._terms = source.terms
            connection._crowd = crowd
            connection._peer = _shown(address)
            crowd.enter(connection)

        return connection, address


def _shown(address: object) -> str:
    # A socket for both families has IPv4 clients as "::ffff:192.0.2.1".
    text = str(address[0]) if isinstance(address, tuple) else ""
    return text.removeprefix("::ffff:")


def _send_at_once(client: socket.socket) -> None:
    # The session tickets would meet Nagle's algorithm and the client's delayed
    # acknowledgement, which cost each request about ten milliseconds. A Unix
    # socket has no such option, nor on macOS a client that has gone.
    with contextlib.suppress(OSError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)


def _abort(reason: str, cause: BaseException | None = None) -> NoReturn:
    logger.debug("%s", reason)
    raise ConnectionAbortedError(errno.ECONNABORTED, reason) from cause
