"""``flask tls issue``: a pair, into the store or into files of the user's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click

from ..printable import printable
from . import acme
from . import client
from . import options
from . import passphrases
from .group import answering
from .group import shown
from .group import usage_error
from .key import load
from .key import warn_of_kind
from .settings import project_settings

if TYPE_CHECKING:
    from ..config import Settings
    from ..csr import CertificateRequest
    from ..names import Name
    from ..pairs import Pair
    from ..provision import Provided
    from ..store import Purpose

#: Apple's systems refuse server certificates that live longer (HT210176).
_LONGEST_FOR_APPLE = timedelta(days=825)


@dataclasses.dataclass(frozen=True)
class Target:
    """Where a pair goes that is not for the store."""

    out: Path
    keyout: Path | None
    key: Path | None
    passphrase_file: Path | None
    encrypt: bool
    force: bool

    @property
    def is_stdout(self) -> bool:
        return str(self.out) == "-"


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is to be issued, and by whom."""

    settings: Settings
    names: Sequence[Name]
    subject: str | None
    purpose: Purpose


@click.command("issue")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=options.NAME)
@click.option(
    "--issuer", help="Who issues it: local-ca, self-signed, acme or your own."
)
@acme.options
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
    **acme_options: Any,
) -> None:
    """Make a key and a certificate for the NAMEs, or for TLSDEV_NAMES.

    Without --out the pair goes into the store, where `flask tls run` finds
    it; a good one that is there already is kept.
    """
    _check_together(out, keyout, key, subject, passphrase_file, key_type)
    settings = project_settings(ctx).with_options(
        issuer=issuer,
        key_type=key_type,
        lifetime=days,
        acme=acme.take(acme_options),
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
    _into_files(wanted, target, as_json=as_json)


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


def _into_files(wanted: Wanted, target: Target, *, as_json: bool) -> None:
    from ..provision import issue

    _check_free(target)
    passphrase = _new_passphrase(target)
    pair = issue(wanted.settings.make_issuer(), _request(wanted, target))
    with answering():
        _write(pair, target, passphrase)
        _report(pair, target, as_json=as_json)


def _check_free(target: Target) -> None:
    """Refuse before any work: nothing is half done when a file is in the way."""
    from .. import files

    for path in (target.keyout, None if target.is_stdout else target.out):
        if path is not None and not target.force:
            files.check_free(path)


def _new_passphrase(target: Target) -> bytes | None:
    if target.keyout is None:
        return None

    where = str(target.keyout)
    return passphrases.to_encrypt(target.passphrase_file, target.encrypt, where)


def _request(wanted: Wanted, target: Target) -> CertificateRequest:
    from .. import keys
    from ..certificates import parse_subject
    from ..csr import CertificateRequest

    if target.key is not None:
        key = load(target.key, target.passphrase_file)
    else:
        key = keys.generate(wanted.settings.key_type)

    return CertificateRequest(
        tuple(wanted.names),
        key,
        wanted.settings.lifetime,
        subject=None if wanted.subject is None else parse_subject(wanted.subject),
        purpose=wanted.purpose,
    )


def _write(pair: Pair, target: Target, passphrase: bytes | None) -> None:
    from .. import files
    from .. import keys

    if target.keyout is not None:
        data = keys.dump(pair.key, passphrase)
        files.create(target.keyout, data, 0o600, force=target.force)

    if target.is_stdout:
        click.echo(pair.certificate_pem.decode("ascii"), nl=False)
    else:
        files.create(target.out, pair.certificate_pem, 0o644, force=target.force)


def _report(pair: Pair, target: Target, *, as_json: bool) -> None:
    key = target.keyout or target.key
    report: dict[str, Any] = {
        "certificate": str(target.out),
        "key": str(key),
        "names": [str(name) for name in pair.names],
        "not_after": pair.not_after.isoformat(),
    }
    if as_json and not target.is_stdout:
        options.echo_json(report)
        return

    click.echo(
        f"Issued a certificate for {', '.join(report['names'])} until"
        f" {pair.not_after:%Y-%m-%d}: {printable(target.out)}, key {printable(key)}.",
        err=target.is_stdout,
    )
