"""Is this text an address, and is it the one that a client will look for?"""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_address
from ipaddress import IPv4Address
from ipaddress import IPv6Address

from ._idn import fold
from ._idn import split
from ._refusal import Refusal

#: A host and a port. The host has no colon, or is in brackets.
_HOST_AND_PORT = r"(\[[^\]]*\]|[^:\[\]]*):[0-9]*"


def without_port(text: str) -> str:
    """The host of ``example.test:8443`` or ``[::1]:8443``."""
    match = re.fullmatch(_HOST_AND_PORT, text)
    return match[1] if match else text


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that this text is, or ``None`` where it may be a DNS name.

    :raises Refusal: if it is neither.
    """
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
        if ":" not in text:
            raise Refusal("only IPv6 addresses stand in brackets", meant=text)

    if ":" in text:
        return _parse_ipv6(text)

    with suppress(ValueError):
        return IPv4Address(text)

    _refuse_loose_ipv4(text)
    return None


def _parse_ipv6(text: str) -> IPv6Address:
    if (host := without_port(text)) != text:
        raise Refusal("it has a port, certificates have none", meant=host)

    try:
        address = IPv6Address(text)
    except ValueError:
        raise Refusal("it is no IPv6 address") from None

    if address.ipv4_mapped:
        raise Refusal(
            "it is an IPv4 address in the form of IPv6, which no client looks for",
            meant=str(address.ipv4_mapped),
        )

    return address


def _refuse_loose_ipv4(text: str) -> None:
    parts = [fold(part) for part in split(text)]

    if len(parts) > 1 and parts[-1] == "":
        del parts[-1]

    if _is_number(parts[-1]):
        meant = _read_as_browsers_do(parts)
        raise Refusal("it looks like an IPv4 address and is none", meant=meant)


def _is_number(label: str) -> bool:
    """Whether browsers take every name that ends so for an IPv4 address.

    https://url.spec.whatwg.org/#ends-in-a-number-checker
    """
    if label.startswith("0x"):
        return not label[2:].strip("0123456789abcdef")

    return label.isascii() and label.isdecimal()


def _read_as_browsers_do(parts: list[str]) -> str:
    """The address that a browser makes of ``127.1`` or ``0x7f.1``, if any."""
    try:
        *high, low = map(_read_number, parts)
        first = bytes(high)
        address = first + low.to_bytes(4 - len(first), "big")
    except (ValueError, OverflowError):
        return ""

    return str(ip_address(address))


def _read_number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)

    return int(text, 8 if text.startswith("0") else 10)
