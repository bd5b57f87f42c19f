"""``flask tls renew``: what is due, for a person, cron or systemd."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from typing import TYPE_CHECKING

import click

from ..errors import TLSDevError
from . import acme
from . import issuers
from . import options
from .group import usage_error
from .settings import project_settings

if TYPE_CHECKING:
    from ..config import Settings
    from ..hooks import Hook
    from ..names import Name
    from ..store import StoredPair

#: What a timer brings itself, or must not do.
_NOT_FOR_TIMERS = dict.fromkeys(
    ("systemd", "force", "as_json", "jitter", "agree_tos", "every")
)


@dataclass
class Outcome:
    """What became of one pair."""

    pair: StoredPair
    #: ``renewed``, ``not due``, ``left alone`` or ``failed``.
    state: str
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        sidecar = self.pair.sidecar
        return {
            "names": list(sidecar.names),
            "issuer": sidecar.issuer_id,
            "state": self.state,
            "detail": self.detail,
            "not_after": sidecar.not_after.isoformat(),
            "certificate": str(self.pair.files.certfile),
        }

    def as_text(self) -> str:
        names = ", ".join(self.pair.sidecar.names)
        return f"{names}: {self.state}{f', {self.detail}' if self.detail else ''}"


@click.command("renew")
@click.argument("name", required=False, type=options.NAME)
@click.option("--all", "every", is_flag=True, help="Every pair in the store.")
@click.option("--issuer", help="Who issues them, instead of TLSDEV_ISSUER.")
@issuers.options
@click.option(
    "--deploy-hook",
    type=acme.hook("--deploy-hook"),
    allow_from_autoenv=False,
    help="A program to run after each pair that was renewed.",
)
@click.option(
    "--jitter",
    type=options.LIFETIME,
    help="First wait for a random time up to this one, such as 30m.",
)
@click.option(
    "--systemd",
    is_flag=True,
    help="Print the units that do this twice a day, and do nothing.",
)
@options.force("Renew also what is not due.")
@options.as_json
@click.pass_context
def renew(
    ctx: click.Context,
    /,
    name: Name | None,
    every: bool,
    issuer: str | None,
    deploy_hook: Hook | None,
    jitter: timedelta | None,
    systemd: bool,
    force: bool,
    as_json: bool,
    **issuer_options: Any,
) -> None:
    """Renew the pairs that are due: for NAME, for TLSDEV_NAMES, or --all.

    An ACME server that advises on when to renew is asked. Running servers take
    the new pair by themselves.
    """
    if name is not None and every:
        usage_error("Give NAME or --all, not both.")

    if systemd:
        from .units import units

        click.echo(units(ctx, acme.typed(ctx, _NOT_FOR_TIMERS)), nl=False)
        return

    settings = project_settings(ctx).with_options(
        issuer=issuer,
        **issuers.take(issuer_options),
        talk=acme.talk(),
    )
    found = _chosen(settings, name, every)
    deploy_hook = deploy_hook or _deploy_hook()
    if jitter is not None:
        time.sleep(random.uniform(0, jitter.total_seconds()))  # noqa: S311  (no secret)

    outcomes = list(_renew_all(settings, found, deploy_hook, force=force))
    _report(outcomes, as_json=as_json)
    if any(each.state == "failed" for each in outcomes):
        ctx.exit(1)


def _chosen(settings: Settings, name: Name | None, every: bool) -> list[StoredPair]:
    from ..errors import PairNotFound

    found = settings.store.list()
    if every:
        return found

    wanted = {str(name)} if name else set(map(str, settings.names))
    found = [
        each
        for each in found
        if wanted == set(each.sidecar.names)
        or (name and str(name) in each.sidecar.names)
    ]
    if not found:
        raise PairNotFound(
            f"There is no pair for {', '.join(sorted(wanted))} to renew.",
            hint="To see what is there, type: flask tls list",
        )

    return found


def _deploy_hook() -> Hook | None:
    """The hook of the user's own environment, or of an approved project file."""
    import os

    from ..config import user_environment
    from ..config.acme import project_hook
    from ..config.acme import user_hook
    from ..config.environment import DEPLOY_HOOK

    return user_hook(DEPLOY_HOOK, user_environment(os.environ)) or project_hook(
        "deploy"
    )


def _renew_all(
    settings: Settings,
    pairs: Sequence[StoredPair],
    deploy_hook: Hook | None,
    *,
    force: bool,
) -> Iterator[Outcome]:
    for pair in pairs:
        try:
            outcome = _renew_one(settings, pair, force=force)
            if outcome.state == "renewed" and deploy_hook is not None:
                _deploy(deploy_hook, outcome.pair)
        except TLSDevError as error:
            outcome = Outcome(pair, "failed", str(error))
        yield outcome


def _renew_one(settings: Settings, pair: StoredPair, *, force: bool) -> Outcome:
    from .. import provision
    from .renewable import source_of

    source = source_of(settings, pair)
    if isinstance(source, str):
        return Outcome(pair, "left alone", source)

    due = provision.due(source, pair)
    if due is not None and not force:
        return Outcome(pair, "not due", f"before {due:%Y-%m-%d %H:%M} UTC")

    return Outcome(provision.renew(source, pair), "renewed")


def _deploy(hook: Hook, pair: StoredPair) -> None:
    from .. import hooks

    hooks.run(
        hook,
        [],
        {
            "RENEWED_LINEAGE": str(pair.folder),
            "RENEWED_DOMAINS": " ".join(pair.sidecar.names),
        },
    )


def _report(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    if as_json:
        options.echo_json([each.as_dict() for each in outcomes])
        return

    for each in outcomes:
        click.echo(each.as_text(), err=each.state in ("failed", "left alone"))

    if not outcomes:
        click.echo("There are no pairs in the store.")
