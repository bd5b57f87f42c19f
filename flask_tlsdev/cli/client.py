"""``flask tls issue --client``: who issues it, and under which name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from ..config import Settings
    from ..issuers import Issuer
    from ..names import Name


def for_clients(settings: Settings) -> Settings:
    """The settings, with the user's client CA for an issuer."""
    from ..issuers.client_ca import client_ca_folder
    from ..issuers.client_ca import ClientCA
    from ..keys import DEFAULT_KEY_TYPE

    def make(settings: Settings) -> Issuer:
        folder = client_ca_folder(settings.ca_path)
        return ClientCA.open_or_create(folder, key_type=DEFAULT_KEY_TYPE)

    return settings.changed(issuer="client-ca", issuers={"client-ca": make})


def name_of(label: str) -> Name:
    """The name in the SAN of the client that is called so."""
    from ..issuers.client_ca import client_name

    return client_name(label)


def common_name(label: str) -> str:
    """``--subject`` for the label: a comma or plus sign in it is no separator."""
    escaped = "".join(f"\\{each}" if each in "\\,+" else each for each in label)
    return f"CN={escaped}"


def say_what_next(name: Name, root: Path | None) -> None:
    """How a browser gets the pair and a server the root."""
    click.echo(
        "For a browser, type:"
        f" flask tls export {name} --format p12 --out {name.value.split('.')[0]}.p12",
        err=True,
    )
    if root is not None:
        click.echo(f"For the server, type: flask tls run --client-ca {root}", err=True)
