"""What `flask tls run` says before it serves."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .. import files
from ..printable import printable

if TYPE_CHECKING:
    from ..names import Name
    from ..provision import Provided
    from ..trust import StoreState


#: Who looks into a trust store.
_WHO = {"openssl": "curl and Python", "chromium": "Chromium", "firefox": "Firefox"}


def show_banner(
    provided: Provided, names: Sequence[Name], host: str, port: int
) -> None:
    """Print the URLs, the names, who issued the pair, until when, and who trusts it."""
    for line in _lines(provided, names, host, port):
        click.echo(f" * {line}")


def _lines(
    provided: Provided, names: Sequence[Name], host: str, port: int
) -> Iterator[str]:
    yield _pair(provided, names)
    yield from _trust(provided)

    urls = _urls(names, host, port)
    if urls:
        yield f"Open {' or '.join(urls)}"


def _pair(provided: Provided, names: Sequence[Name]) -> str:
    sidecar = provided.sidecar
    if sidecar is None:
        return f"HTTPS with the certificate in {printable(provided.files.certfile)}"

    shown = ", ".join(name.unicode for name in names)
    made = "new pair" if provided.is_new else "pair"
    return (
        f"HTTPS for {shown}: {made} from {sidecar.issuer_id}"
        f" until {sidecar.not_after:%Y-%m-%d}"
    )


def _trust(provided: Provided) -> Iterator[str]:
    if provided.sidecar is None:
        return

    cafile = provided.files.cafile
    if cafile is None:
        yield (
            "Self-signed: no browser trusts it. For one that can be trusted, leave"
            " out --issuer self-signed"
        )
        return

    from .. import trust

    states = trust.state(root_of(files.read(cafile)), os.environ)
    if trust.summary(states) == "full":
        yield "This machine trusts it"
        return

    trusting, others = _named(states, "trusted"), _named(states, "not trusted")
    yield f"Trusted by {trusting or 'nobody on this machine'}; not by {others}"
    yield "To trust it, give the root to them. Type: flask tls ca export --out root.crt"


def root_of(pem: bytes) -> bytes:
    """The DER form of the first certificate in a file that we wrote."""
    end = "-----END CERTIFICATE-----"
    first = pem.decode("ascii").partition(end)[0] + end
    return ssl.PEM_cert_to_DER_cert(first)


def _named(states: Sequence[StoreState], wanted: str) -> str:
    found = [_WHO.get(each.name, each.name) for each in states if each.state == wanted]
    return ", ".join(dict.fromkeys(found))


def _urls(names: Sequence[Name], host: str, port: int) -> list[str]:
    """Where to open the app; nothing for a socket file or a port not yet known."""
    if port == 0 or host.startswith("unix://"):
        return []

    return [
        f"https://{_in_url(name)}:{port}"
        for name in names
        if not name.wildcard and name.kind == "dns"
    ] or [f"https://{_in_url(name)}:{port}" for name in names if not name.wildcard]


def _in_url(name: Name) -> str:
    return f"[{name}]" if ":" in name.value else name.value
