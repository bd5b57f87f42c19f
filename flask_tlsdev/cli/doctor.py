"""``flask tls doctor``: why is there no padlock, and what is to be typed?"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from datetime import timezone
from typing import TYPE_CHECKING

import click

from . import bundling
from . import expiry
from . import options
from . import sources
from . import trusting
from .group import FOUND_WANTING
from .group import usage_error
from .settings import machine_settings

if TYPE_CHECKING:
    from ..config import Settings
    from ..doctor import Finding
    from ..peers import Address
    from ..store import PairStore
    from ..trust.base import Root

_MARKS = {"ok": "ok", "warning": "warning", "failed": "FAILED"}


@click.command("doctor")
@click.argument("server", metavar="[HOST:PORT]", required=False)
@options.as_json
@click.pass_context
def doctor(ctx: click.Context, server: str | None, as_json: bool) -> None:
    """Look at the whole way to the padlock, and say what mends what is wrong.

    Folders and keys, pairs, the clock, the CA, trust stores, environment
    variables, names, and the server at HOST:PORT, by default localhost:5000.
    Nothing is changed. Exit code 3 says that something is wrong.
    """
    findings = _examine(ctx, _address(server))
    if as_json:
        found = list(findings)
        options.echo_json({"ok": _is_well(found), "findings": list(map(asdict, found))})
    else:
        found = list(_shown(findings))
        click.echo(_sum(found))

    if not _is_well(found):
        ctx.exit(FOUND_WANTING)


def _address(text: str | None) -> Address:
    from ..config import user_environment

    port = user_environment(os.environ).get("FLASK_RUN_PORT", "5000")
    address = sources.find_server(text or f"localhost:{port}")
    if address is None:
        usage_error("Name a server as HOST:PORT, such as localhost:5000.")

    return address


def _examine(ctx: click.Context, address: Address) -> Iterator[Finding]:
    """Every finding, as soon as it is there; the slow looks come last."""
    from ..doctor import authority
    from ..doctor import mounted
    from ..doctor import pairs
    from ..doctor import places
    from ..doctor import variables
    from ..store import PairStore

    settings, now = machine_settings(ctx), datetime.now(timezone.utc)
    stores = trusting.Stores.find()
    store, root = PairStore(settings.store_path), _root(settings)

    yield from places.check_folder("store", settings.store_path)
    yield from places.check_folder("CA folder", settings.ca_path)
    yield from pairs.check_clock(store, now)
    yield from authority.check_authorities(settings.ca_path)
    yield from _ending(settings)
    yield from pairs.check_pairs(store, now)
    yield from mounted.check_mounted(stores.environ)
    yield from variables.check_variables(
        stores.environ, root, bundling.bundles(stores.environ)
    )
    yield from _trust(stores, root)
    yield from _outside(ctx, address, stores, store, root)


def _root(settings: Settings) -> Root | None:
    from ..errors import TLSDevError
    from ..issuers.local_ca import LocalCA

    try:
        return trusting.root_of(LocalCA.open(settings.ca_path))
    except TLSDevError:
        # What is wrong with the CA is a finding of its own.
        return None


def _ending(settings: Settings) -> Iterator[Finding]:
    from ..doctor import Finding

    if said := expiry.ca_end(settings):
        yield Finding("ca", "warning", *said)


def _trust(stores: trusting.Stores, root: Root | None) -> Iterator[Finding]:
    from ..doctor.stores import check_stores
    from ..trust import changes

    outcomes = stores.each(lambda store: changes.look(store, root))
    yield from check_stores(outcomes, has_ca=root is not None)


def _outside(
    ctx: click.Context,
    address: Address,
    stores: trusting.Stores,
    store: PairStore,
    root: Root | None,
) -> Iterator[Finding]:
    """Names, browsers' memory and the server."""
    from ..doctor import hsts
    from ..doctor import names
    from ..doctor import server
    from ..trust import owner
    from .verify import default_roots

    wanted = names.local_names(_named(store))
    yield from names.check_names(wanted)
    # Root does not read what another user may have linked elsewhere.
    if owner.home_owner(stores.environ) is None:
        yield from hsts.check_pins(wanted, stores.environ, datetime.now(timezone.utc))

    yield from server.check_server(
        address, root, default_roots(ctx, "server"), stores.runner
    )


def _named(store: PairStore) -> list[tuple[str, tuple[str, ...]]]:
    from ..errors import TLSDevError

    try:
        pairs = store.list()
    except TLSDevError:
        return []

    return [(each.sidecar.issuer_id, each.sidecar.names) for each in pairs]


def _shown(findings: Iterable[Finding]) -> Iterator[Finding]:
    for each in findings:
        click.echo(f"{_MARKS[each.status]:<8} {each.check}: {each.text}")
        if each.fix:
            click.echo(f"{'':<8} {each.fix}")
        yield each


def _is_well(findings: Iterable[Finding]) -> bool:
    return not any(each.status == "failed" for each in findings)


def _sum(findings: Iterable[Finding]) -> str:
    count = Counter(each.status for each in findings)
    if not count["failed"] and not count["warning"]:
        return "All is well."

    parts = (f"{count['failed']} wrong", f"{count['warning']} to look at")
    return f"{', '.join(parts)}. The line below each says what to type."
