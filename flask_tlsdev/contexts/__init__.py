"""How does a pair of files become a TLS server that nobody can hold up?

A server is handed the :class:`DevContext` of :data:`server_context`. Its
listening socket accepts clients without a handshake; each client is met in the
thread that serves it, has one deadline, and is sent to ``https`` if it came
with plain HTTP. When the files change, the next client gets the new pair.
"""

from __future__ import annotations

from ._deadline import Deadline as Deadline
from .buckets import TokenBucket as TokenBucket
from .calling import client_context as client_context
from .choosing import is_loopback as is_loopback
from .choosing import NamedPair as NamedPair
from .clients import ClientCA as ClientCA
from .connection import Connection as Connection
from .crowd import Stage as Stage
from .failures import HandshakeFailed as HandshakeFailed
from .loading import PairContext as PairContext
from .server import DevContext as DevContext
from .server import server_context as server_context
