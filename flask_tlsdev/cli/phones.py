"""``flask tls ca export --serve``: the root for phones and other machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import PairNotFound
from . import trusting

if TYPE_CHECKING:
    from ..issuers.local_ca import LocalCA
    from ..phones import PhoneServer

#: How long the page is there, and how often a file is given out.
MINUTES, DOWNLOADS = 10, 10


def serve(folder: Path, host: str | None, port: int) -> None:
    """Show the root on a page of the local network, for some minutes.

    :param folder: The CA's folder. The CA of ``run --lan`` in it is what
        other devices need, where there is one.
    """
    from .. import phones

    active = _for_devices(folder)
    root = trusting.root_of(active)
    server = phones.PhoneServer(phones.choose_address(host), port, downloads=DOWNLOADS)
    files = phones.downloads(root)
    server.put_files(files)
    server.put_page(
        *phones.page(root.listed_as, str(active.permits), files, phones.svg(server.url))
    )

    with _until_interrupted():
        _announce(server, active, trusting.fingerprint(root))
        ended = server.serve(MINUTES * 60)
        click.echo(f"The page is gone: {ended.value}.")


def _for_devices(folder: Path) -> LocalCA:
    from ..issuers.local_ca import LocalCA
    from ..lan import FOLDER

    try:
        return LocalCA.open(folder / FOLDER)
    except PairNotFound:
        return LocalCA.open(folder)


def _announce(server: PhoneServer, active: LocalCA, fingerprint: str) -> None:
    from ..phones import qr

    click.echo(
        f"Root to trust: flask-tlsdev root {active.ca_id}\n"
        f"  Signs:    {active.permits}\n"
        f"  Until:    {active.not_after:%Y-%m-%d}\n"
        f"  SHA-256:  {fingerprint[:47]}\n"
        f"            {fingerprint[48:]}\n\n"
        "Better than this page, which others on the network could change, is a USB"
        " cable or\nAirDrop, for the file of: flask tls ca export --out root.crt\n\n"
        "Compare all of the SHA-256 fingerprint with the one that the device shows of"
        " the\ncertificate before you switch trust on there.\n"
    )
    if code := qr.terminal(server.url):
        _draw(code)
    else:
        click.echo(qr.INSTALL)
    click.echo(
        f"\n{server.url}\n\nGone after {MINUTES} minutes, {DOWNLOADS} downloads, or"
        " Ctrl-C."
    )


def _draw(code: str) -> None:
    """Dark on light, whatever the terminal's own colours are."""
    try:
        code.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return

    for line in code.splitlines():
        click.secho(line, fg="black", bg="bright_white")


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nThe page is gone.")
