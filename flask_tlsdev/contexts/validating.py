"""Which client is an ACME server that validates by tls-alpn-01 (RFC 8737)?

It says so in its first message: it offers the protocol ``acme-tls/1`` and no
other. Everybody else gets the pair, also for a name whose order is pending.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ..challenges import TLS_PROTOCOL

if TYPE_CHECKING:
    from ..challenges import Challenges

#: The record of a validator's ClientHello; a browser's is larger and not ours.
RECORD_LIMIT = 5 + 4096

_CLIENT_HELLO = 1
_SERVER_NAME, _ALPN = 0, 16


class _Short(Exception):
    """The bytes end before the message does."""


class _Reader:
    """Reads fields with a length in front, as TLS has them."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __bool__(self) -> bool:
        return bool(self._data)

    def take(self, count: int) -> bytes:
        if len(self._data) < count:
            raise _Short

        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> _Reader:
        """What follows a length of so many bytes."""
        return _Reader(self.take(self.number(size)))


def record_length(data: bytes) -> int:
    """How many bytes the first record has; 5 until that can be told."""
    return 5 + int.from_bytes(data[3:5], "big") if len(data) >= 5 else 5


def validated_host(data: bytes) -> str | None:
    """The name that a validator asks for; ``None`` for every other client.

    :param data: The first record of the connection.
    """
    try:
        extensions = _extensions(data)
        protocols = _protocols(extensions.get(_ALPN, b""))
        if protocols != [TLS_PROTOCOL.encode()]:
            return None

        return _host(extensions.get(_SERVER_NAME, b""))
    except _Short:
        return None


def _extensions(data: bytes) -> dict[int, bytes]:
    record = _Reader(data)
    record.take(3)
    message = record.vector(2)
    if message.number(1) != _CLIENT_HELLO:
        raise _Short

    hello = message.vector(3)
    # Version and random; session, cipher suites and compression methods.
    hello.take(2 + 32)
    for size in (1, 2, 1):
        hello.vector(size)

    found, listed = {}, hello.vector(2)
    while listed:
        kind = listed.number(2)
        found[kind] = listed.take(listed.number(2))

    return found


def _protocols(data: bytes) -> list[bytes]:
    listed, found = _Reader(data).vector(2) if data else _Reader(b""), []
    while listed:
        found.append(listed.take(listed.number(1)))

    return found


def _host(data: bytes) -> str | None:
    names = _Reader(data).vector(2)
    while names:
        kind, name = names.number(1), names.take(names.number(2))
        if kind == 0:
            return name.decode("ascii", "replace")

    return None


def context_for(challenges: Challenges, host: str) -> ssl.SSLContext | None:
    """What answers a validator; ``None`` where no order is pending for the name."""
    path = challenges.certificate(host)
    if path is None:
        return None

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols([TLS_PROTOCOL])
    # Without one OpenSSL would ask that of the context before, which is the pair's.
    context.sni_callback = lambda *_: None
    try:
        context.load_cert_chain(path)
    except (OSError, ValueError):
        # The order has just ended.
        return None

    return context
