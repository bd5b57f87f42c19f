"""``flask tls import``: a pair that an authority has issued, into the store."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click

from ..errors import TLSDevError
from ..printable import printable
from ..printable import quoted
from . import options
from . import passphrases
from .settings import machine_settings
from .verify import read_all

if TYPE_CHECKING:
    from cryptography import x509

    from ..store import StoredPair
    from ..verification import Assembled
    from ..verification import MissingIssuer


@click.command("import")
@click.argument("files", metavar="CERT...|BUNDLE.p12|-", nargs=-1, required=True)
@click.option(
    "--key",
    "keyfile",
    type=options.EXISTING,
    allow_from_autoenv=False,
    help="The private key, where it is in none of the files.",
)
@click.option(
    "--fetch-issuer",
    is_flag=True,
    allow_from_autoenv=False,
    help="Fetch a missing intermediate from where the certificate says it is.",
)
@passphrases.file_option("Opens an encrypted key or PKCS#12 file.")
@options.force("Replace an imported pair that is good for longer.")
@options.as_json
@click.pass_context
def import_(
    ctx: click.Context,
    files: Sequence[str],
    keyfile: Path | None,
    fetch_issuer: bool,
    passphrase_file: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Put a certificate from an authority into the store, with key and chain.

    The files may be PEM, DER, PKCS#7, PKCS#12 or a Kubernetes Secret, in any
    order. To serve it: `flask tls run --issuer imported`.
    """
    from ..config import user_environment
    from ..issuers.imported import save
    from ..verification import assemble
    from ..verification import system_roots

    names = [*files, *([str(keyfile)] if keyfile else [])]
    contents = read_all(names, passphrase_file)
    roots = system_roots(user_environment(os.environ))
    made = assemble(contents, roots, _fetch if fetch_issuer else None)
    _check(made)

    stored = save(machine_settings(ctx).store, made.pair, force=force)
    _report(made, stored, as_json=as_json)


def _check(made: Assembled) -> None:
    """The gate that every pair goes through; a name is lacking in none of ours."""
    from ..errors import CertificateError

    names = made.pair.names
    if not names:
        raise CertificateError(
            f"{made.warnings[0]} It cannot be served.", reason="not covered"
        )

    made.pair.check(names)


def _fetch(missing: MissingIssuer) -> Sequence[x509.Certificate]:
    """The certificates at the first URL that answers; nothing where none does."""
    from ..config import user_environment
    from ..fetching import Fetcher
    from ..pairs import load_contents

    fetcher = Fetcher.from_environment(user_environment(os.environ))
    for url in missing.urls:
        click.echo(f"Fetching {printable(url)} ...", err=True)
        try:
            return load_contents(fetcher.issuer(url), quoted(url)).certificates
        except TLSDevError as error:
            click.echo(str(error), err=True)

    return ()


def _report(made: Assembled, stored: StoredPair, *, as_json: bool) -> None:
    from ..pairs import title

    for text in made.warnings:
        click.echo(f"Warning: {text}", err=True)
    for each in made.unused:
        click.echo(f"Not needed, left out: {title(each)}.", err=True)

    sidecar, chain = stored.sidecar, made.pair.chain
    if as_json:
        options.echo_json(_as_dict(made, stored))
        return

    click.echo(
        f"Imported the pair for {', '.join(sidecar.names)} until"
        f" {sidecar.not_after:%Y-%m-%d}, {len(chain)} certificates:"
    )
    for each in (*chain, *made.pair.roots):
        click.echo(f"  {title(each)}")
    click.echo("To serve it, type: flask tls run --issuer imported --name NAME")


def _as_dict(made: Assembled, stored: StoredPair) -> dict[str, Any]:
    from ..pairs import title

    return {
        "names": list(stored.sidecar.names),
        "key_type": stored.sidecar.key_type,
        "not_after": stored.sidecar.not_after.isoformat(),
        "chain": [title(each) for each in made.pair.chain],
        "roots": [title(each) for each in made.pair.roots],
        "unused": [title(each) for each in made.unused],
        "warnings": list(made.warnings),
        "certificate": str(stored.files.certfile),
        "key": str(stored.files.keyfile),
    }
