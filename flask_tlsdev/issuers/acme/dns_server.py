"""Which DNS server does a text such as ``127.0.0.1:8053`` mean?"""

from __future__ import annotations

import ipaddress

from ...errors import ConfigError
from ...printable import quoted


def parse(text: str) -> tuple[str, int]:
    """The address and the port of a DNS server.

    :raises ConfigError: It is neither an address nor one with a port.
    """
    host, port = text, "53"
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":") or "53"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")

    try:
        address = str(ipaddress.ip_address(host))
        number = int(port) if port.isascii() and port.isdigit() else 0
    except ValueError:
        number = 0

    if not 0 < number < 65536:
        raise ConfigError(
            f"{quoted(text)} is no address of a DNS server.",
            hint="Write one such as 192.0.2.53 or 127.0.0.1:8053.",
        )

    return address, number
