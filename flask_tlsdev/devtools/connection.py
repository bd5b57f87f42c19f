"""The panel of the connection that the browser has at the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from typing import TYPE_CHECKING

from ..printable import printable
from .panel import Panel

if TYPE_CHECKING:
    from ..contexts import Connection
    from .panel import Asked


def state(asked: Asked) -> Mapping[str, object]:
    """What was agreed upon in the handshake of this very connection."""
    connection = asked.connection
    cipher, _, bits = connection.cipher() or ("", "", 0)
    return {
        "origin": asked.origin,
        "protocol": connection.version(),
        "cipher": cipher,
        "bits": bits,
        "resumed": connection.session_reused,
        "alpn": connection.selected_alpn_protocol(),
        "minimum": asked.run.context.minimum_version.name.replace("_", "."),
        "peer": connection.getpeername()[0],
        "client": _client(asked, connection),
    }


def _client(asked: Asked, connection: Connection) -> dict[str, object]:
    """Whether a certificate was asked for, and which one was shown."""
    mode = asked.run.context.verify_mode.name.removeprefix("CERT_").lower()
    # Nothing was asked for: there is none, and Python would say so the long way.
    shown: Any = connection.getpeercert() if mode != "none" else None
    if not shown:
        return {"asked": mode, "subject": None}

    names = [value for part in shown.get("subject", ()) for _, value in part]
    return {
        "asked": mode,
        "subject": printable(", ".join(names), 200),
        "until": shown.get("notAfter"),
    }


PANEL = Panel(
    "connection",
    "This connection",
    "What your browser and the server have agreed upon.",
    state,
)
