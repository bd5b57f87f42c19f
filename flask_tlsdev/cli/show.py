"""``flask tls show``: what is in a file, or what a server shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..printable import printable
from . import options
from . import passphrases
from . import sources
from .group import usage_error

if TYPE_CHECKING:
    from ..describe import Description
    from ..peers import Address
    from ..peers import Peer


@click.command("show")
@click.argument("names", metavar="FILE...|-|HOST:PORT", nargs=-1, required=True)
@click.option("--pem", is_flag=True, help="Print it as PEM instead of in words.")
@options.print_private_key(
    "With --pem, print private keys too. Not in CI, whose logs are kept."
)
@passphrases.file_option("Opens an encrypted key or PKCS#12 file.")
@options.as_json
def show(
    names: Sequence[str],
    pem: bool,
    print_private_key: bool,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Say what is in certificates, chains, CSRs, keys, CRLs and Secrets.

    PEM bundles may hold several things in any order, with text around them;
    DER, PKCS#7, PKCS#12 and Kubernetes Secrets are read, too. Of a server its
    chain is shown, and nothing is verified. Of a private key only the public
    part is shown.
    """
    if print_private_key:
        check_may_print_keys()
        if not pem:
            usage_error("--print-private-key goes with --pem.")

    if pem:
        for name in names:
            click.echo(_as_pem(name, passphrase_file, print_private_key), nl=False)
        return

    found = {name: _describe(name, passphrase_file) for name in names}
    if as_json:
        options.echo_json(
            [
                {"source": printable(name), **item.as_dict()}
                for name, items in found.items()
                for item in items
            ]
        )
        return

    for name, items in found.items():
        _print(name, items)


def check_may_print_keys() -> None:
    """End with a usage error where standard output becomes a log."""
    if os.environ.get("CI"):
        usage_error(
            "A private key is not printed in CI (the variable CI is set): the log"
            " would keep it. Write it to a file with --out or --keyout."
        )


def _describe(name: str, passphrase_file: Path | None) -> Sequence[Description]:
    from ..describe import describe
    from ..describe import describe_certificate

    if server := sources.find_server(name):
        peer = meet(server)
        return tuple(map(describe_certificate, peer.certificates))

    source = sources.read(name, passphrase_file)
    return describe(source.data, source.what, passphrase=source.passphrase)


def meet(server: Address) -> Peer:
    """What the server shows; what cannot be seen of it is said."""
    from ..config import user_environment
    from ..peers import meet as meet_peer
    from ..programs import Programs

    programs = Programs(user_environment(os.environ), interactive=False)
    peer = meet_peer(server, programs)
    if not peer.is_all:
        click.echo(
            f"Only the first certificate of {server} can be seen: it takes Python"
            " 3.13 or the openssl program to see the others.",
            err=True,
        )

    return peer


def _as_pem(name: str, passphrase_file: Path | None, print_private_key: bool) -> str:
    from ..describe import as_pem
    from ..pairs import dump_certificates

    if server := sources.find_server(name):
        return dump_certificates(meet(server).certificates).decode("ascii")

    source = sources.read(name, passphrase_file)
    return as_pem(
        source.data, source.what, source.passphrase, private_keys=print_private_key
    ).decode("ascii")


def _print(name: str, items: Sequence[Description]) -> None:
    for number, item in enumerate(items, 1):
        place = f" ({number} of {len(items)})" if len(items) > 1 else ""
        click.echo(f"{printable(name)}{place}: {item.kind}")
        click.echo(item.as_text())
        click.echo()
