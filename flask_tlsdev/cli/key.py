"""``flask tls key``: a private key in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from . import passphrases
from .group import usage_error

if TYPE_CHECKING:
    from ..keys import PrivateKey


@click.command("key")
@options.key_type
@click.option(
    "--from",
    "source",
    type=options.EXISTING,
    allow_from_autoenv=False,
    help="Write this key again, with another passphrase or none, as PKCS#8.",
)
@click.option(
    "--from-passphrase-file",
    type=options.EXISTING,
    allow_from_autoenv=False,
    help="Opens --from. Its first line counts.",
)
@click.option(
    "--out",
    required=True,
    type=options.NEW_FILE,
    allow_from_autoenv=False,
    help="Write the key here.",
)
@passphrases.file_option("Encrypts the key.")
@passphrases.encrypt
@options.force("Replace the file.")
@options.as_json
def key(
    key_type: str | None,
    source: Path | None,
    from_passphrase_file: Path | None,
    out: Path,
    passphrase_file: Path | None,
    encrypt: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make a private key, or write one that you have in another way.

    The file is PKCS#8, PEM, and nobody but you can read it.
    """
    from .. import files
    from .. import keys

    _check_together(key_type, source, from_passphrase_file, out)
    if not force:
        files.check_free(out)

    made = (
        keys.generate(key_type or keys.DEFAULT_KEY_TYPE)
        if source is None
        else load(source, from_passphrase_file)
    )
    passphrase = passphrases.to_encrypt(passphrase_file, encrypt, str(out))
    files.create(out, keys.dump(made, passphrase), 0o600, force=force)

    kind = keys.key_type_of(made)
    if as_json:
        encrypted = passphrase is not None
        options.echo_json({"key": str(out), "type": kind, "encrypted": encrypted})
        return

    how = "encrypted" if passphrase is not None else "not encrypted"
    click.echo(f"Wrote a private key ({kind}, {how}): {out}")
    warn_of_kind(kind)


def load(path: Path, passphrase_file: Path | None) -> PrivateKey:
    """The private key in a file, if it is one that TLS clients accept."""
    from .. import files
    from .. import keys

    data, what = files.read(path), str(path)
    found = keys.load(data, passphrases.to_open(data, what, passphrase_file), what)
    keys.check_strength(found.public_key(), what)
    return found


def warn_of_kind(kind: str) -> None:
    """Say of a kind of key who will not take it."""
    if kind == "ed25519":
        click.echo(
            "Warning: openssl and curl accept Ed25519 certificates, browsers do not.",
            err=True,
        )


def _check_together(
    key_type: str | None,
    source: Path | None,
    from_passphrase_file: Path | None,
    out: Path,
) -> None:
    if str(out) == "-":
        usage_error("A private key is not written to standard output: give a file.")
    if source is not None and key_type is not None:
        usage_error("--key-type makes a new key, --from writes one that exists.")
    if source is None and from_passphrase_file is not None:
        usage_error("--from-passphrase-file goes with --from.")
