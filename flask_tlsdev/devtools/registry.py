"""Which panels are on the page, and in which order?"""

from __future__ import annotations

from . import connection
from . import handshakes
from . import headers
from . import violations

#: From top to bottom.
PANELS = (
    connection.PANEL,
    handshakes.PANEL,
    headers.PANEL,
    violations.PANEL,
)
