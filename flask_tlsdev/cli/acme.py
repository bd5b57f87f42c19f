"""The options of the issuer ``acme``, and how it speaks with a person."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click

from .group import is_interactive
from .options import Checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..issuers.talk import Record
    from ..issuers.talk import Talk


def _directory(text: str) -> Any:
    from ..issuers.acme import directory_url

    return directory_url(text)


def _email(text: str) -> Any:
    from ..config.acme import parse_email

    return parse_email(text)


def _dns_server(text: str) -> Any:
    from ..config.acme import parse_dns_server

    return parse_dns_server(text)


def hook(option: str) -> Checked:
    """The type of an option that names a program."""

    def parse(text: str) -> Any:
        from ..hooks import Hook

        return Hook.parse(text, option)

    return Checked("program", parse)


DIRECTORY = Checked("url", _directory)
_PORT = click.IntRange(1, 65535)

#: What each option is called in :class:`flask_tlsdev.issuers.acme.Options`.
_FIELDS = {
    "acme_directory": "directory",
    "email": "email",
    "challenge": "challenge",
    "http_port": "http_port",
    "tls_port": "tls_port",
    "dns_hook": "dns_hook",
    "dns_server": "dns_server",
    "preferred_chain": "preferred_chain",
    "profile": "profile",
    "acme_ca_file": "ca_file",
    "eab_kid": "eab_kid",
    "eab_hmac_key_file": "eab_hmac_key",
    "agree_tos": "agree_tos",
}


def make_options() -> list[click.Option]:
    """The options, new ones for each command."""
    return [
        click.Option(
            ["--directory", "acme_directory"],
            type=DIRECTORY,
            help="ACME: letsencrypt, letsencrypt-staging or another server's URL.",
        ),
        click.Option(
            ["--email"],
            type=Checked("address", _email),
            help="ACME: where the authority can reach you.",
        ),
        click.Option(
            ["--agree-tos"],
            is_flag=True,
            allow_from_autoenv=False,
            help="ACME: accept the authority's terms of service.",
        ),
        click.Option(
            ["--challenge"],
            type=click.Choice(["http-01", "tls-alpn-01", "dns-01"]),
            help="ACME: how to show that the names are yours.",
        ),
        click.Option(
            ["--http-port"],
            type=_PORT,
            help="ACME: answer http-01 here while it lasts; else the app does.",
        ),
        click.Option(
            ["--tls-port"],
            type=_PORT,
            help="ACME: answer tls-alpn-01 here while it lasts; else the dev server"
            " does.",
        ),
        click.Option(
            ["--dns-hook"],
            type=hook("--dns-hook"),
            allow_from_autoenv=False,
            help="ACME: the program that sets the record of dns-01.",
        ),
        click.Option(
            ["--dns-server"],
            type=Checked("address", _dns_server),
            help="ACME: who is asked whether the record can be seen.",
        ),
        click.Option(
            ["--preferred-chain"],
            help="ACME: the chain that ends at the issuer of this common name.",
        ),
        click.Option(["--profile"], help="ACME: one of the authority's profiles."),
        click.Option(
            ["--acme-ca-file"],
            type=click.Path(
                exists=True, dir_okay=False, resolve_path=True, path_type=Path
            ),
            help="ACME: the root of the directory's own certificate.",
        ),
        click.Option(
            ["--eab-kid"], help="ACME: the key id of an external account binding."
        ),
        click.Option(
            ["--eab-hmac-key-file"],
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            allow_from_autoenv=False,
            help="ACME: the binding's HMAC key is the first line of this file.",
        ),
    ]


def take(values: dict[str, Any]) -> dict[str, object]:
    """Take these options out of all that a command was given.

    What is left are the others; what was not typed is in neither.
    """
    taken = {field: values.pop(name) for name, field in _FIELDS.items()}
    if taken["eab_hmac_key"] is not None:
        taken["eab_hmac_key"] = _first_line(taken["eab_hmac_key"])

    return {field: value for field, value in taken.items() if value}


def _first_line(path: Path) -> str:
    from .options import read_passphrase

    return (read_passphrase(path) or b"").decode("ascii", "replace").strip()


def talk() -> Talk:
    """Progress where somebody watches, and questions where he can answer."""
    from ..issuers.talk import Talk

    if not is_interactive():
        return Talk(tell=_tell)

    return Talk(_tell, _agree, _wait_for_records)


def _tell(text: str) -> None:
    from ..printable import printable

    if text.startswith("Warning") or os.isatty(1):
        click.echo(printable(text, 1000), err=True)


def _agree(terms: str) -> bool:
    click.echo(f"The authority's terms of service: {terms}", err=True)
    return click.confirm("Do you accept them?", err=True)


def _wait_for_records(records: Sequence[Record]) -> None:
    click.echo("Set these TXT records, all of them at once:", err=True)
    for record in records:
        click.echo(f"  {record.name}  {record.value}", err=True)

    click.pause("Press a key when they are set.", err=True)


def typed(ctx: click.Context, leave_out: Mapping[str, object]) -> list[str]:
    """The options of a command as they were typed, for the command of a timer.

    :param leave_out: The names of parameters that a timer does not need.
    """
    from click.core import ParameterSource

    found: list[str] = []
    for param in ctx.command.params:
        source = ctx.get_parameter_source(param.name or "")
        if (
            not isinstance(param, click.Option)
            or param.name in leave_out
            or source is not ParameterSource.COMMANDLINE
        ):
            continue

        value = ctx.params[param.name or ""]
        found.append(param.opts[0])
        if not param.is_flag:
            found.append(_as_typed(value))

    return found


def _as_typed(value: Any) -> str:
    from ..hooks import Hook

    return value.as_typed if isinstance(value, Hook) else str(value)
