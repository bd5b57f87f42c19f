"""``flask tls trust``: which programs of this machine believe the local CA?"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import TYPE_CHECKING
from typing import TypeVar

import click

from . import bundling
from . import options
from . import trusting
from .group import confirm
from .group import FOUND_WANTING
from .settings import machine_settings

if TYPE_CHECKING:
    from ..issuers.local_ca import LocalCA
    from ..trust.base import Root
    from ..trust.changes import Outcome
    from ..trust.managed import Command
    from ..trust.managed import ManagedStore

F = TypeVar("F", bound=Callable[..., Any])

#: The stores of each operating system. ``trust.machine`` says who looks there.
_NAMES = {
    "darwin": ("macos", "firefox", "java"),
    "win32": ("windows", "firefox", "java"),
}
NAMES = _NAMES.get(
    sys.platform, ("chromium", "firefox", "nss", "windows", "system", "java")
)


def store_option(function: F) -> F:
    """``--store``, which no environment or dotenv file can give."""
    return click.option(
        "--store",
        "named",
        multiple=True,
        type=click.Choice(NAMES),
        allow_from_autoenv=False,
        help="Only this store. Repeat for more. An administrator's has to be named.",
    )(function)


dry_run = click.option(
    "--dry-run",
    is_flag=True,
    help="Change nothing, and print the commands that would be run.",
)


@click.group("trust")
def trust() -> None:
    """Let the programs of this machine believe the local CA, or no longer."""


@trust.command("install")
@store_option
@dry_run
@options.yes
@options.as_json
@click.pass_context
def install(
    ctx: click.Context, named: Sequence[str], dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Put the CA's root into the trust stores, and take earlier roots out.

    Without --store that is every store of this user. No administrator is
    needed for them.
    """
    from ..issuers.local_ca import LocalCA
    from ..trust import changes

    settings = machine_settings(ctx)
    stores = trusting.Stores.find(named)
    if dry_run:
        active = LocalCA.open(settings.ca_path)
    else:
        active = LocalCA.open_or_create(settings.ca_path, key_type=settings.key_type)
    root, retired = trusting.root_of(active), trusting.retired_roots(active)

    if dry_run:
        _print_commands(
            stores, lambda store: changes.install_commands(store, root, retired)
        )
        return

    _announce_install(stores, active, root, retired, yes=yes)
    outcomes = stores.each(
        lambda store: (
            changes.install(store, root, retired)
            if stores.is_chosen(store)
            else changes.look(store, root)
        )
    )
    trusting.report(outcomes, root, as_json=as_json)
    trusting.note_container(stores.environ)
    if not as_json:
        click.echo(trusting.sum_of_trust(outcomes))
    _end(outcomes, named, {"trusted"})


