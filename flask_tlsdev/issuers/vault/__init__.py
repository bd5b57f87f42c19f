"""HashiCorp Vault and OpenBao: their PKI secrets engine as an issuer.

``options`` and ``_deadline`` are at the bottom; ``_wire`` carries requests,
``_problems`` says what refusals mean, ``_session`` asks again where that helps,
``_login`` gets a token, and ``issuer`` puts these together.
"""

from __future__ import annotations

from .issuer import Vault as Vault
from .memory import recall as recall
from .options import AUTHS as AUTHS
from .options import check_address as check_address
from .options import check_path as check_path
from .options import Options as Options
