"""http-01: a file under the name, over plain HTTP (RFC 8555, section 8.3)."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from ....challenges import Challenges
from ....challenges import HTTP_PATH
from ._base import Challenge
from ._base import CLIENT_SECONDS
from ._base import Published


class Http01(Published):
    """A small server of ours, or the running app, shows the answers."""

    kind = "http-01"
    unserved = "Without --http-port only the running app answers."

    def _publish(self, challenge: Challenge) -> AbstractContextManager[None]:
        return self.challenges.publish_token(
            challenge.token, challenge.key_authorization
        )

    def _serve(
        self, listeners: Sequence[socket.socket]
    ) -> AbstractContextManager[None]:
        return _serving(listeners, self.challenges)


class _Handler(BaseHTTPRequestHandler):
    """Answers challenges and nothing else."""

    timeout = CLIENT_SECONDS
    server_version = "flask-tlsdev"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        data = None
        if self.path.startswith(HTTP_PATH):
            token = self.path.removeprefix(HTTP_PATH)
            data = self.server.challenges.key_authorization(token)

        self.send_response(404 if data is None else 200)
        body = b"No such challenge.\n" if data is None else data
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the order's own words tell how it went."""


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, challenges: Challenges) -> None:
        self.challenges = challenges
        super().__init__(("", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_address = listener.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def _serving(
    listeners: Sequence[socket.socket], challenges: Challenges
) -> Iterator[None]:
    servers = [_Server(each, challenges) for each in listeners]
    threads = [
        threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True)
        for each in servers
    ]
    for thread in threads:
        thread.start()

    try:
        yield
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
