"""Which pair is a client given, by the name that it asks for?"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from collections.abc import Iterable
from ipaddress import ip_address
from ipaddress import IPv4Address
from ipaddress import IPv6Address
from typing import NamedTuple
from typing import TYPE_CHECKING

from ..errors import InvalidName
from ..names import Name
from ..names import parse_name

if TYPE_CHECKING:
    from ..store import PairFiles
    from .on_name import NamedContexts
    from .watch import Watch


class NamedPair(NamedTuple):
    """A pair that is served beside the default one, for these names."""

    files: PairFiles
    names: tuple[Name, ...]


class Chooser(NamedTuple):
    """Finds the context for a name, or ``None`` for the default one.

    In this order: a pair for exactly this name or address beside the default
    one, the default pair if it is for this name, and a pair made on the spot.
    """

    others: tuple[tuple[tuple[Name, ...], Watch], ...]
    #: What the default pair is for.
    names: Callable[[], Iterable[Name]]
    on_demand: NamedContexts | None

    def find(
        self, connection: ssl.SSLSocket | ssl.SSLObject, asked: str | None
    ) -> ssl.SSLContext | None:
        """The context for this client.

        :param asked: The name in its hello. A client that connects to an
            address sends none: then that address is what it asks for.
        """
        name = _parse(asked) if asked else _own_address(connection)

        if name is None:
            return None

        for names, watch in self.others:
            if any(each.covers(name) for each in names):
                return watch.current()

        if self.on_demand is None or name.kind != "dns":
            return None

        if any(each.covers(name) for each in self.names()):
            return None

        if not is_loopback(connection):
            self.on_demand.refuse(name, "it is not on this machine.")
            return None

        return self.on_demand.get(name)


def is_loopback(connection: ssl.SSLSocket | ssl.SSLObject | socket.socket) -> bool:
    """Whether the other end of an accepted connection is on this machine.

    What a proxy or the client itself says of its address is not heard. Of
    asyncio's connections nothing is known here, so they are not.
    """
    if not isinstance(connection, socket.socket):
        return False

    try:
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            return True

        return _address(connection.getpeername()[0]).is_loopback
    except OSError:
        # It has gone already.
        return False


def _own_address(connection: ssl.SSLSocket | ssl.SSLObject) -> Name | None:
    if not isinstance(connection, socket.socket) or connection.family not in (
        socket.AF_INET,
        socket.AF_INET6,
    ):
        return None

    try:
        return Name("ip", str(_address(connection.getsockname()[0])))
    except OSError:
        # It has gone already, as in is_loopback().
        return None


def _address(text: str) -> IPv4Address | IPv6Address:
    address = ip_address(text.partition("%")[0])

    # A socket for both families shows IPv4 clients as "::ffff:192.0.2.1".
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped

    return address


def _parse(asked: str) -> Name | None:
    try:
        name = parse_name(asked)
    except InvalidName:
        return None

    return None if name.wildcard else name
