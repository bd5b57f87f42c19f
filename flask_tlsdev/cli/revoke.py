"""``flask tls revoke``: a certificate that must not be believed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import IssuerRefused
from ..errors import PairNotFound
from ..printable import quoted
from . import acme
from . import options
from .group import confirm
from .settings import machine_settings

if TYPE_CHECKING:
    from ..config import Settings
    from ..issuers import Revoker
    from ..names import Name
    from ..store import StoredPair

#: How people type the reasons of RFC 5280, and how cryptography calls them.
_REASONS = {
    "unspecified": "unspecified",
    "keycompromise": "key_compromise",
    "affiliationchanged": "affiliation_changed",
    "superseded": "superseded",
    "cessationofoperation": "cessation_of_operation",
}


@click.command("revoke")
@click.argument("name", type=options.NAME)
@click.option("--issuer", "issuer_id", help="Only the pair of this issuer id.")
@click.option(
    "--reason",
    type=click.Choice(list(_REASONS), case_sensitive=False),
    default="unspecified",
    show_default=True,
    help="Why, for whoever asks the authority.",
)
@options.yes
@options.as_json
@click.pass_context
def revoke(
    ctx: click.Context,
    name: Name,
    issuer_id: str | None,
    reason: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Take back the certificate for NAME, and delete the pair."""
    from cryptography.x509 import ReasonFlags

    from .stored import as_dict
    from .stored import as_text

    settings = machine_settings(ctx).with_options(talk=acme.talk())
    stored = _find(settings, name, issuer_id)
    issuer = _issuer(settings, stored)
    certificate = settings.store.load(stored).leaf

    confirm(
        f"{as_text(stored)}\nRevoke this certificate? It cannot be undone, and the"
        " pair is deleted.",
        yes=yes,
    )
    issuer.revoke(certificate, ReasonFlags[_REASONS[reason.lower()]])
    settings.store.delete(stored)

    if as_json:
        options.echo_json(as_dict(stored))
    else:
        click.echo("Revoked, and deleted the pair. Servers that hold it need another.")


def _find(settings: Settings, name: Name, issuer_id: str | None) -> StoredPair:
    found = [
        each
        for each in settings.store.list()
        if str(name) in each.sidecar.names
        and issuer_id in (None, each.sidecar.issuer_id)
    ]
    if not found:
        raise PairNotFound(
            f"There is no pair for {name} in {quoted(settings.store.root)}.",
            hint="To see what is there, type: flask tls list",
        )

    if len(found) > 1:
        listed = ", ".join(each.sidecar.issuer_id for each in found)
        raise PairNotFound(
            f"There are {len(found)} pairs for {name}, of {listed}.",
            hint="Say which one: --issuer ID",
        )

    return found[0]


def _issuer(settings: Settings, stored: StoredPair) -> Revoker:
    from ..issuers import Revoker
    from .renewable import source_of

    source = source_of(settings, stored)
    issuer = None if isinstance(source, str) else source.make_issuer()
    if issuer is None or not isinstance(issuer, Revoker):
        raise IssuerRefused(
            f"The issuer {quoted(stored.sidecar.issuer_id)} takes no certificate back.",
            issuer_id=stored.sidecar.issuer_id,
            hint=f"Delete the pair: flask tls delete {stored.sidecar.names[0]}",
        )

    return issuer
