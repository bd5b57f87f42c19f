"""The CA for client certificates, whose root is in no trust store.

The server that wants client certificates is given the root (``--client-ca``).
It is another CA than the one for servers, so that what browsers trust can sign
no clients and what servers trust can sign no server.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidName
from ..names import DEFAULT_PERMITS
from ..names import Name
from ..names import parse_name
from ..names import Permits
from ..printable import quoted
from .local_ca import LocalCA

#: Below this every client has its name.
DOMAIN = "client.test"

#: RFC 5280's upper bound of a common name.
_LONGEST = 64


class ClientCA(LocalCA):
    """The active client CA of a folder."""

    purpose = "client"
    default_permits = Permits((DOMAIN,), DEFAULT_PERMITS.networks)

    @property
    def id(self) -> str:
        return f"client-ca-{self.ca_id}"


def client_ca_folder(ca_path: Path) -> Path:
    """Where the client CA lies beside the CA for servers."""
    return ca_path / "client"


def client_name(label: str) -> Name:
    """The DNS name that stands for the client in the SAN, ``jane.client.test``.

    :param label: What the client is called, which becomes the CN.
    :raises InvalidName: It looks like a name that some client of the
        certificate would take for an identity outside of this CA.
    """
    if "@" in label:
        raise _refused(label, "it is an e-mail address, which a mail server might take")
    if ":" in label or "/" in label:
        raise _refused(
            label, "it is a URI, which a service mesh might take for its own"
        )
    if "." in label or "*" in label:
        raise _refused(label, "it has a dot, as the names of servers have")
    if not 0 < len(label.strip()) <= _LONGEST or not label.isprintable():
        raise _refused(
            label, f"it must have 1 to {_LONGEST} characters that can be seen"
        )

    slug = "-".join(label.replace("_", " ").replace("-", " ").split())
    return parse_name(f"{slug}.{DOMAIN}")


def _refused(label: str, reason: str) -> InvalidName:
    return InvalidName(
        f"{quoted(label)} cannot be a client's label: {reason}.",
        text=label,
        hint="Use a plain one, such as 'jane' or 'Jane Doe'.",
    )
