"""In which private networks is this machine, and with which addresses?"""

from __future__ import annotations

import ctypes
import socket
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from ipaddress import ip_interface
from ipaddress import ip_network
from ipaddress import IPv4Interface
from ipaddress import IPv6Interface

#: An address with the network that it is in.
Interface = IPv4Interface | IPv6Interface

#: RFC 1918 and RFC 4193. Link-local addresses are left out: a URL with one
#: works on one machine only, for which it names the network card.
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)

#: Where an address is in a ``sockaddr``, and how long it is.
_PLACES = {socket.AF_INET: (4, 4), socket.AF_INET6: (8, 16)}

#: What a network is taken for where the system does not tell: Windows.
_USUAL = {4: 24, 6: 64}


def private_interfaces() -> tuple[Interface, ...]:
    """This machine's private addresses, those of IPv4 first."""
    found = _from_names() if sys.platform == "win32" else _from_system()
    return only_private(found)


def only_private(interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
    """Those of the addresses that are in private networks, each once, IPv4 first."""
    chosen = {
        each
        for each in interfaces
        if any(
            each.version == network.version and each.ip in network
            for network in _PRIVATE
        )
    }
    return tuple(sorted(chosen, key=lambda each: (each.version, int(each.ip))))


class _IfAddrs(ctypes.Structure):
    """The beginning of ``struct ifaddrs``, which Linux, macOS and the BSDs share."""


_IfAddrs._fields_ = [
    ("next", ctypes.POINTER(_IfAddrs)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
    ("netmask", ctypes.c_void_p),
]


def _from_system() -> Iterator[Interface]:
    """Every address that getifaddrs(3) knows of."""
    library = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(_IfAddrs)()

    if library.getifaddrs(ctypes.byref(first)) != 0:
        return

    try:
        entry = first

        while entry:
            if interface := _interface(entry.contents):
                yield interface
            entry = entry.contents.next
    finally:
        library.freeifaddrs(first)


def _interface(entry: _IfAddrs) -> Interface | None:
    address = _bytes_of(entry.address)
    netmask = _bytes_of(entry.netmask)

    if address is None or netmask is None:
        return None

    family, packed = address
    # On macOS a mask may leave out its family, and the zeros at its end.
    mask = netmask[1] if netmask[0] == family else b""
    bits = int.from_bytes(mask.ljust(len(packed), b"\0"), "big").bit_count()
    return ip_interface((packed, bits))


def _bytes_of(pointer: int | None) -> tuple[int, bytes] | None:
    """The family and the address in a ``sockaddr``; ``None`` where it has none."""
    if not pointer:
        return None

    if sys.platform == "linux":
        family = ctypes.c_ushort.from_address(pointer).value
        size = 28
    else:
        size, family = ctypes.string_at(pointer, 2)

    if family not in _PLACES:
        return None

    begin, length = _PLACES[socket.AddressFamily(family)]
    return family, ctypes.string_at(pointer, min(size, begin + length))[begin:]


def _from_names() -> Iterator[Interface]:
    """Every address that this machine's own name stands for."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        return

    for family, _, _, _, address in found:
        if family in (socket.AF_INET, socket.AF_INET6):
            plain = ip_interface(str(address[0]).partition("%")[0])
            yield ip_interface(f"{plain.ip}/{_USUAL[plain.version]}")
