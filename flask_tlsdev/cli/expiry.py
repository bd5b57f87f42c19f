"""Says in time that the local CA ends: trust has to be given again by hand."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING

import click

from ..errors import TLSDevError

if TYPE_CHECKING:
    from ..config import Settings
    from ..provision import Provided

#: How long before its end.
NOTICE = timedelta(days=30)


def announce_imported_end(provided: Provided, *, now: datetime | None = None) -> None:
    """A line on standard error in the last days of a pair that nobody renews."""
    sidecar = provided.sidecar
    if sidecar is None or sidecar.issuer_id != "imported":
        return

    left = sidecar.not_after - (now or datetime.now(timezone.utc))
    if left <= NOTICE:
        click.echo(
            f"The imported certificate ends on {sidecar.not_after:%Y-%m-%d}, in"
            f" {max(left.days, 0)} days. Nobody renews it but the authority: order its"
            " successor, then type: flask tls import CERT... --key KEY",
            err=True,
        )


def announce_ca_end(
    settings: Settings,
    provided: Provided | None = None,
    *,
    now: datetime | None = None,
) -> None:
    """A line on standard error in the last days of the CA that issues the pairs.

    :param provided: A pair of the CA's. None outlives it, so while one is good for
        longer the CA need not be looked at.
    """
    if settings.issuer != "local-ca" or (provided and _is_far(provided, now)):
        return

    if said := ca_end(settings, now=now):
        click.echo(" ".join(said), err=True)


def _is_far(provided: Provided, now: datetime | None) -> bool:
    if provided.sidecar is None:
        return False

    return provided.sidecar.not_after - (now or datetime.now(timezone.utc)) > NOTICE


def ca_end(
    settings: Settings, *, now: datetime | None = None
) -> tuple[str, str] | None:
    """That the CA ends soon, and what to type; ``None`` before its last days."""
    from ..issuers.local_ca import LocalCA

    try:
        end = LocalCA.open(settings.ca_path).not_after
    except TLSDevError:
        # Whoever issues from it says so.
        return None

    left = end - (now or datetime.now(timezone.utc))
    if left > NOTICE:
        return None

    return (
        f"The local CA ends on {end:%Y-%m-%d}, in {max(left.days, 0)} days.",
        "For another one type: flask tls ca create, then: flask tls trust install",
    )
