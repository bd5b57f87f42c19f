"""An ACME server that says what a test wants, well or badly. It issues nothing."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .acme_servers import make_https_pair


@dataclass
class Reply:
    """One answer."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    #: Send the headers byte by byte, until this is over.
    dripping: threading.Event | None = None


@dataclass
class FakeAcme:
    """What was asked, and what is answered."""

    port: int
    cafile: Path
    #: Path to reply, or to what makes one of the payload.
    replies: dict[str, Reply | Callable[[Any], Reply]] = field(default_factory=dict)
    #: Path and payload of every signed request.
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    @property
    def directory(self) -> str:
        return self.url("/dir")

    def offer(self, **more: object) -> None:
        """Make a directory, with accounts for everybody."""
        content = {
            "newNonce": self.url("/nonce"),
            "newAccount": self.url("/account"),
            "newOrder": self.url("/order"),
            **more,
        }
        self.replies["/dir"] = Reply(body=content)
        self.replies["/nonce"] = Reply()
        self.replies["/account"] = Reply(
            201, {"status": "valid"}, {"Location": self.url("/account/1")}
        )

    def payloads(self, path: str) -> list[Any]:
        return [payload for asked, payload in self.asked if asked == path]

    def reply(self, path: str, payload: Any) -> Reply:
        found = self.replies.get(path, Reply(404, {"detail": "not here"}))
        return found(payload) if callable(found) else found


def problem(
    code: str, detail: str = "because", status: int = 403, **headers: str
) -> Reply:
    """A refusal."""
    content = {"type": f"urn:ietf:params:acme:error:{code}", "detail": detail}
    return Reply(status, content, {k.replace("_", "-"): v for k, v in headers.items()})


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 20

    def do_GET(self) -> None:
        self._answer(None)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = base64.urlsafe_b64decode(body["payload"] + "==")
        payload = json.loads(text) if text else None
        self.server.fake.asked.append((self.path, payload))
        self._answer(payload)

    def _answer(self, payload: Any) -> None:
        reply = self.server.fake.reply(self.path, payload)
        if reply.dripping:
            self._drip(reply.dripping)

        data = reply.body if isinstance(reply.body, bytes) else None
        data = json.dumps(reply.body).encode() if data is None else data
        self.send_response(reply.status)
        headers = {"Replay-Nonce": "YWJjZA", "Content-Length": str(len(data))}
        for name, value in {**headers, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(OSError):
                self.wfile.write(data)

    def _drip(self, over: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while not over.wait(0.05):
                self.wfile.write(b"x")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeAcme

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


@contextlib.contextmanager
def running_fake(folder: Path) -> Iterator[FakeAcme]:
    cafile, keyfile = make_https_pair(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cafile, keyfile)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.fake = FakeAcme(server.server_port, cafile)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.fake
        finally:
            server.shutdown()
            thread.join()
