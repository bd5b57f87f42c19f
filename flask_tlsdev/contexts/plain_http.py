"""What is said to a client that speaks plain HTTP on the TLS port?"""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Callable
from collections.abc import Iterable
from ipaddress import ip_address
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import quote

from ..errors import InvalidName
from ..names import Name
from ..names import parse_name
from ._deadline import Deadline

HEAD_LIMIT = 16 * 1024

#: What is read and dropped of a body, so that the client gets to our answer.
DRAIN_LIMIT = 16 * 1024 * 1024
DRAIN_SECONDS = 5.0

_LOCALHOST = Name("dns", "localhost")

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = rb"(%b) (/[^\x00-\x20\x7f\\#]*) HTTP/1\.[0-9]" % _TOKEN
_FIELD = rb"(?s)(%b):[ \t]*(.*?)[ \t]*" % _TOKEN
_CONTROL = rb"[\x00-\x08\x0a-\x1f\x7f]"
_HOST = rb"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::[0-9]{0,5})?"

_PAGE = """\
<!doctype html>
<html lang="en">
<title>{title}</title>
<p>{text}</p>
</html>
"""


class BadRequest(Exception):
    """A head that we do not answer with an address made of it."""

    def __init__(self, reason: str, status: str = "400 Bad Request") -> None:
        super().__init__(reason)
        self.status = status


class Head(NamedTuple):
    """As much of a request's head as a redirect needs."""

    method: str
    #: Path and query, percent-encoded where it was not.
    target: str
    #: The host that was asked for, if it can be one at all.
    host: Name | None


def answer(
    client: socket.socket,
    served: Callable[[], Iterable[Name]],
    deadline: Deadline,
    *,
    port: int | None = None,
) -> None:
    """Read a request and send its client to ``https``.

    :param served: Gives the names that may stand in the answer.
    :param deadline: When the head must have come.
    :param port: The port of ``https``, where it is not the one of this socket.
    """
    head = read_head(client, deadline)

    if head is None:
        return

    try:
        request = parse_head(head)
    except BadRequest as error:
        response = _refusal(error)
    else:
        own, same = _own_address(client)
        goal = location(request, tuple(served()), own, port or same)
        response = _redirect(request, goal)

    client.settimeout(deadline.remaining())
    client.sendall(response)
    client.shutdown(socket.SHUT_WR)
    _drain(client)


def read_head(client: socket.socket, deadline: Deadline) -> bytes | None:
    """A request's head without the empty line at its end.

    ``None`` if the client went away before that, and what came so far if it
    is longer than a head may be.
    """
    head = bytearray()

    while len(head) <= HEAD_LIMIT:
        client.settimeout(deadline.remaining())
        data = client.recv(4096)

        if not data:
            return None

        head += data

        if end := re.search(rb"\n\r?\n", head):
            return bytes(head[: end.start()])

    return bytes(head)


def parse_head(head: bytes) -> Head:
    """Take a head apart, strictly: what is odd in it gets no redirect.

    :raises BadRequest: It is not HTTP/1, or is made to be read in two ways.
    """
    if len(head) > HEAD_LIMIT:
        raise BadRequest(
            "The request's head is too long.", "431 Request Header Fields Too Large"
        )

    first, *rest = [line.removesuffix(b"\r") for line in head.split(b"\n")]
    request_line = re.fullmatch(_REQUEST_LINE, first)

    if request_line is None:
        raise BadRequest("The request line is not one of HTTP/1.")

    method, target = request_line.groups()
    return Head(
        method.decode("ascii"),
        # What browsers encode too. No control character gets here.
        quote(target, safe="!$%&'()*+,/:;=?@[]^`{|}~"),
        _parse_host(_values(rest, b"host")),
    )


def _values(lines: list[bytes], name: bytes) -> list[bytes]:
    fields = [re.fullmatch(_FIELD, line) for line in lines]

    if not all(fields) or any(re.search(_CONTROL, line) for line in lines):
        raise BadRequest("A header line of the request is malformed.")

    return [field[2] for field in fields if field and field[1].lower() == name]


def _parse_host(values: list[bytes]) -> Name | None:
    if len(values) > 1:
        raise BadRequest("The request has more than one Host.")

    if not values or not values[0]:
        return None

    host = re.fullmatch(_HOST, values[0])

    if host is None:
        raise BadRequest("The request's Host is malformed.")

    try:
        return parse_name(host[1].decode("ascii"))
    except InvalidName:
        return None


def location(
    request: Head, served: tuple[Name, ...], own: Name | None, port: int | None
) -> str:
    """Where the page is that was asked for.

    :param own: The address that the client has connected to, with its port.
    """
    host = _choose(request.host, served, own).value
    host = f"[{host}]" if ":" in host else host
    port_part = "" if port in (None, 443) else f":{port}"
    return f"https://{host}{port_part}{request.target}"


def _choose(asked: Name | None, served: tuple[Name, ...], own: Name | None) -> Name:
    """The host to send a client to: never one that only the client named."""
    if asked and (asked == own or any(name.covers(asked) for name in served)):
        return asked

    exact = (name for name in served if not name.wildcard)
    return next(exact, own or _LOCALHOST)


def _own_address(client: socket.socket) -> tuple[Name | None, int | None]:
    """The address and port that the client has connected to."""
    if client.family not in (socket.AF_INET, socket.AF_INET6):
        return None, None

    text, port, *_ = client.getsockname()
    address = ip_address(text.partition("%")[0])

    # A socket for both families shows IPv4 clients as "::ffff:192.0.2.1".
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped

    return Name("ip", str(address)), port


def _redirect(request: Head, location: str) -> bytes:
    url = html.escape(location)
    text = f'This port speaks HTTPS. The page is at <a href="{url}">{url}</a>.'
    body = _PAGE.format(title="This port speaks HTTPS", text=text).encode()
    return _response(
        # 301 and 308 are kept by browsers, for localhost and this port too;
        # 302 turns a POST into a GET.
        "307 Temporary Redirect",
        body if request.method != "HEAD" else b"",
        length=len(body),
        extra=f"Location: {location}\r\n",
    )


def _refusal(error: BadRequest) -> bytes:
    text = html.escape(f"{error} This port speaks HTTPS.")
    body = _PAGE.format(title=error.status, text=text).encode()
    return _response(error.status, body, length=len(body))


def _response(status: str, body: bytes, *, length: int, extra: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\n"
        f"{extra}"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {length}\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n"
        "\r\n"
    )
    return head.encode("ascii") + body


def _drain(client: socket.socket) -> None:
    """Wait until the client has closed, which it does when it has our answer.

    Closing on bytes that nobody has read resets the connection, and a reset
    throws away what the client has not read yet.
    """
    deadline = Deadline.after(DRAIN_SECONDS)
    left = DRAIN_LIMIT

    while left > 0:
        client.settimeout(deadline.remaining())
        data = client.recv(65536)

        if not data:
            return

        left -= len(data)
