"""Which context serves a name that nobody configured?"""

from __future__ import annotations

import logging
import ssl
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from datetime import timezone
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from ..errors import TLSDevError
from ..printable import printable
from .buckets import TokenBucket

if TYPE_CHECKING:
    from ..names import Name
    from ..pairs import Pair

    #: Gives the pair for a name, or raises a :exc:`TLSDevError` that says why
    #: there is none.
    OnName = Callable[[Name], Pair]

logger = logging.getLogger("flask_tlsdev")

#: As many contexts are kept; the one that was not used for longest goes.
CAPACITY = 128

#: Lines in the log: so many at once, then one in so many seconds. What a client
#: asks for is not to fill a disk.
_LINES, _PAUSE = 10, 10.0


class NamedContexts:
    """The contexts of names that are served when somebody asks for them.

    They are kept in memory only, and apart from the contexts of configured
    names, so no number of them can push one of those out.

    :param on_name: Gives the pair for a name.
    :param prepare: Makes a new context for pairs, without one in it.
    """

    def __init__(
        self,
        on_name: OnName,
        prepare: Callable[[], ssl.SSLContext],
        *,
        capacity: int = CAPACITY,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._on_name = on_name
        self._prepare = prepare
        self._capacity = capacity
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[Name, tuple[ssl.SSLContext, datetime]] = OrderedDict()
        self._lines = TokenBucket(_LINES, 1 / _PAUSE)

    def get(self, name: Name) -> ssl.SSLContext | None:
        """The context for this name; ``None``, and a line in the log, if none."""
        with self._lock:
            kept = self._kept.get(name)

            if kept is not None and self._now() < kept[1]:
                self._kept.move_to_end(name)
                return kept[0]

            return self._make(name)

    def refuse(self, name: Name, why: str) -> None:
        """Say, not too often, why a client gets the default pair for this name."""
        if self._lines.take():
            logger.warning(
                "A client asked for %s and got the default certificate: %s",
                printable(name.unicode),
                why,
            )

    def clear(self) -> None:
        """Forget all of them. Takes no lock: a signal handler calls it."""
        self._kept = OrderedDict()

    def _make(self, name: Name) -> ssl.SSLContext | None:
        context = self._prepare()

        try:
            pair = self._on_name(name)
            load_pair(context, pair)
        except (TLSDevError, OSError) as error:
            # OpenSSL calls us: what else is raised would be a traceback on the
            # console, and the end of the handshake.
            self.refuse(name, str(error))
            return None

        # It is renewed when a third of its life is left, as all are.
        until = pair.not_after - (pair.not_after - pair.not_before) / 3
        self._kept[name] = context, until
        self._kept.move_to_end(name)

        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

        return context


def load_pair(context: ssl.SSLContext, pair: Pair) -> None:
    """Let a context show a pair that is in no file.

    OpenSSL is reached through files only. The key in them is encrypted for a
    passphrase that nobody learns: a process that is killed in here leaves
    nothing that could be used.
    """
    from cryptography.hazmat.primitives import serialization

    passphrase = token_hex(32)
    key = pair.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        # Of few rounds: nobody can guess this passphrase in any number of them.
        serialization.BestAvailableEncryption(passphrase.encode()),
    )

    with tempfile.TemporaryDirectory(prefix="flask-tlsdev-") as folder:
        certfile, keyfile = Path(folder, "tls.crt"), Path(folder, "tls.key")
        certfile.write_bytes(pair.certificate_pem)
        keyfile.write_bytes(key)
        context.load_cert_chain(certfile, keyfile, passphrase)
