"""``flask tls export``: a stored pair, in the form that another program wants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import PairNotFound
from ..printable import quoted
from . import options
from . import passphrases
from .group import usage_error
from .settings import machine_settings
from .show import check_may_print_keys

if TYPE_CHECKING:
    from ..names import Name
    from ..pairs import Pair
    from ..store import PairStore

FORMATS = ("pem", "der", "p12", "pkcs7", "fullchain", "dotenv", "k8s-secret")
_WITH_KEY = frozenset({"p12", "dotenv", "k8s-secret"})
_BINARY = frozenset({"der", "p12"})


@click.command("export")
@click.argument("name", type=options.NAME)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="fullchain",
    help="pem and der: the certificate; fullchain: with its chain; pkcs7: with the"
    " root too; p12, dotenv, k8s-secret: with the key.",
)
@options.out
@click.option(
    "--keyout",
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Write the private key here, beside a format that has none.",
)
@click.option(
    "--legacy",
    is_flag=True,
    help="PKCS#12 with triple DES, for Windows Server 2016, Java 8 and the like.",
)
@click.option("--issuer", "issuer_id", help="Only the pair of this issuer id.")
@options.print_private_key("Let dotenv or k8s-secret go to standard output. Not in CI.")
@passphrases.file_option("Encrypts p12 or --keyout.")
@passphrases.encrypt
@options.force("Replace files that exist.")
@click.pass_context
def export(
    ctx: click.Context,
    name: Name,
    format_: str,
    out: Path | None,
    keyout: Path | None,
    legacy: bool,
    issuer_id: str | None,
    print_private_key: bool,
    passphrase_file: Path | None,
    encrypt: bool,
    force: bool,
) -> None:
    """Give out the pair for NAME from the store.

    A PKCS#12 file always has a passphrase: --passphrase-file, the variable
    TLSDEV_PASSPHRASE, or the terminal gives it.
    """
    from .. import files

    out = None if str(out) == "-" else out
    _check_together(format_, out, keyout, legacy, print_private_key)
    for path in (out, keyout):
        if path is not None and not force:
            files.check_free(path)

    pair = _find(machine_settings(ctx).store, name, issuer_id)
    wants = encrypt or format_ == "p12"
    passphrase = passphrases.to_encrypt(passphrase_file, wants, str(out or keyout))
    data = _convert(pair, format_, name, passphrase, legacy=legacy)
    _write(data, out, format_ in _WITH_KEY, force)

    if keyout is not None:
        from .. import keys

        files.create(keyout, keys.dump(pair.key, passphrase), 0o600, force=force)
        click.echo(f"Wrote the private key: {keyout}", err=True)


def _check_together(
    format_: str,
    out: Path | None,
    keyout: Path | None,
    legacy: bool,
    print_private_key: bool,
) -> None:
    if legacy and format_ != "p12":
        usage_error("--legacy goes with --format p12.")
    if keyout is not None and format_ in _WITH_KEY:
        usage_error(f"{format_} has the private key in it: leave --keyout out.")
    if keyout is not None and str(keyout) == "-":
        usage_error("A private key is not written to standard output: give a file.")
    if out is None and format_ in _BINARY:
        usage_error(f"{format_} is binary: give a file with --out FILE.")
    if out is None and format_ in _WITH_KEY:
        if not print_private_key:
            usage_error(
                f"{format_} has the private key in it: give a file with --out FILE,"
                " or add --print-private-key."
            )
        check_may_print_keys()


def _find(store: PairStore, name: Name, issuer_id: str | None) -> Pair:
    """The pair for this name that lives longest."""
    found = [
        stored
        for stored in store.list()
        if str(name) in stored.sidecar.names
        and issuer_id in (None, stored.sidecar.issuer_id)
    ]
    if not found:
        raise PairNotFound(
            f"There is no pair for {name} in {quoted(store.root)}.",
            hint=f"See what is there: flask tls list. Make one: flask tls issue {name}",
        )

    return store.load(max(found, key=lambda stored: stored.sidecar.not_after))


def _convert(
    pair: Pair, format_: str, name: Name, passphrase: bytes | None, *, legacy: bool
) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    from ..pairs import dump_certificates
    from ..pairs import dump_dotenv
    from ..pairs import dump_pkcs7
    from ..pairs import dump_secret

    if format_ == "p12":
        return pair.to_pkcs12(passphrase or b"", str(name), legacy=legacy)
    if format_ == "pem":
        return dump_certificates([pair.leaf])
    if format_ == "der":
        return pair.leaf.public_bytes(Encoding.DER)
    if format_ == "pkcs7":
        return dump_pkcs7((*pair.chain, *pair.roots))
    if format_ == "dotenv":
        return dump_dotenv(pair)
    if format_ == "k8s-secret":
        return dump_secret(pair, str(name))

    return pair.certificate_pem


def _write(data: bytes, out: Path | None, has_key: bool, force: bool) -> None:
    from .. import files

    if out is None:
        click.echo(data.decode("ascii"), nl=False)
        return

    files.create(out, data, 0o600 if has_key else 0o644, force=force)
    click.echo(f"Wrote {out}", err=True)