@trust.command("uninstall")
@store_option
@dry_run
@options.yes
@options.as_json
def uninstall(named: Sequence[str], dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take every root of a local CA out of the trust stores.

    Those of earlier CAs go too, and those of CAs that have been deleted.
    """
    from ..trust import changes

    stores = trusting.Stores.find(named)
    if dry_run:
        _print_commands(stores, changes.remove_commands)
        return

    _announce_uninstall(stores, yes=yes)
    outcomes = take_out(stores)
    if not named:
        bundling.forget(stores.environ)
    trusting.report(outcomes, None, as_json=as_json)
    if not as_json:
        click.echo(trusting.sum_of_removal(outcomes))
    _end(outcomes, named, {"not trusted", "absent"})


@trust.command("status")
@store_option
@click.option(
    "--check", is_flag=True, help="End with 3 unless every store here trusts the CA."
)
@options.as_json
@click.pass_context
def status(
    ctx: click.Context, named: Sequence[str], check: bool, as_json: bool
) -> None:
    """Say which trust stores know the CA's root. Nothing is changed."""
    from ..errors import PairNotFound
    from ..issuers.local_ca import LocalCA
    from ..trust import changes

    stores = trusting.Stores.find(named)
    try:
        root = trusting.root_of(LocalCA.open(machine_settings(ctx).ca_path))
    except PairNotFound:
        root = None

    outcomes = stores.each(lambda store: changes.look(store, root))
    shown = [each for each in outcomes if not named or each.name in named]
    trusting.report(shown, root, as_json=as_json)
    trusting.note_container(stores.environ)
    if not as_json:
        click.echo(trusting.sum_of_trust(shown))
    if check and changes.summary(shown) != "full":
        ctx.exit(FOUND_WANTING)


def take_out(stores: trusting.Stores) -> tuple[Outcome, ...]:
    """Remove every root of ours from the chosen stores, and look at the others."""
    from ..trust import changes

    return stores.each(
        lambda store: (
            changes.remove(store)
            if stores.is_chosen(store)
            else changes.look(store, None)
        )
    )


def _announce_install(
    stores: trusting.Stores,
    active: LocalCA,
    root: Root,
    retired: Sequence[Root],
    *,
    yes: bool,
) -> None:
    """Say whom one would trust for what and until when; then ask."""
    from ..trust import changes

    click.echo(
        f"Root to trust: {root.listed_as}\n"
        f"  SHA-256:  {trusting.fingerprint(root)}\n"
        f"  Signs:    {active.permits}\n"
        f"  Until:    {active.not_after:%Y-%m-%d}",
        err=True,
    )
    _show_root_commands(
        stores, lambda store: changes.install_commands(store, root, retired)
    )
    confirm("Trust it?", yes=yes)


def _announce_uninstall(stores: trusting.Stores, *, yes: bool) -> None:
    """Say which roots are where; then ask. Where there are none, do not ask."""
    from ..trust import changes

    held = [
        each for each in stores.each(lambda s: changes.look(s, None)) if each.others
    ]
    for each in held:
        ids = ", ".join(each.others)
        click.echo(f"{each.name} holds the root of the local CA {ids}", err=True)

    _show_root_commands(stores, changes.remove_commands)
    if held:
        confirm("Take every root of a local CA out of the trust stores?", yes=yes)


def _show_root_commands(
    stores: trusting.Stores, steps: Callable[[ManagedStore], Sequence[Command]]
) -> None:
    """What will be run as root, before anybody is asked for a password."""
    for store in _of_machine(stores):
        for line in _lines(stores, store, steps):
            click.echo(f"For {store.name} this runs: {line}", err=True)


def _of_machine(stores: trusting.Stores) -> Iterator[ManagedStore]:
    if not stores.named:
        return

    for store in stores.all():
        if store.needs_root and stores.is_chosen(store):
            yield store


def _lines(
    stores: trusting.Stores,
    store: ManagedStore,
    steps: Callable[[ManagedStore], Sequence[Command]],
) -> list[str]:
    from ..errors import TrustError

    try:
        return [step.typed(stores.runner) for step in steps(store)]
    except TrustError as error:
        click.echo(f"{store.name}: {error}", err=True)
        return []


def _print_commands(
    stores: trusting.Stores, steps: Callable[[ManagedStore], Sequence[Command]]
) -> None:
    """The commands of the chosen stores, then those for an administrator."""
    others = []
    for store in stores.all():
        if stores.is_chosen(store):
            for line in _lines(stores, store, steps):
                click.echo(line)
        elif store.needs_root and not stores.named:
            others.append(store)

    for store in others:
        for line in _lines(stores, store, steps):
            click.echo(f"# For an administrator, or with --store {store.name}:")
            click.echo(line)


def _end(outcomes: Sequence[Outcome], named: Sequence[str], good: set[str]) -> None:
    """Exit code 1 where something was asked for and is not so."""
    asked = [
        each
        for each in outcomes
        if (each.name in named if named else not each.needs_root)
    ]
    failed = any(each.state == "failed" for each in asked)
    unlike = bool(named) and any(each.state not in good for each in asked)
    if failed or unlike:
        click.get_current_context().exit(1)
