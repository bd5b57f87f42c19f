"""``flask tls list`` and ``delete``: what the store holds."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import click

from ..errors import PairNotFound
from ..printable import quoted
from . import options
from .group import confirm
from .group import shown
from .settings import machine_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..names import Name
    from ..store import StoredPair


@click.command("list")
@options.as_json
@click.pass_context
def list_pairs(ctx: click.Context, as_json: bool) -> None:
    """List the pairs in the store."""
    store = machine_settings(ctx).store
    found = store.list()

    if as_json:
        options.echo_json([as_dict(stored) for stored in found])
    elif not found:
        click.echo(f"There are no pairs in {shown(store.root)}.")
    else:
        for stored in found:
            click.echo(as_text(stored))


@click.command("delete")
@click.argument("name", type=options.NAME)
@click.option("--issuer", "issuer_id", help="Only the pair of this issuer id.")
@options.yes
@options.as_json
@click.pass_context
def delete(
    ctx: click.Context, name: Name, issuer_id: str | None, yes: bool, as_json: bool
) -> None:
    """Delete the pairs for NAME from the store, keys included."""
    store = machine_settings(ctx).store
    found = _matching(store.list(), name, issuer_id)
    if not found:
        raise PairNotFound(
            f"There is no pair for {name} in {quoted(store.root)}.",
            hint="To see what is there, type: flask tls list",
        )

    listed = "\n".join(map(as_text, found))
    confirm(f"{listed}\nDelete {_count(found)}? The keys are lost.", yes=yes)

    with store.lock():
        for stored in found:
            store.delete(stored)

    if as_json:
        options.echo_json([as_dict(stored) for stored in found])
    else:
        click.echo(f"Deleted {_count(found)}.")


def _matching(
    pairs: Sequence[StoredPair], name: Name, issuer_id: str | None
) -> list[StoredPair]:
    return [
        stored
        for stored in pairs
        if str(name) in stored.sidecar.names
        and issuer_id in (None, stored.sidecar.issuer_id)
    ]


def _count(found: Sequence[StoredPair]) -> str:
    return "1 pair" if len(found) == 1 else f"{len(found)} pairs"


def as_text(stored: StoredPair) -> str:
    """One pair as two lines for people."""
    sidecar = stored.sidecar
    return (
        f"{', '.join(sidecar.names)}  until {sidecar.not_after:%Y-%m-%d}"
        f"  {sidecar.key_type}  {sidecar.issuer_id}\n  {shown(stored.folder)}"
    )


def as_dict(stored: StoredPair) -> dict[str, Any]:
    """One pair for programs; the paths are absolute, the dates ISO 8601."""
    sidecar, paths = stored.sidecar, stored.files
    return {
        "names": list(sidecar.names),
        "issuer": sidecar.issuer_id,
        "key_type": sidecar.key_type,
        "purpose": sidecar.purpose,
        "not_before": sidecar.not_before.isoformat(),
        "not_after": sidecar.not_after.isoformat(),
        "certificate": str(paths.certfile),
        "key": str(paths.keyfile),
        "roots": str(paths.cafile) if paths.cafile else None,
    }
