"""Pairs that an authority issued elsewhere and that were put in by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from datetime import timezone
from typing import TYPE_CHECKING

from ..errors import IssuerRefused
from ..errors import StoreError
from ..names import parse
from ..profile import PROFILE

if TYPE_CHECKING:
    from ..csr import CertificateRequest
    from ..names import Name
    from ..pairs import Pair
    from ..store import PairStore
    from ..store import StoredPair

ID = "imported"


class Imported:
    """Issues nothing: what was imported can only be found."""

    @property
    def id(self) -> str:
        return ID

    def issue(self, request: CertificateRequest) -> Pair:
        names = ", ".join(map(str, request.names))
        raise IssuerRefused(
            f"No imported pair is good for {names}, and none can be made here.",
            issuer_id=ID,
            hint="Import the one that the authority sent:"
            " flask tls import CERT... --key KEY",
        )

    def find(self, store: PairStore, names: Sequence[Name]) -> StoredPair | None:
        """The imported pair for these names that is valid now and longest.

        It may be for more names, and of whatever kind of key.
        """
        now = datetime.now(timezone.utc)
        fitting = [
            stored
            for stored in store.list()
            if stored.sidecar.issuer_id == ID
            and stored.sidecar.not_before <= now < stored.sidecar.not_after
            and _covers(stored, names)
        ]
        return max(fitting, key=lambda stored: stored.sidecar.not_after, default=None)


def save(store: PairStore, pair: Pair, *, force: bool) -> StoredPair:
    """Keep a pair that has been checked.

    A renewed one takes the place of the one before it. One that ends sooner
    than what is there does so only with ``force``.
    """
    with store.lock():
        old = store.find(ID, pair.names, pair.key_type)
        if old and not force and pair.not_after < old.sidecar.not_after:
            raise StoreError(
                "A pair for the same names is imported already, and it is good for"
                f" longer, until {old.sidecar.not_after:%Y-%m-%d}.",
                hint="--force replaces it.",
            )

        return store.save(ID, pair.names, pair.key_type, "server", pair, PROFILE)


def _covers(stored: StoredPair, names: Sequence[Name]) -> bool:
    held = parse(stored.sidecar.names)
    return all(any(have.covers(name) for have in held) for name in names)
