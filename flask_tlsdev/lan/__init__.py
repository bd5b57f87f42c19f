"""How do other devices on the network reach the dev server, and what do they not see?

``flask tls run --lan`` serves this machine's ``.local`` name and its private
addresses with a pair from a CA of their own, which can sign nothing else.
"""

from __future__ import annotations

from .addresses import Interface as Interface
from .addresses import private_interfaces as private_interfaces
from .guard import LanGuard as LanGuard
from .plan import FOLDER as FOLDER
from .plan import LanPlan as LanPlan
from .plan import LanSource as LanSource
from .plan import plan as plan
