"""What does one `flask tls run` serve beside its pair, and to whom?"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import TYPE_CHECKING

from ..errors import StoreError
from ..names import parse
from ..store import PairFiles

if TYPE_CHECKING:
    from ..challenges import Challenges
    from ..config import Settings
    from ..contexts import ClientCA
    from ..contexts import NamedPair
    from ..on_demand import OnDemand
    from ..provision import Source


class Extras(NamedTuple):
    """All that is handed to the reloader's child but the pair itself."""

    client_ca: Path | None
    client_certificate: str
    on_demand: tuple[str, ...]
    renew_before: timedelta | None
    #: Where the CA is that makes names on demand and holds the LAN's.
    ca_path: Path
    #: The pair for other devices, with ``--lan``.
    lan: NamedPair | None
    #: The address that is listened on then, where no other was asked for.
    host: str | None
    #: The store, where answers to an ACME server's challenges are.
    store_path: Path | None

    @classmethod
    def of(cls, settings: Settings, lan: NamedPair | None, host: str | None) -> Extras:
        on_demand = settings.names_on_demand
        return cls(
            settings.client_ca,
            settings.client_certificate,
            on_demand,
            settings.renew_before,
            # A user without a home has no CA, and needs none for other issuers.
            settings.ca_path if on_demand or lan else Path(),
            lan,
            host,
            _store_of(settings),
        )

    def to_fields(self) -> dict[str, Any]:
        """All of it, for JSON."""
        margin = self.renew_before
        return {
            "client_ca": self.client_ca and os.fspath(self.client_ca),
            "client_certificate": self.client_certificate,
            "on_demand": list(self.on_demand),
            "renew_before": margin and margin.total_seconds(),
            "ca_path": os.fspath(self.ca_path),
            "lan": self.lan and _lan_fields(self.lan),
            "host": self.host,
            "store_path": self.store_path and os.fspath(self.store_path),
        }

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Extras:
        """What :meth:`to_fields` made."""
        seconds = fields["renew_before"]
        return cls(
            fields["client_ca"] and Path(fields["client_ca"]),
            fields["client_certificate"],
            tuple(fields["on_demand"]),
            None if seconds is None else timedelta(seconds=seconds),
            Path(fields["ca_path"]),
            fields["lan"] and _lan_pair(fields["lan"]),
            fields["host"],
            fields["store_path"] and Path(fields["store_path"]),
        )

    def challenges(self) -> Challenges | None:
        """Where the answers to tls-alpn-01 are."""
        if self.store_path is None:
            return None

        from ..challenges import Challenges

        return Challenges(self.store_path)

    def clients(self) -> ClientCA | None:
        """Who may show a certificate. The settings have been checked before."""
        if self.client_ca is None:
            return None

        from ..contexts import ClientCA

        required = self.client_certificate == "required"
        return ClientCA.read(self.client_ca, required=required)

    def on_name(self) -> OnDemand | None:
        """What makes pairs for names on demand."""
        if not self.on_demand:
            return None

        from ..on_demand import OnDemand

        return OnDemand(self.on_demand, self.ca_path)

    def others(self) -> Iterator[NamedPair]:
        """The pairs beside the default one."""
        if self.lan is not None:
            yield self.lan

    def lan_source(self, settings: Callable[[], Source]) -> Source:
        """What the LAN's pair is renewed from."""
        from ..issuers.local_ca import LocalCA
        from ..lan import FOLDER
        from ..lan import LanSource

        return LanSource(settings(), LocalCA.open(self.ca_path / FOLDER))


def _store_of(settings: Settings) -> Path | None:
    try:
        return settings.store_path
    except StoreError:
        # A user without a home who has brought a certificate needs none.
        return None


def _lan_fields(pair: NamedPair) -> dict[str, Any]:
    files = pair.files
    return {
        "certfile": os.fspath(files.certfile),
        "keyfile": os.fspath(files.keyfile),
        "names": [str(name) for name in pair.names],
    }


def _lan_pair(fields: dict[str, Any]) -> NamedPair:
    from ..contexts import NamedPair

    return NamedPair(
        PairFiles(Path(fields["certfile"]), Path(fields["keyfile"]), None),
        parse(fields["names"]),
    )
