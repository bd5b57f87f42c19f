"""``flask tls account``: who you are to ACME servers."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

import click

from ..errors import PairNotFound
from ..errors import TLSDevError
from ..printable import printable
from . import acme
from . import options
from .group import confirm
from .settings import machine_settings

if TYPE_CHECKING:
    from ..config import Settings
    from ..issuers.acme import Account
    from ..issuers.acme import Acme

_directory = click.option(
    "--directory", type=acme.DIRECTORY, help="Only the one with this ACME server."
)


@click.group("account")
def account() -> None:
    """The accounts with ACME servers, whose keys lie in the store."""


@account.command("show")
@_directory
@click.option("--check", is_flag=True, help="Ask each server whether it is valid.")
@options.as_json
@click.pass_context
def show(ctx: click.Context, directory: str | None, check: bool, as_json: bool) -> None:
    """Say which accounts there are."""
    settings = machine_settings(ctx)
    found = [_as_dict(settings, each, check) for each in _accounts(settings, directory)]
    if as_json:
        options.echo_json(found)
        return

    for each in found:
        click.echo(_as_text(each))

    if not found:
        click.echo("There are no accounts. The first order makes one.")


@account.command("deactivate")
@_directory
@options.yes
@click.pass_context
def deactivate(ctx: click.Context, directory: str | None, yes: bool) -> None:
    """Close an account at its server, and delete its key.

    Certificates stay valid, but only the holder of a pair's key can revoke it.
    """
    settings = machine_settings(ctx)
    found = _accounts(settings, directory)
    if len(found) != 1:
        raise PairNotFound(
            f"There are {len(found)} such accounts, not one.",
            hint="Say which: --directory URL. To see them: flask tls account show",
        )

    confirm(f"Close the account with {found[0].directory}? Its key is lost.", yes=yes)
    _issuer(settings, found[0]).deactivate_account()
    click.echo(f"Closed the account with {found[0].directory}.")


def _accounts(settings: Settings, directory: str | None) -> list[Account]:
    from ..issuers.acme import list_accounts

    return [
        account
        for _, account in list_accounts(settings.store_path)
        if directory in (None, account.directory)
    ]


def _issuer(settings: Settings, account: Account) -> Acme:
    from pathlib import Path

    from ..issuers.acme import Acme
    from ..issuers.acme import Options

    wanted = Options(
        directory=account.directory,
        eab_kid=account.eab_kid,
        ca_file=Path(account.ca_file) if account.ca_file else None,
    )
    return Acme(wanted, settings.store_path, acme.talk())


def _as_dict(settings: Settings, account: Account, check: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "directory": account.directory,
        "url": account.url,
        "email": account.email,
        "terms": account.terms,
    }
    if check:
        try:
            _issuer(settings, account).check_account()
            found["status"] = "valid"
        except TLSDevError as error:
            found["status"] = error.message

    return found


def _as_text(found: dict[str, Any]) -> str:
    lines = [str(found["directory"]), f"  Account:  {found['url']}"]
    for key, label in (("email", "E-mail"), ("terms", "Terms"), ("status", "Status")):
        if found.get(key):
            lines.append(f"  {label + ':':<9} {found[key]}")

    return "\n".join(printable(line, 2000) for line in lines)
