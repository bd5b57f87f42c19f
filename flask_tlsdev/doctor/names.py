"""Do the names of local pairs lead to this machine?"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from collections.abc import Iterator
from ipaddress import ip_address

from ..lan import private_interfaces
from ..printable import printable
from .finding import Finding

#: Seconds for all names together; a name server may never answer.
_PATIENCE = 5.0
_MOST = 50


def local_names(pairs: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
    """The DNS names that only this machine's clients should know.

    :param pairs: The issuer's id and the names of each pair. A name with a
        certificate from elsewhere may well be elsewhere.
    """
    found = {
        name
        for issuer, names in pairs
        if issuer.startswith(("local-ca", "self-signed"))
        for name in names
        if "*" not in name and not _is_address(name)
    }
    return tuple(sorted(found | {"localhost"}))[:_MOST]


def check_names(names: Iterable[str], patience: float = _PATIENCE) -> Iterator[Finding]:
    """Where each name leads."""
    found: dict[str, set[str] | None] = {}

    def resolve() -> None:
        for name in names:
            found[name] = _addresses(name)

    # A daemon: a name server that never answers does not keep us.
    looking = threading.Thread(target=resolve, daemon=True)
    looking.start()
    looking.join(patience)

    own = {str(each.ip) for each in private_interfaces()}
    for name in names:
        if name in found:
            yield _finding(name, found[name], own)
        else:
            text = f"No name server said in time where {printable(name)} is."
            yield Finding("names", "warning", text, _hosts(name))


def _addresses(name: str) -> set[str] | None:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None

    return {str(address[0]).partition("%")[0] for *_, address in answers}


def _finding(name: str, addresses: set[str] | None, own: set[str]) -> Finding:
    shown = printable(name)
    if addresses is None:
        if name.endswith(".localhost"):
            text = f"{shown} is known to browsers only, not to this system."
            return Finding("names", "ok", text)

        return Finding(
            "names", "warning", f"{shown} leads nowhere on this machine.", _hosts(name)
        )

    elsewhere = sorted(
        each
        for each in addresses
        if each not in own and not ip_address(each).is_loopback
    )
    if elsewhere:
        text = f"{shown} leads to {', '.join(elsewhere)}, which is not this machine."
        return Finding("names", "failed", text, _hosts(name))

    return Finding("names", "ok", f"{shown} leads to {', '.join(sorted(addresses))}.")


def _hosts(name: str) -> str:
    return f"Type: echo '127.0.0.1 {printable(name)}' | sudo tee -a /etc/hosts"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False

    return True
