"""How does a pair of files become a TLS server that nobody can hold up?

A server is handed the :class:`DevContext` of :data:`server_context`. Its
listening socket accepts clients without a handshake; each client is met in the
thread that serves it, has one deadline, and is sent to ``https`` if it came
with plain HTTP. When the files change, the next client gets the new pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..later import later
from ._deadline import Deadline as Deadline
from .connection import Connection as Connection
from .crowd import Stage as Stage
from .failures import HandshakeFailed as HandshakeFailed
from .loading import PairContext as PairContext
from .server import DevContext as DevContext
from .server import server_context as server_context

if TYPE_CHECKING:
    from .buckets import TokenBucket as TokenBucket
    from .calling import client_context as client_context
    from .choosing import is_loopback as is_loopback
    from .choosing import NamedPair as NamedPair
    from .clients import ClientCA as ClientCA

#: What few servers need, and where it is.
__getattr__ = later(
    __name__,
    {
        "ClientCA": "clients",
        "NamedPair": "choosing",
        "TokenBucket": "buckets",
        "client_context": "calling",
        "is_loopback": "choosing",
    },
)
