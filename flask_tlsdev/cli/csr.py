"""``flask tls csr``: what an authority wants to be sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import CertificateError
from ..printable import printable
from . import options
from . import passphrases
from .group import is_interactive
from .group import usage_error
from .key import load
from .key import warn_of_kind

if TYPE_CHECKING:
    from cryptography.x509 import CertificateSigningRequest
    from cryptography.x509 import Name as Subject

    from ..keys import PrivateKey
    from ..names import Name

#: The questions of ``openssl req``, in its order.
_QUESTIONS = (
    ("C", "Country, two letters"),
    ("ST", "State or province"),
    ("L", "City"),
    ("O", "Organization"),
    ("OU", "Unit of the organization"),
    ("CN", "Common name"),
    ("emailAddress", "E-mail address"),
)


@click.command("csr")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, type=options.NAME)
@click.option(
    "--key",
    "keyfile",
    type=options.EXISTING,
    allow_from_autoenv=False,
    help="Ask for a certificate for this private key.",
)
@options.key_type
@click.option(
    "--keyout",
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Make a new private key and write it here.",
)
@click.option("--subject", help='Such as "C=DE,O=Example Ltd,CN=shop.example".')
@click.option("--interactive", is_flag=True, help="Ask for the parts of the subject.")
@click.option(
    "--out",
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Write the CSR here instead of printing it.",
)
@passphrases.file_option("Opens --key, or encrypts --keyout.")
@passphrases.encrypt
@options.force("Replace files that exist.")
def csr(
    names: Sequence[Name],
    keyfile: Path | None,
    key_type: str | None,
    keyout: Path | None,
    subject: str | None,
    interactive: bool,
    out: Path | None,
    passphrase_file: Path | None,
    encrypt: bool,
    force: bool,
) -> None:
    """Make a certificate signing request for the NAMEs.

    The names stand in its SAN, where clients look for them. It is printed, to
    be pasted into an authority's form, or written to --out.
    """
    from .. import files

    _check_together(keyfile, key_type, keyout, subject, interactive)
    out = None if str(out) == "-" else out
    for path in (keyout, out):
        if path is not None and not force:
            files.check_free(path)

    chosen = _subject(names, subject, interactive)
    if keyout is None:
        private_key = _load(keyfile, passphrase_file)
    else:
        private_key = _make_key(keyout, key_type, passphrase_file, encrypt, force)

    _write(_request(names, private_key, chosen), out, force)


def _check_together(
    keyfile: Path | None,
    key_type: str | None,
    keyout: Path | None,
    subject: str | None,
    interactive: bool,
) -> None:
    if keyfile is not None and keyout is not None:
        usage_error("--key is the key you have, --keyout a new one: give one of them.")
    if keyfile is not None and key_type is not None:
        usage_error("--key-type goes with --keyout: a key that exists has its type.")
    if keyout is not None and str(keyout) == "-":
        usage_error("A private key is not written to standard output: give a file.")
    if subject is not None and interactive:
        usage_error("--interactive asks for what --subject says: give one of them.")


def _subject(
    names: Sequence[Name], subject: str | None, interactive: bool
) -> Subject | None:
    from ..certificates import parse_subject

    if interactive:
        return _ask(names)

    return None if subject is None else parse_subject(subject)


def _ask(names: Sequence[Name]) -> Subject | None:
    """The subject from the terminal; an empty answer leaves a part out."""
    from ..certificates import default_subject
    from ..certificates import parse_subject

    if not is_interactive():
        usage_error("--interactive needs a terminal. Give --subject instead.")

    common_names = list(default_subject(names))
    defaults = {"CN": str(common_names[0].value) if common_names else ""}
    parts = [
        part
        for short, question in _QUESTIONS
        if (part := _ask_one(short, question, defaults.get(short, "")))
    ]
    return parse_subject(",".join(parts)) if parts else None


def _ask_one(short: str, question: str, default: str) -> str:
    """``C=DE``, or nothing; asked again until it can stand in a certificate."""
    from ..certificates import parse_subject

    while True:
        text: str = click.prompt(
            question, default=default, show_default=bool(default), err=True
        )
        if not text.strip():
            return ""

        part = f"{short}=" + re.sub(r"([\\,+])", r"\\\1", text.strip())
        try:
            parse_subject(part)
        except CertificateError as error:
            click.echo(printable(error.hint or error.message), err=True)
        else:
            return part


def _load(keyfile: Path | None, passphrase_file: Path | None) -> PrivateKey:
    if keyfile is None:
        usage_error(
            "A CSR needs either --keyout FILE for a new key or --key FILE for the"
            " key you have."
        )

    return load(keyfile, passphrase_file)


def _make_key(
    keyout: Path,
    key_type: str | None,
    passphrase_file: Path | None,
    encrypt: bool,
    force: bool,
) -> PrivateKey:
    from .. import files
    from .. import keys

    made = keys.generate(key_type or keys.DEFAULT_KEY_TYPE)
    passphrase = passphrases.to_encrypt(passphrase_file, encrypt, str(keyout))
    files.create(keyout, keys.dump(made, passphrase), 0o600, force=force)
    click.echo(
        f"Wrote the private key: {keyout}. Keep it, it is sent to nobody.", err=True
    )
    warn_of_kind(keys.key_type_of(made))
    return made


def _request(
    names: Sequence[Name], private_key: PrivateKey, subject: Subject | None
) -> CertificateSigningRequest:
    from datetime import timedelta

    from ..csr import CertificateRequest

    # How long it is valid is the authority's to say: a CSR has no word for it.
    return CertificateRequest(tuple(names), private_key, timedelta(), subject).csr


def _write(made: CertificateSigningRequest, out: Path | None, force: bool) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    from .. import files

    pem = made.public_bytes(Encoding.PEM)
    if out is None:
        click.echo(pem.decode("ascii"), nl=False)
        return

    files.create(out, pem, 0o644, force=force)
    click.echo(f"Wrote the CSR: {out}. Send it to the authority.", err=True)
