"""What do the keys say, and where are the user's folders? The bare values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from typing import TYPE_CHECKING

from ..issuers.talk import Talk

if TYPE_CHECKING:
    from ..issuers.base import IssuerFactory
    from ..names import Name
    from .authorities import Authorities
    from .folders import Folders
    from .keys import Values


class Configured(NamedTuple):
    """The fields of :class:`.Settings`."""

    names: tuple[Name, ...]
    #: Domains below which names are served on demand.
    on_demand: tuple[str, ...]
    issuer: str
    #: Whether ``TLSDEV_ISSUER`` was set. Outside development nothing is issued
    #: that nobody asked for.
    issuer_is_named: bool
    key_type: str
    lifetime: timedelta
    #: How long before its end a pair is renewed; ``None``: a third of its life.
    renew_before: timedelta | None
    minimum_version: str
    client_ca: Path | None
    #: ``optional`` or ``required``; means something with a ``client_ca`` only.
    client_certificate: str
    #: Seconds.
    handshake_timeout: float
    head_timeout: float
    idle_timeout: float
    max_connections: int
    files_path: Path | None
    validation_path: Path | None
    #: Whether the development page is shown; ``None``: where it can be.
    page: bool | None
    #: Whether the app's pages lead to it.
    badge: bool
    #: How the issuers are asked that are other people's servers.
    authorities: Authorities
    #: The value of every key: also of those that few starts need, which are
    #: read when they are asked for.
    values: Values
    folders: Folders
    #: Name to factory, ours and the app's own.
    issuers: Mapping[str, IssuerFactory]
    #: How an issuer speaks with a person while it works.
    talk: Talk = Talk()
