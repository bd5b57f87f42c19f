"""What does one ``flask tls run`` start, and what has to go when it ends?"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import field
from typing import Any
from typing import NamedTuple
from typing import TYPE_CHECKING

from werkzeug.serving import is_running_from_reloader
from werkzeug.serving import make_server
from werkzeug.serving import run_simple

from ..contexts import DevContext
from . import sockets
from .handler import handler
from .handler import RequestHandler
from .limits import Limits

if TYPE_CHECKING:
    from socketserver import BaseServer

    from _typeshed.wsgi import WSGIApplication

#: How the reloader's parent hands its listening sockets to its children, so
#: that clients wait while the code is loaded anew.
_SOCKETS = "TLSDEV_SOCKETS"


class Options(NamedTuple):
    """How an app is served."""

    host: str
    port: int
    context: DevContext
    limits: Limits = field(default_factory=Limits)
    #: Whether to listen on the other address of ``localhost`` too.
    is_localhost: bool = False
    reload: bool = False
    #: The names under which the debugger's console may be used; ``None``: no
    #: debugger.
    debugger_names: frozenset[str] | None = None
    threads: bool = True
    extra_files: Iterable[str] | None = None
    exclude_patterns: Iterable[str] | None = None
    #: A port that sends plain HTTP to ``https``.
    redirect_port: int | None = None
    #: Called with what the user should know.
    say: Callable[[str], object] = str
    #: Makes one app of two: the app, and the same in the debugger.
    guard: Callable[[WSGIApplication, WSGIApplication], WSGIApplication] | None = None
    #: Makes the development page around the app.
    page: Callable[[WSGIApplication], WSGIApplication] | None = None
    #: Makes the app one whose pages lead there.
    links: Callable[[WSGIApplication], WSGIApplication] | None = None
    #: Called once with the port, before the first client comes.
    announce: Callable[[int], object] | None = None


class _Listeners(NamedTuple):
    """The sockets that we listen on ourselves, beside Werkzeug's one."""

    #: The port of Werkzeug's socket.
    port: int
    #: The other address of ``localhost``.
    second: socket.socket | None
    redirects: tuple[socket.socket, ...]

    @classmethod
    def open(cls, options: Options) -> _Listeners:
        """:raises TLSDevError: A port cannot be had."""
        other = sockets.other_loopback(options.host) if options.is_localhost else None
        port = sockets.probe(options.host, options.port)
        second = other and sockets.listen_if_possible(other, port)
        return cls(port, second or None, _redirects(options, other))

    @classmethod
    def of_parent(cls) -> _Listeners:
        """The sockets that the reloader's parent has opened."""
        fields = json.loads(os.environ[_SOCKETS])
        second = fields["second"]
        return cls(
            fields["port"],
            None if second is None else socket.socket(fileno=second),
            tuple(socket.socket(fileno=each) for each in fields["redirects"]),
        )

    def hand_down(self) -> None:
        for each in (self.second, *self.redirects):
            if each is not None:
                each.set_inheritable(True)

        os.environ[_SOCKETS] = json.dumps(
            {
                "port": self.port,
                "second": self.second and self.second.fileno(),
                "redirects": [each.fileno() for each in self.redirects],
            }
        )

    def announce(self, say: Callable[[str], object]) -> None:
        for each in self.redirects[:1]:
            say(f"Plain HTTP on port {each.getsockname()[1]} is sent to HTTPS")

    def close(self) -> None:
        for each in (self.second, *self.redirects):
            if each is not None:
                each.close()


def _redirects(options: Options, other: str | None) -> tuple[socket.socket, ...]:
    if options.redirect_port is None:
        return ()

    host = "127.0.0.1" if sockets.is_unix(options.host) else options.host
    first = sockets.listen(host, options.redirect_port)
    port: int = first.getsockname()[1]
    second = other and sockets.listen_if_possible(other, port)
    return (first, second) if second else (first,)


def serve(app: WSGIApplication, options: Options) -> None:
    """Serve the app until somebody ends it.

    :raises TLSDevError: A port cannot be had.
    """
    with _clean_end(options), contextlib.ExitStack() as stack:
        app = _wrap(app, options)
        page = options.page(app) if options.page is not None else None
        app = options.links(app) if options.links is not None else app
        serves = handler(options.limits, page)

        if is_running_from_reloader():
            listeners = _Listeners.of_parent()
        else:
            listeners = _Listeners.open(options)
            listeners.announce(options.say)
            if options.announce is not None:
                options.announce(listeners.port)

        stack.callback(listeners.close)

        if options.reload and not is_running_from_reloader():
            listeners.hand_down()
        else:
            for server in _servers(app, options, listeners, serves):
                _start(server)

        run_simple(
            options.host,
            listeners.port,
            app,
            use_reloader=options.reload,
            # A lock around the app is what --without-threads means: one thread
            # would wait for whichever client comes first.
            threaded=True,
            ssl_context=options.context,
            extra_files=options.extra_files,
            exclude_patterns=options.exclude_patterns,
            request_handler=serves,
        )


def _wrap(app: WSGIApplication, options: Options) -> WSGIApplication:
    plain = app

    if options.debugger_names is not None:
        from .debugger import Debugger

        app = Debugger(app, options.debugger_names)

    if options.guard is not None:
        app = options.guard(plain, app)

    if options.threads:
        return app

    from .single import OneAtATime

    return OneAtATime(app)


def _servers(
    app: WSGIApplication,
    options: Options,
    listeners: _Listeners,
    serves: type[RequestHandler],
) -> Iterator[BaseServer]:
    if listeners.second is not None:
        host, port, *_ = listeners.second.getsockname()
        yield make_server(
            host,
            port,
            app,
            threaded=True,
            request_handler=serves,
            ssl_context=options.context,
            fd=listeners.second.fileno(),
        )

    if listeners.redirects:
        from .redirect import RedirectServer

        for each in listeners.redirects:
            yield RedirectServer(each, options.context, listeners.port)


def _start(server: BaseServer) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()


@contextlib.contextmanager
def _clean_end(options: Options) -> Iterator[None]:
    """End at once on SIGTERM as on Ctrl-C, and leave no socket file."""
    previous = _on_sigterm()

    try:
        yield
    finally:
        if previous is not None:
            signal.signal(signal.SIGTERM, previous)

        if sockets.is_unix(options.host) and not is_running_from_reloader():
            with contextlib.suppress(OSError):
                sockets.socket_path(options.host).unlink()


def _on_sigterm() -> Any:
    """Make SIGTERM end this process in order; the handler that was there."""
    if threading.current_thread() is not threading.main_thread():
        return None

    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return None

    return signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
