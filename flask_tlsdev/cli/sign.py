"""``flask tls sign``: a certificate for somebody's CSR."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import CertificateError
from . import options
from . import passphrases
from .group import confirm
from .group import usage_error
from .key import load
from .settings import machine_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from ..certificates import Usage
    from ..config import Settings
    from ..csr import Review


@click.command("sign")
@click.argument("source", metavar="CSR|-")
@click.option(
    "--key",
    "keyfile",
    type=options.EXISTING,
    allow_from_autoenv=False,
    help="Sign it with its own private key instead of the local CA's.",
)
@options.days
@click.option(
    "--purpose",
    type=click.Choice(["server", "client", "both"]),
    default="server",
    help="What the certificate is for; 'both' only with --key.",
)
@click.option(
    "--allow-localhost",
    is_flag=True,
    allow_from_autoenv=False,
    help="Sign localhost and loopback addresses for the CSR's author.",
)
@click.option(
    "--out",
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Write the certificate here instead of printing it.",
)
@passphrases.file_option("Opens --key.")
@options.yes
@options.force("Replace the file.")
@click.pass_context
def sign(
    ctx: click.Context,
    source: str,
    keyfile: Path | None,
    days: timedelta | None,
    purpose: Usage,
    allow_localhost: bool,
    out: Path | None,
    passphrase_file: Path | None,
    yes: bool,
    force: bool,
) -> None:
    """Sign a CSR with the local CA, or with its own key.

    Of the CSR nothing but its key and its names is taken; what else it asks
    for is said and left out.
    """
    from .. import files

    out = None if str(out) == "-" else out
    if out is not None and not force:
        files.check_free(out)

    settings = machine_settings(ctx)
    review = _read(source)
    if keyfile is not None:
        chain = _self_sign(review, keyfile, passphrase_file, days, purpose, settings)
    else:
        _check_foreign(review, purpose, allow_localhost=allow_localhost)
        _say(review)
        _confirm(review, yes=yes)
        chain = _sign(review, days, purpose, settings)

    _write(chain, out, force)


def _read(source: str) -> Review:
    import sys

    from .. import files
    from ..csr import load as load_csr
    from ..csr import review

    # One byte more than it may have, so that it is seen to be too large.
    data = (
        sys.stdin.buffer.read((1 << 18) + 1)
        if source == "-"
        else files.read(Path(source))
    )
    return review(load_csr(data, "The CSR" if source == "-" else source))


def _self_sign(
    review: Review,
    keyfile: Path,
    passphrase_file: Path | None,
    days: timedelta | None,
    purpose: Usage,
    settings: Settings,
) -> Sequence[x509.Certificate]:
    from datetime import datetime
    from datetime import timezone

    from .. import keys
    from ..certificates import self_sign

    private_key = load(keyfile, passphrase_file)
    if not keys.matches(private_key, review.csr.public_key()):
        raise CertificateError(
            f"{keyfile} is not the key that the CSR was made with.",
            reason="mismatch",
            hint="Give that one; or leave --key out, and the local CA signs it.",
        )

    leaf = self_sign(
        review.names,
        private_key,
        lifetime=days or settings.lifetime,
        now=datetime.now(timezone.utc),
        subject=review.csr.subject,
        purpose=purpose,
    )
    return (leaf,)


def _check_foreign(review: Review, purpose: Usage, *, allow_localhost: bool) -> None:
    """Refuse what must not be given to whoever wrote the CSR."""
    if purpose == "both":
        usage_error(
            "No CA signs for servers and clients at once: choose one, or add --key."
        )

    if review.loopback and not allow_localhost:
        names = ", ".join(map(str, review.loopback))
        raise CertificateError(
            f"The CSR asks for {names}. Whoever wrote it has the key, and could pose"
            " as every server on your own machine.",
            reason="not permitted",
            hint="If that is you, add --allow-localhost.",
        )


def _say(review: Review) -> None:
    for text in review.dropped:
        click.echo(f"Not taken: {text}.", err=True)
    if review.from_common_name:
        click.echo(
            "The CSR has no SAN, where clients look for names: its CN is taken as one.",
            err=True,
        )


def _confirm(review: Review, *, yes: bool) -> None:
    names = ", ".join(map(str, review.names))
    confirm(
        f"Whoever made this CSR can then pose as {names} to all who trust your local"
        " CA. Sign it?",
        yes=yes,
    )


def _sign(
    review: Review, days: timedelta | None, purpose: Usage, settings: Settings
) -> Sequence[x509.Certificate]:
    from ..issuers.client_ca import client_ca_folder
    from ..issuers.client_ca import ClientCA
    from ..issuers.local_ca import LocalCA
    from ..keys import DEFAULT_KEY_TYPE

    active: LocalCA
    if purpose == "client":
        folder = client_ca_folder(settings.ca_path)
        active = ClientCA.open_or_create(folder, key_type=DEFAULT_KEY_TYPE)
    else:
        active = LocalCA.open_or_create(settings.ca_path, key_type=DEFAULT_KEY_TYPE)

    return active.sign(
        review.csr, days or settings.lifetime, active.purpose, names=review.names
    )


def _write(chain: Sequence[x509.Certificate], out: Path | None, force: bool) -> None:
    from .. import files
    from ..certificates import names_of
    from ..pairs import dump_certificates

    leaf, pem = chain[0], dump_certificates(chain)
    if out is None:
        click.echo(pem.decode("ascii"), nl=False)
    else:
        files.create(out, pem, 0o644, force=force)

    where = f": {out}" if out else ""
    names = ", ".join(map(str, names_of(leaf)))
    click.echo(
        f"Signed a certificate for {names} until {leaf.not_valid_after_utc:%Y-%m-%d}"
        f"{where}",
        err=True,
    )
