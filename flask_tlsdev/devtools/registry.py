"""Which panels are on the page, and in which order?"""

from __future__ import annotations

from . import connection
from . import handshakes

#: From top to bottom.
PANELS = (
    connection.PANEL,
    handshakes.PANEL,
)
