"""The panel of failed handshakes, of other certificates and of renewals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .panel import Panel

if TYPE_CHECKING:
    from .panel import Asked

ID = "handshakes"


def state(asked: Asked) -> Mapping[str, object]:
    """What has happened so far, newest first."""
    return {"events": asked.run.hub.recent(ID)[::-1]}


PANEL = Panel(
    ID,
    "Handshakes and renewals",
    "Clients that were not satisfied with the certificate, and certificates that took"
    " the place of others. What happens is added as it happens.",
    state,
)
