"""Where do the bundles lie that ``flask tls env`` names?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .group import shown

if TYPE_CHECKING:
    from ..trust.runtimes import Bundles


def bundles(environ: dict[str, str]) -> Bundles:
    """The files of this user."""
    from .. import files
    from ..trust.runtimes import Bundles

    return Bundles(files.data_folder(environ))


def forget(environ: dict[str, str]) -> None:
    """Delete the files, and say whose variables name nothing from then on."""
    found = bundles(environ)
    if not found.delete():
        return

    click.echo(f"Deleted the bundle {shown(found.whole)}.", err=True)
    if names := found.named_by(environ):
        click.echo(
            f"This shell still names it. Type: unset {' '.join(names)}", err=True
        )
