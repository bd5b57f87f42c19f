"""Who answers plain HTTP on a port of its own?"""

from __future__ import annotations

import contextlib
import errno
import socket
import socketserver
from typing import Any

from ..contexts import Deadline
from ..contexts import DevContext
from ..contexts import Stage
from ..contexts.plain_http import answer

#: Seconds for the head of a request that is only to be sent elsewhere.
_SECONDS = 10.0


class RedirectServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Sends every client to ``https`` on another port.

    :param listener: A listening socket. It is closed with the server.
    :param context: Whose names may stand in the answer. Its clients and these
        are counted together.
    :param port: The port of ``https``.
    """

    daemon_threads = True

    def __init__(self, listener: socket.socket, context: DevContext, port: int) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.context = context
        self.https_port = port

    def get_request(self) -> tuple[socket.socket, Any]:
        crowd = self.context.terms.crowd
        crowd.make_room()

        try:
            client, address = super().get_request()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                crowd.drop_one()
            raise

        crowd.enter(client)
        return client, address

    def close_request(self, request: Any) -> None:
        self.context.terms.crowd.leave(request)
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(socketserver.BaseRequestHandler):
    server: RedirectServer

    def handle(self) -> None:
        context = self.server.context
        context.terms.crowd.move(self.request, Stage.SPEAKING)

        with contextlib.suppress(OSError):
            answer(
                self.request,
                context.names,
                Deadline.after(_SECONDS),
                port=self.server.https_port,
            )
