"""Which panels are on the page, and in which order?"""

from __future__ import annotations

from . import chain
from . import connection
from . import devices
from . import handshakes
from . import headers
from . import trust
from . import violations

#: From top to bottom.
PANELS = (
    connection.PANEL,
    chain.PANEL,
    trust.PANEL,
    handshakes.PANEL,
    headers.PANEL,
    violations.PANEL,
    devices.PANEL,
)
