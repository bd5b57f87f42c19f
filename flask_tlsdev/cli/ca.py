"""``flask tls ca``: the CA on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click

from ..errors import PairNotFound
from ..errors import StoreError
from ..printable import printable_lines
from . import bundling
from . import options
from . import phones
from . import trusting
from .group import confirm
from .group import shown
from .group import usage_error
from .settings import machine_settings
from .trust import take_out

if TYPE_CHECKING:
    from ..issuers.local_ca import DamagedCA
    from ..issuers.local_ca import LocalCA
    from ..names import Permits
    from ..trust.changes import Outcome


@click.group("ca")
def ca() -> None:
    """The CA on this machine, which can sign development names only."""


@ca.command("create")
@click.option(
    "--permit",
    "permitted",
    multiple=True,
    metavar="NAME",
    allow_from_autoenv=False,
    help="Also sign this name, all below it, or this network. Repeat for more.",
)
@options.key_type
@options.days
@options.yes
@options.as_json
@click.pass_context
def create(
    ctx: click.Context,
    permitted: Sequence[str],
    key_type: str | None,
    days: timedelta | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a CA. It takes the place of the one there is.

    Without --permit it can sign localhost and .test names and loopback
    addresses. What the earlier CA was permitted stays permitted.
    """
    from ..issuers import local_ca

    settings = machine_settings(ctx)
    old = _existing(settings.ca_path)
    permits = _permits(old if isinstance(old, local_ca.LocalCA) else None, permitted)
    _announce(old, permits, permitted, yes=yes)

    made = local_ca.LocalCA.create(
        settings.ca_path,
        permits=permits,
        key_type=key_type or settings.key_type,
        lifetime=days or local_ca.LIFETIME,
    )
    if as_json:
        options.echo_json(as_dict(made))
    else:
        click.echo(as_text(made))
        click.echo(f"\n{HOW_TO_TRUST}")


@ca.command("show")
@options.as_json
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Say what the CA may sign, until when, and where its files are."""
    from ..issuers.local_ca import LocalCA

    active = LocalCA.open(machine_settings(ctx).ca_path)
    if as_json:
        options.echo_json(as_dict(active))
    else:
        click.echo(as_text(active))


@ca.command("export")
@options.out
@click.option(
    "--serve",
    is_flag=True,
    help="Show it to phones, on a page of the local network for some minutes.",
)
@click.option("--host", help="With --serve: on this private address of yours.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="With --serve: on this port instead of a free one.",
)
@options.force("Replace the file.")
@click.pass_context
def export(
    ctx: click.Context,
    out: Path | None,
    serve: bool,
    host: str | None,
    port: int | None,
    force: bool,
) -> None:
    """Give out the root's certificate (PEM). It holds no secret."""
    from .. import files
    from ..issuers.local_ca import LocalCA

    if serve and out is not None:
        usage_error("Write a file with --out, or show a page with --serve.")
    if not serve and (host is not None or port is not None):
        usage_error("--host and --port are of the page that --serve shows.")
    if serve:
        phones.serve(machine_settings(ctx).ca_path, host, port or 0)
        return

    active = LocalCA.open(machine_settings(ctx).ca_path)
    root = active.root_pem()

    if out is None or str(out) == "-":
        click.echo(root.decode("ascii"), nl=False)
        return

    files.create(out, root, 0o644, force=force)
    click.echo(f"The root of the local CA {active.ca_id} is in {shown(out)}.", err=True)


@ca.command("delete")
@options.yes
@click.pass_context
def delete(ctx: click.Context, yes: bool) -> None:
    """Delete the CA, its key and the roots of earlier ones."""
    from ..issuers.local_ca import LocalCA

    folder = machine_settings(ctx).ca_path
    active = _open(folder)
    stores = trusting.Stores.find()
    confirm(
        f"Delete {_named(active)}, and take its root and earlier ones out of your"
        " trust stores?",
        yes=yes,
    )
    LocalCA.delete_in(folder)
    outcomes = take_out(stores)
    bundling.forget(stores.environ)
    click.echo(f"Deleted {_named(active)}. {trusting.sum_of_removal(outcomes)}")
    _list_left(outcomes, active)


