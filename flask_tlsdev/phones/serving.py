"""Who gets the page, where, and when is it over?

All that is ever sent is in memory before the first client comes: no path that is
asked for leads to a file.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import threading
from collections.abc import Mapping
from collections.abc import Sequence
from enum import Enum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from ipaddress import IPv4Address
from ipaddress import IPv6Address
from typing import Any

from ..errors import TLSDevError
from ..lan import private_interfaces
from .files import Download

Address = IPv4Address | IPv6Address

#: How many clients are answered at once; the next ones are hung up on.
_CROWD = 16
#: Seconds for one client to ask, and to take its answer.
_PATIENCE = 10.0


class Ended(Enum):
    """Why the page is gone."""

    TIME = "its time is over"
    DOWNLOADS = "it was downloaded as often as it may be"


def choose_address(text: str | None = None) -> Address:
    """The one private address to listen on.

    :param text: Of this machine's addresses, this one. Else the one that
        packets to elsewhere leave from.
    """
    own = [each.ip for each in private_interfaces()]
    if text is not None:
        return _chosen(text, own)

    if not own:
        raise TLSDevError(
            "This machine is in no private network, so no phone could reach the page.",
            hint="Hand the file over: flask tls ca export --out root.crt",
        )

    usual = _usual_address()
    return usual if usual in own else own[0]


def _chosen(text: str, own: Sequence[Address]) -> Address:
    try:
        chosen = ip_address(text)
    except ValueError:
        chosen = None

    # The way of `adb reverse`: a phone on a cable reaches this machine's own.
    if chosen is not None and (chosen in own or chosen.is_loopback):
        return chosen

    raise TLSDevError(
        "The page is shown on one private address of this machine only.",
        hint=f"Choose one of these: {', '.join(map(str, own)) or 'there is none'}",
    )


def _usual_address() -> Address | None:
    # Nothing is sent: a datagram socket only chooses its way.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))
        except OSError:
            return None

        return ip_address(str(way.getsockname()[0]))


class PhoneServer:
    """Shows a page and its files under a path that nobody guesses.

    :param downloads: How often a file is given out.
    """

    def __init__(self, address: Address, port: int = 0, *, downloads: int = 10) -> None:
        self._token = secrets.token_urlsafe(16)
        self._answers: dict[str, tuple[str, bytes, Mapping[str, str]]] = {}
        self._left = downloads
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = _listen(address, port, self)
        host = f"[{address}]" if address.version == 6 else str(address)
        number = self._server.server_port
        # As browsers write it in a request, which leaves out the usual port.
        self._host = host if number == 80 else f"{host}:{number}"

    @property
    def url(self) -> str:
        return f"http://{self._host}/{self._token}/"

    def put_page(self, html: bytes, policy: str) -> None:
        """What is at the URL itself."""
        headers = {"Content-Security-Policy": policy}
        self._answers[""] = ("text/html; charset=utf-8", html, headers)

    def put_files(self, files: Sequence[Download]) -> None:
        """What is below it, to be saved."""
        for file in files:
            # Safari shows a profile to the user by itself, and saves one that is
            # sent as an attachment.
            is_profile = file.name.endswith(".mobileconfig")
            kind = "inline" if is_profile else "attachment"
            headers = {"Content-Disposition": f'{kind}; filename="{file.name}"'}
            self._answers[file.name] = (file.content_type, file.data, headers)

    def serve(self, seconds: float) -> Ended:
        """Answer until that time or the last download is over, or until Ctrl-C."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            is_over = self._over.wait(seconds)
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

        return Ended.DOWNLOADS if is_over else Ended.TIME

    def find(self, path: str, host: str) -> tuple[str, bytes, Mapping[str, str]] | None:
        """The answer to a request; ``None`` for all that is not ours."""
        parts = path.encode("utf-8", "replace").split(b"/", 2)
        # Another name for this address is how a web page of a stranger's asks.
        if len(parts) != 3 or host != self._host:
            return None

        if not hmac.compare_digest(parts[1], self._token.encode()):
            return None

        return self._answers.get(parts[2].decode())

    def may_send(self, path: str) -> bool:
        """Whether it may be given out once more. The page always may."""
        if path.endswith("/"):
            return True

        with self._lock:
            self._left -= 1
            return self._left >= 0

    def sent(self) -> None:
        """A file has gone out. Was it the last one?"""
        if self._left <= 0:
            self._over.set()

    def close(self) -> None:
        """Listen no longer, where it was never served."""
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    #: Someone who does not finish his request does not keep us from ending.
    block_on_close = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._crowd = threading.Semaphore(_CROWD)
        super().__init__(*arguments, **named)

    def server_bind(self) -> None:
        # The inherited one asks a name server who we are.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_port = int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._crowd.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._crowd.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is nobody's concern."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _listen(address: Address, port: int, phone: PhoneServer) -> _Server:
    class Handler(_Handler):
        server_of_phones = phone

    kind = _Server6 if address.version == 6 else _Server
    try:
        return kind((str(address), port), Handler)
    except OSError as error:
        raise TLSDevError(
            f"The page cannot be shown on {address}, port {port}: {error.strerror}.",
            hint="Without --port, a free one is taken.",
        ) from error


class _Handler(BaseHTTPRequestHandler):
    server_of_phones: PhoneServer
    timeout = _PATIENCE

    def version_string(self) -> str:
        return "flask-tlsdev"

    def log_message(self, format: str, *args: object) -> None:
        """The terminal has the fingerprint on it, and that is to be read."""

    def do_GET(self) -> None:
        self._answer(is_download=True)

    def do_HEAD(self) -> None:
        self._answer(is_download=False)

    def _answer(self, *, is_download: bool) -> None:
        phone = self.server_of_phones
        found = phone.find(self.path, self.headers.get("Host", ""))
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"", {})
        elif is_download and not phone.may_send(self.path):
            self._send(HTTPStatus.GONE, "text/plain", b"", {})
        else:
            self._send(HTTPStatus.OK, *found)
            phone.sent()

    def _send(
        self,
        status: HTTPStatus,
        content_type: str,
        data: bytes,
        headers: Mapping[str, str],
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
