"""What does ``flask tls run --lan`` prepare, and what does it say?"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import PairNotFound
from ..errors import StoreError
from ..printable import printable

if TYPE_CHECKING:
    from ..config import Settings
    from ..contexts import NamedPair
    from ..lan import LanPlan
    from ..names import Permits


def prepare(settings: Settings) -> tuple[Settings, LanPlan]:
    """What to serve to the network, and the settings with the names that need it.

    :raises StoreError: The machine is in no private network, or its CA is for
        other ones.
    """
    from ..lan import plan
    from ..lan import private_interfaces

    planned = plan(
        settings.ca_path,
        private_interfaces(),
        socket.gethostname(),
        _permits(settings),
    )

    if not planned.names:
        raise StoreError(
            "The LAN's CA was made for other networks and another host name.",
            hint=f"To make one for these, type: {_again(planned)}",
        )

    return settings.with_options(add_names=planned.nip), planned


def obtain_pair(settings: Settings, planned: LanPlan) -> NamedPair:
    """The LAN's pair: from the store, or made by the LAN's CA."""
    from ..contexts import NamedPair
    from ..lan import LanSource
    from ..provision import obtain

    provided = obtain(LanSource(settings, planned.ca), planned.names)
    # Its root is the LAN's, which nothing on this machine has to trust.
    return NamedPair(provided.files._replace(cafile=None), planned.names)


def host_for(planned: LanPlan) -> str:
    """The address to listen on: all of IPv4, or all there is without it."""
    versions = {n.address.version for n in planned.names if n.kind == "ip"}
    return "0.0.0.0" if 4 in versions or not versions else "::"  # noqa: S104


def show(planned: LanPlan, port: int) -> None:
    """Print where other devices find the app, and what they have to trust."""
    for line in _lines(planned, port):
        click.echo(f" * {line}")


def _lines(planned: LanPlan, port: int) -> Iterator[str]:
    names = [_in_url(name.value) for name in (*planned.names, *planned.nip)]
    at = f":{port}" if port else ""
    yield f"On your network: {', '.join(f'https://{name}{at}' for name in names)}"

    folder = _typed(planned.ca.folder)
    yield (
        "For devices that are to trust it: flask tls --ca-path"
        f" {folder} ca export --out lan-root.crt"
    )

    if planned.skipped:
        skipped = ", ".join(map(str, planned.skipped))
        yield (
            f"Not on {skipped}: the LAN's CA was made for {planned.ca.permits}."
            f" To make another, type: {_again(planned)}"
        )

    yield "The debugger and its tracebacks are shown to this machine only"


def _again(planned: LanPlan) -> str:
    folder = _typed(planned.ca.folder)
    permits = " ".join(f"--permit {permit}" for permit in planned.wanted.texts)
    return f"flask tls --ca-path {folder} ca create {permits}"


def _typed(folder: Path) -> str:
    import shlex

    return printable(shlex.quote(str(folder)), 1024)


def _in_url(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _permits(settings: Settings) -> Permits | None:
    """What the local CA may sign, where that is who signs the default pair."""
    from ..issuers.local_ca import LocalCA

    if settings.issuer != "local-ca":
        return None

    try:
        return LocalCA.open(settings.ca_path).permits
    except PairNotFound:
        return None