def _list_left(outcomes: Sequence[Outcome], active: LocalCA | DamagedCA) -> None:
    """What could not be removed, and by which name one finds it elsewhere."""
    left = [each for each in outcomes if each.others or each.state == "failed"]
    trusting.show(left)
    click.echo(
        "On other devices, and where you imported it yourself, it is listed as:"
        f" {_listed_as(active)}"
    )
    if left:
        click.get_current_context().exit(1)


def _existing(folder: Path) -> LocalCA | DamagedCA | None:
    try:
        return _open(folder)
    except PairNotFound:
        return None


def _open(folder: Path) -> LocalCA | DamagedCA:
    """The CA of a folder; where it is damaged, the error that says how.

    A damaged one can still be deleted and replaced.
    """
    from ..issuers.local_ca import DamagedCA
    from ..issuers.local_ca import LocalCA

    try:
        return LocalCA.open(folder)
    except DamagedCA as error:
        return error


def _named(old: LocalCA | DamagedCA) -> str:
    if isinstance(old, StoreError):
        return "the damaged CA"

    return f"the local CA {old.ca_id}"


def _listed_as(old: LocalCA | DamagedCA) -> str:
    if isinstance(old, StoreError):
        return "flask-tlsdev root ..."

    return common_name(old)


def _permits(old: LocalCA | None, permitted: Sequence[str]) -> Permits:
    from ..names import DEFAULT_PERMITS

    return (old.permits if old else DEFAULT_PERMITS).with_(*permitted)


def _announce(
    old: LocalCA | DamagedCA | None,
    permits: Permits,
    permitted: Sequence[str],
    *,
    yes: bool,
) -> None:
    """Say what a thief of the key could do, and that trust is lost; then ask."""
    from ..names import DEFAULT_PERMITS
    from ..names import explain_permit

    for text in permits.texts:
        if text not in DEFAULT_PERMITS.texts:
            click.echo(explain_permit(text), err=True)

    if isinstance(old, StoreError):
        click.echo(
            f"{printable_lines(old.message)} What it was permitted is not kept.",
            err=True,
        )

    if old is not None:
        confirm(
            f"This takes the place of {_named(old)}, whose key is deleted."
            " The new root must be trusted anew wherever the old one was. Go on?",
            yes=yes,
        )
    elif permitted:
        confirm(f"Make a CA that can sign {permits}?", yes=yes)


HOW_TO_TRUST = (
    "Browsers and programs do not know this root yet. Type: flask tls trust install"
)


def common_name(active: LocalCA) -> str:
    """How trust stores list the root."""
    return f"flask-tlsdev root {active.ca_id}"


def as_text(active: LocalCA) -> str:
    """The CA for people."""
    return "\n".join(
        [
            f"Local CA {active.ca_id} ({active.key_type})",
            f"  Signs:       {active.permits}",
            f"  Until:       {active.not_after:%Y-%m-%d}",
            f"  SHA-256:     {_colons(active.root_sha256)}",
            f"  Root:        {shown(active.root_path)}",
            f"  Listed as:   {common_name(active)}",
        ]
    )


def _colons(digest: str) -> str:
    pairs = (digest[at : at + 2] for at in range(0, len(digest), 2))
    return ":".join(pairs).upper()


def as_dict(active: LocalCA) -> dict[str, Any]:
    """The CA for programs."""
    return {
        "id": active.ca_id,
        "permits": list(active.permits.texts),
        "key_type": active.key_type,
        "not_before": active.not_before.isoformat(),
        "not_after": active.not_after.isoformat(),
        "root_sha256": active.root_sha256,
        "root": str(active.root_path),
        "retired_roots": [str(path) for path in active.retired_roots()],
    }
