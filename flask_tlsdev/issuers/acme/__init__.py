"""Any authority that speaks ACME (RFC 8555), Let's Encrypt above all.

Everything stands on ``options``, ``_deadline`` and ``_problems``; ``_session``
signs requests, ``account`` and ``_order`` say what they are for, ``solvers``
answer challenges, and ``issuer`` puts these together.
"""

from __future__ import annotations

from ..talk import Talk as Talk
from .account import Account as Account
from .account import list_accounts as list_accounts
from .issuer import Acme as Acme
from .memory import recall as recall
from .options import CHALLENGES as CHALLENGES
from .options import DIRECTORIES as DIRECTORIES
from .options import directory_url as directory_url
from .options import Options as Options
