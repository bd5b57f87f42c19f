"""The ``flask tls`` commands: one module a family.

Every module here is imported by each start of ``flask``: none may import
cryptography, or what imports it, before a command runs.
"""

from __future__ import annotations

from .ca import ca
from .group import tls
from .issue import issue
from .run import run
from .show import show
from .stored import delete
from .stored import list_pairs
from .trust import trust

__all__ = ["tls"]

for command in (run, issue, list_pairs, show, delete, ca, trust):
    tls.add_command(command)
