"""``flask tls issue``: a pair, into the store or into files of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click

from . import acme
from . import client
from . import issuers
from . import options
from . import passphrases
from .group import answering
from .group import shown
from .group import usage_error
from .issued_files import into_files
from .issued_files import Target
from .issued_files import Wanted
from .key import warn_of_kind
from .settings import project_settings

if TYPE_CHECKING:
    from ..names import Name
    from ..provision import Provided
    from ..store import Purpose

#: Apple's systems refuse server certificates that live longer (HT210176).
_LONGEST_FOR_APPLE = timedelta(days=825)


@click.command("issue")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=options.NAME)
@click.option(
    "--issuer",
    help="Who issues it: local-ca, self-signed, acme, vault, cert-manager or yours.",
)
@issuers.options
@options.key_type
@options.days
@click.option(
    "--out",
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Write the certificate here (- for standard output), not to the store.",
)
@click.option(
    "--keyout",
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Write the new private key here, with --out.",
)
@click.option(
    "--key",
    type=options.EXISTING,
    allow_from_autoenv=False,
    help="Use this private key instead of a new one, with --out.",
)
@click.option("--subject", help='Such as "C=DE,O=Example Ltd", with --out.')
@click.option(
    "--client",
    "label",
    metavar="LABEL",
    help="A certificate for a client of this name, from your client CA.",
)
@passphrases.file_option("Opens --key, or encrypts --keyout.")
@passphrases.encrypt
@options.force("Replace files that exist; issue even if a good pair is stored.")
@options.as_json
@click.pass_context
def issue(
    ctx: click.Context,
    /,
    names: Sequence[Name],
    issuer: str | None,
    key_type: str | None,
    days: timedelta | None,
    out: Path | None,
    keyout: Path | None,
    key: Path | None,
    subject: str | None,
    label: str | None,
    passphrase_file: Path | None,
    encrypt: bool,
    force: bool,
    as_json: bool,
    **issuer_options: Any,
) -> None:
    """Make a key and a certificate for the NAMEs, or for TLSDEV_NAMES.

    Without --out the pair goes into the store, where `flask tls run` finds
    it; a good one that is there already is kept.
    """
    _check_together(out, keyout, key, subject, passphrase_file, key_type)
    if encrypt and out is None:
        usage_error("--encrypt goes with --out FILE.")
    settings = project_settings(ctx).with_options(
        issuer=issuer,
        key_type=key_type,
        lifetime=days,
        **issuers.take(issuer_options),
        talk=acme.talk(),
    )
    _warn_of_long_life(days)
    warn_of_kind(settings.key_type)
    purpose: Purpose = "server"

    if label is not None:
        _check_client(names, issuer, subject)
        settings, purpose = client.for_clients(settings), "client"
        names, subject = [client.name_of(label)], client.common_name(label)

    names = tuple(names) or settings.names
    wanted = Wanted(settings, names, subject, purpose)
    if out is None:
        _into_store(wanted, force=force, as_json=as_json)
        return

    target = Target(out, keyout, key, passphrase_file, encrypt, force)
    into_files(wanted, target, as_json=as_json)


def _check_client(
    names: Sequence[Name], issuer: str | None, subject: str | None
) -> None:
    if names or issuer is not None or subject is not None:
        usage_error(
            "--client LABEL says the name, the issuer and the subject: leave NAME,"
            " --issuer and --subject out."
        )


def _check_together(
    out: Path | None,
    keyout: Path | None,
    key: Path | None,
    subject: str | None,
    passphrase_file: Path | None,
    key_type: str | None,
) -> None:
    """The rules between options; each sentence says what to add or leave out."""
    if out is None:
        for option, value in (
            ("--keyout", keyout),
            ("--key", key),
            ("--subject", subject),
            ("--passphrase-file", passphrase_file),
        ):
            if value is not None:
                usage_error(f"{option} goes with --out FILE.")
        return

    if (keyout is None) == (key is None):
        usage_error(
            "--out needs either --keyout FILE for a new key or --key FILE for the"
            " key you have."
        )
    if keyout is not None and str(keyout) == "-":
        usage_error("A private key is not written to standard output: give a file.")
    if key is not None and key_type is not None:
        usage_error("--key-type goes with --keyout: a key that exists has its type.")


def _warn_of_long_life(days: timedelta | None) -> None:
    if days is not None and days > _LONGEST_FOR_APPLE:
        click.echo(
            "Warning: Safari and iOS refuse certificates that live longer than 825"
            " days.",
            err=True,
        )


def _into_store(wanted: Wanted, *, force: bool, as_json: bool) -> None:
    from ..provision import obtain

    names, purpose = wanted.names, wanted.purpose
    provided = obtain(
        wanted.settings, names, force=force, purpose=purpose, subject=wanted.subject
    )
    with answering():
        _report_stored(provided, names, as_json=as_json)
        if purpose == "client" and not as_json:
            client.say_what_next(names[0], provided.files.cafile)


def _report_stored(provided: Provided, names: Sequence[Name], *, as_json: bool) -> None:
    found = provided.files
    report: dict[str, Any] = {
        "certificate": str(found.certfile),
        "key": str(found.keyfile),
        "roots": str(found.cafile) if found.cafile else None,
        "new": provided.is_new,
    }
    if provided.sidecar is not None:
        report["names"] = list(provided.sidecar.names)
        report["issuer"] = provided.sidecar.issuer_id
        report["not_after"] = provided.sidecar.not_after.isoformat()

    if as_json:
        options.echo_json(report)
        return

    word = "Issued" if provided.is_new else "Kept"
    until = f" until {provided.sidecar.not_after:%Y-%m-%d}" if provided.sidecar else ""
    click.echo(f"{word} a pair for {', '.join(map(str, names))}{until}:")
    click.echo(f"  {shown(found.certfile)}\n  {shown(found.keyfile)}")
