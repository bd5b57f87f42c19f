"""``flask tls show``: what is in a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import StoreError
from ..printable import printable
from . import options

if TYPE_CHECKING:
    from ..describe import Description

#: Nothing that people keep in such a file is larger.
_LIMIT = 4 * 1024 * 1024


@click.command("show")
@click.argument("sources", metavar="FILE...|-", nargs=-1, required=True)
@click.option(
    "--passphrase-file",
    type=options.EXISTING,
    allow_from_autoenv=False,
    help="The first line opens an encrypted key or PKCS#12 file.",
)
@options.as_json
def show(sources: Sequence[str], passphrase_file: Path | None, as_json: bool) -> None:
    """Say what is in certificates, chains, CSRs and keys.

    PEM bundles may hold several things in any order, with text around them.
    Of a private key only the public part is shown.
    """
    passphrase = options.read_passphrase(passphrase_file)
    found = {source: _describe(source, passphrase) for source in sources}

    if as_json:
        options.echo_json(
            [
                {"source": printable(source), **item.as_dict()}
                for source, items in found.items()
                for item in items
            ]
        )
        return

    for source, items in found.items():
        _print(source, items)


def _describe(source: str, passphrase: bytes | None) -> Sequence[Description]:
    from ..describe import describe

    what = "standard input" if source == "-" else printable(source)
    return describe(_read(source), what, passphrase=passphrase)


def _read(source: str) -> bytes:
    from .. import files

    if source != "-":
        return files.read(Path(source), limit=_LIMIT)

    data = sys.stdin.buffer.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise StoreError(f"Standard input is larger than {_LIMIT} bytes.")

    return data


def _print(source: str, items: Sequence[Description]) -> None:
    for number, item in enumerate(items, 1):
        place = f" ({number} of {len(items)})" if len(items) > 1 else ""
        click.echo(f"{printable(source)}{place}: {item.kind}")
        click.echo(item.as_text())
        click.echo()
