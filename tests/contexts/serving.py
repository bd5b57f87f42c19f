"""Real servers with a context of ours, and clients for them."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from flask_tlsdev.contexts import DevContext

from ..tools import run

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment

ROOT = Path(__file__).parents[2]


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers with the body it was sent, and what it knows of the connection."""
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(size) or b"hello"
    client = environ["werkzeug.socket"]
    nodelay = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    start_response(
        "200 OK",
        [
            ("Content-Length", str(len(body))),
            ("X-Nodelay", str(bool(nodelay))),
            ("X-Timeout", str(client.gettimeout())),
            ("X-Scheme", environ["wsgi.url_scheme"]),
        ],
    )
    return [body]


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]
    #: The server's certificate, DER.
    leaf: bytes


def trusting(cafile: Path | None = None) -> ssl.SSLContext:
    """A client's context that trusts this certificate, or everybody."""
    context = ssl.create_default_context()

    if cafile:
        context.load_verify_locations(cafile)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE

    return context


def of_version(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = trusting()
    context.minimum_version = context.maximum_version = version
    return context


@dataclass(frozen=True)
class Server:
    """A server that runs, and what one would ask of it."""

    host: str
    port: int

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    def connect(self, data: bytes = b"") -> socket.socket:
        """A plain connection on which this much has been sent."""
        client = socket.create_connection(self.address, timeout=10)
        client.sendall(data)
        return client

    def say(self, data: bytes) -> bytes:
        """All that the server answers to this, until it closes."""
        with self.connect(data) as client:
            return read_all(client)

    def handshake(
        self, context: ssl.SSLContext | None = None, session: object = None
    ) -> ssl.SSLSocket:
        return (context or trusting()).wrap_socket(
            self.connect(),
            server_hostname="localhost",
            suppress_ragged_eofs=False,
            session=session,  # type: ignore[arg-type]
        )

    def get(self, path: str = "/", *, context: ssl.SSLContext | None = None) -> Answer:
        return self.request("GET", path, context=context)

    def request(
        self,
        method: str,
        path: str = "/",
        *,
        body: bytes | None = None,
        context: ssl.SSLContext | None = None,
    ) -> Answer:
        client = http.client.HTTPSConnection(
            self.host, self.port, timeout=10, context=context or trusting()
        )

        with contextlib.closing(client):
            client.connect()
            assert isinstance(client.sock, ssl.SSLSocket)
            leaf = client.sock.getpeercert(True) or b""
            client.request(method, path, body)
            response = client.getresponse()
            headers = dict(response.getheaders())
            return Answer(response.status, response.read(), headers, leaf)


def read_all(client: socket.socket) -> bytes:
    parts = []

    while data := client.recv(65536):
        parts.append(data)

    return b"".join(parts)


@contextlib.contextmanager
def serving(context: DevContext, host: str = "127.0.0.1") -> Iterator[Server]:
    """Werkzeug's threaded server in this process."""
    server = make_server(host, 0, app, threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    try:
        yield Server(host, server.port)
    finally:
        server.shutdown()
        thread.join()
        settle(lambda: threading.active_count() <= 1)


def settle(done: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until it is done; whether it is."""
    end = time.monotonic() + seconds

    while not (finished := done()) and time.monotonic() < end:
        time.sleep(0.005)

    return finished


@contextlib.contextmanager
def started(
    *command: str | os.PathLike[str], log: Path, cwd: Path, listening: str
) -> Iterator[Server]:
    """A program that serves, once its output says on which port.

    :param listening: A regular expression for that; its group is the port.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, stdout=output, stderr=subprocess.STDOUT
        )

    try:

        def port() -> re.Match[str] | None:
            return re.search(listening, log.read_text())

        settle(lambda: port() is not None or process.poll() is not None, 30)
        found = port()
        assert found is not None, log.read_text()
        yield Server("127.0.0.1", int(found[1]))
    finally:
        process.terminate()
        process.wait(30)


def openssl(
    program: str, server: Server, *options: str | os.PathLike[str]
) -> subprocess.CompletedProcess[str]:
    """``openssl s_client``, which sends one request."""
    return run(
        program,
        "s_client",
        "-connect",
        f"{server.host}:{server.port}",
        "-ign_eof",
        *options,
        stdin="GET / HTTP/1.0\r\n\r\n",
    )
