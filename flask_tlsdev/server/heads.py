"""What does a client ask for, and is it said in a way that can be read only once?

RFC 9112, read strictly wherever two readers could come to two results: such a
request is refused, since a proxy in front of us might be the other reader.
"""

from __future__ import annotations

import re
from typing import Literal
from typing import NamedTuple

from .limits import FIELD_LIMIT

#: The values of the fields by their names in lower case.
Values = dict[str, list[str]]

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rf"({_NAME}) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])")
#: No control character but the tab; so no bare carriage return either.
_FIELD = re.compile(rf"({_NAME}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_ABSOLUTE = r"(?i)https?://([^/?#]*)(.*)"
_HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?"
)
_LENGTH = r"[0-9]{1,18}"


class BadRequest(Exception):
    """A request that is not answered by the app.

    :param status: What it is answered with.
    """

    def __init__(self, reason: str, status: str = "400 Bad Request") -> None:
        super().__init__(reason)
        self.status = status


class Head(NamedTuple):
    """The head of a request, with what it says about the connection."""

    method: str
    #: As it came, a path or an absolute URL; bytes are Latin-1 characters.
    target: str
    version: Literal["HTTP/1.0", "HTTP/1.1"]
    #: Those whose names have an underscore are left out: WSGI could not tell
    #: them from those with a hyphen, which somebody else may have checked.
    fields: tuple[tuple[str, str], ...]
    #: Bytes of the body, ``None`` for a chunked one.
    length: int | None
    #: Whether the client means to go on with this connection.
    keep_alive: bool
    #: Whether the client waits for a word before it sends the body.
    expects_continue: bool
    #: Whether the client wants to speak something else than HTTP afterwards.
    upgrade: bool

    @property
    def line(self) -> str:
        """The request line."""
        return f"{self.method} {self.target} {self.version}"


def parse(data: bytes) -> Head:
    """Take a head apart.

    :param data: It, without the empty line at its end.
    :raises BadRequest: It is not one, or is made to be read in two ways.
    """
    first, *lines = data.decode("latin-1").split("\n")
    method, target, version = _request_line(first.removesuffix("\r"))
    fields = _fields(lines)
    values = _by_name(fields)
    _check_host(target, version, values.get("host", []))
    connection = _tokens(values, "connection")
    return Head(
        method,
        target,
        version,
        fields,
        _length(values, version),
        _keep_alive(version, connection),
        version == "HTTP/1.1" and "100-continue" in _tokens(values, "expect"),
        "upgrade" in connection and "upgrade" in values,
    )


def _request_line(line: str) -> tuple[str, str, Literal["HTTP/1.0", "HTTP/1.1"]]:
    found = _REQUEST_LINE.fullmatch(line)

    if found is None:
        raise BadRequest("The request line is not one of HTTP/1.")

    method, target, major, minor = found.groups()

    if major != "1":
        raise BadRequest(
            "Only HTTP/1 is spoken here.", "505 HTTP Version Not Supported"
        )

    if method == "CONNECT":
        raise BadRequest("This is no proxy.", "501 Not Implemented")

    if "#" in target or not (
        target.startswith("/")
        or re.fullmatch(_ABSOLUTE, target)
        or (target == "*" and method == "OPTIONS")
    ):
        raise BadRequest("The request's target is neither a path nor a URL.")

    return method, target, "HTTP/1.0" if minor == "0" else "HTTP/1.1"


def _fields(lines: list[str]) -> tuple[tuple[str, str], ...]:
    if len(lines) > FIELD_LIMIT:
        raise BadRequest(
            "The request has too many header fields.",
            "431 Request Header Fields Too Large",
        )

    fields = []
    for line in lines:
        found = _FIELD.fullmatch(line.removesuffix("\r"))

        # A line that begins with a space was once the last one's continuation.
        if found is None:
            raise BadRequest("A header line of the request is malformed.")

        name, value = found.groups()
        if "_" not in name:
            fields.append((name, value.rstrip(" \t")))

    return tuple(fields)


def _by_name(fields: tuple[tuple[str, str], ...]) -> Values:
    values: Values = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(value)

    return values


def _tokens(values: Values, name: str) -> set[str]:
    return {
        token.strip(" \t").lower()
        for value in values.get(name, ())
        for token in value.split(",")
    }


def _check_host(target: str, version: str, hosts: list[str]) -> None:
    if len(hosts) > 1 or (not hosts and version == "HTTP/1.1"):
        raise BadRequest("The request has not exactly one Host.")

    absolute = None if target[:1] == "/" else re.fullmatch(_ABSOLUTE, target)
    named = [absolute[1]] if absolute else []

    if not all(_HOST.fullmatch(host) for host in (*hosts, *named)):
        raise BadRequest("The request's Host is malformed.")


def _length(values: Values, version: str) -> int | None:
    codings = values.get("transfer-encoding", [])
    lengths = values.get("content-length", [])

    if not codings:
        return _content_length(lengths)

    # Whoever sends both means one reader to see another body than the other.
    if lengths or version == "HTTP/1.0":
        raise BadRequest("The request says in two ways where its body ends.")

    if [coding.lower() for coding in codings] == ["chunked"]:
        return None

    if "chunked" in codings[-1].lower():
        raise BadRequest("A transfer coding is unknown.", "501 Not Implemented")

    raise BadRequest("The request does not say where its body ends.")


def _content_length(lengths: list[str]) -> int:
    if not lengths:
        return 0

    if len(lengths) > 1 or not re.fullmatch(_LENGTH, lengths[0]):
        raise BadRequest("The request's Content-Length is not one number.")

    return int(lengths[0])


def _keep_alive(version: str, connection: set[str]) -> bool:
    if version == "HTTP/1.0":
        return "keep-alive" in connection

    return "close" not in connection
