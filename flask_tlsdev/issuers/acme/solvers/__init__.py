"""How is control of a name shown? One solver for each way, on ``_base``."""

from __future__ import annotations

from pathlib import Path

from ....challenges import Challenges
from ...talk import Talk
from ..options import Options
from ._base import Challenge as Challenge
from ._base import Solver as Solver
from .dns01 import Dns01
from .http01 import Http01
from .tlsalpn01 import TlsAlpn01


def solver_for(options: Options, store: Path, talk: Talk, issuer_id: str) -> Solver:
    """The solver that the options choose."""
    challenges = Challenges(store)
    if options.challenge == "dns-01":
        return Dns01(options.dns_hook, options.dns_server, talk, issuer_id)

    if options.challenge == "tls-alpn-01":
        return TlsAlpn01(challenges, options.tls_port, issuer_id)

    return Http01(challenges, options.http_port, issuer_id)
