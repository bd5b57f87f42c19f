"""Is this host one that people develop on, not one of the Internet?"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address

#: RFC 6761, RFC 6762, RFC 8375, what routers hand out, and the services that
#: give a private address a public name.
_DOMAINS = (
    "localhost",
    "test",
    "invalid",
    "example",
    "local",
    "internal",
    "home.arpa",
    "lan",
    "nip.io",
    "sslip.io",
)
_ENDINGS = tuple(f".{domain}" for domain in _DOMAINS)

#: A DNS name of any script; not much is asked, a browser has sent it.
_HOST = r"[^\x00-\x20\x7f/\\@:?#%,]{1,253}"

_NUMBER = r"(?:.*\.)?[0-9]+"


@lru_cache(maxsize=256)
def is_development(host: str) -> bool:
    """Whether it is a loopback, private or link-local address, a name such as
    ``app.test`` or ``web``, or no host at all.

    What cannot be read counts as development: a browser must not be told to
    remember anything about it.

    :param host: As in a Host header, without the port.
    """
    host = host[:300].lower().strip("[]").removesuffix(".")

    try:
        address = ip_address(host)
    except ValueError:
        return _is_development_name(host)

    return address.is_private or address.is_loopback or address.is_link_local


def _is_development_name(host: str) -> bool:
    if not re.fullmatch(_HOST, host) or re.fullmatch(_NUMBER, host):
        return True

    return "." not in host or host in _DOMAINS or host.endswith(_ENDINGS)
