"""Does this machine trust a root? Looked up cheaply, without changing anything.

No program is run and no certificate library is imported, so that a server may
ask at each start.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Literal

from . import browsers
from . import defaults
from .base import ReadableStore
from .base import Root
from .base import State
from .base import StoreState
from .base import TrustStore

__all__ = ["State", "StoreState", "Summary", "TrustStore", "state", "stores", "summary"]

#: Whether all, some or none of the stores that are here trust a root.
Summary = Literal["full", "partial", "none"]


class _NotLookedAt(ReadableStore):
    """A store of an operating system that only its own programs can read."""

    def available(self) -> bool:
        return False

    def state(self, root: Root) -> StoreState:
        return self._answer("absent", "not looked at here")


def stores(
    environ: Mapping[str, str], *, platform: str = sys.platform
) -> tuple[TrustStore, ...]:
    """The trust stores of this machine and user."""
    openssl = defaults.OpenSSLDefaults.from_environment(environ)

    # The keychain and the Windows store are asked through programs, or through
    # interfaces that this module does not use: no answer is better than a wrong
    # one. Firefox reads both there, and Python on Windows reads the second in
    # addition to OpenSSL's paths.
    if platform == "darwin":
        return (openssl, _NotLookedAt("macos", "keychain"))

    if platform == "win32":
        return (_NotLookedAt("windows", "CurrentUser\\Root"),)

    return (openssl, *browsers.databases(environ))


def state(
    root_der: bytes, environ: Mapping[str, str], *, platform: str = sys.platform
) -> tuple[StoreState, ...]:
    """What each trust store makes of a root, in a steady order.

    :param root_der: The certificate in DER form; :class:`.TrustError` if it
        is none.
    :param environ: Says where the stores are: ``HOME``, ``XDG_DATA_HOME``,
        ``XDG_CONFIG_HOME``, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
    """
    root = Root.from_der(root_der)
    return tuple(store.state(root) for store in stores(environ, platform=platform))


def summary(states: Iterable[StoreState]) -> Summary:
    """All of that in one word. What is absent is left out.

    A store that could not be read counts as one that does not trust the root:
    ``full`` is a promise.
    """
    here = [each.state for each in states if each.state != "absent"]

    if "trusted" not in here:
        return "none"

    return "full" if set(here) == {"trusted"} else "partial"
