"""What `flask tls run` says before it serves."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import TLSDevError
from ..printable import printable

if TYPE_CHECKING:
    from ..names import Name
    from ..provision import Provided
    from ..trust.clients import Clients


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

    found = urls(names, host, port)
    if found:
        yield f"Open {' or '.join(found)}"


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
    """Who trusts it, and what to type so that more do."""
    try:
        clients = _clients(provided)
    except (TLSDevError, ValueError):
        # The files are no pair: the server says so in a moment.
        return

    yield _who(clients)

    if provided.sidecar is None:
        if clients.browsers.saying("unknown"):
            yield "A browser that came with the root of its CA trusts it, too"
    elif provided.sidecar.issuer_id == "self-signed":
        yield (
            "It is self-signed. For one that can be trusted, leave out --issuer"
            " self-signed"
        )
    elif clients.saying("no", "in part"):
        yield from _advice(provided, clients)


def _clients(provided: Provided) -> Clients:
    from ..config import user_environment
    from ..trust import clients

    # Not what a dotenv file says: the user's browser and curl do not hear it.
    environ = user_environment(os.environ)
    certfile, keyfile = provided.files.certfile, provided.files.keyfile
    cafile = provided.files.cafile

    if provided.sidecar is not None and cafile is not None:
        # Without a root that can be read, the pair itself is tried.
        with suppress(TLSDevError, ValueError):
            return clients.of_root(root_of(files.read(cafile)), environ)

    return clients.of_chain(certfile, keyfile, environ)


def _who(clients: Clients) -> str:
    trusting = clients.saying("yes")
    others = [
        f"every database of {who}" if who in clients.saying("in part") else who
        for who in clients.saying("no", "in part")
    ]
    unknown = clients.saying("unknown")
    parts = [f"Trusted by {_listed(trusting) or 'nobody on this machine'}"]
    if others:
        parts.append(f"not by {_listed(others)}")
    if unknown:
        parts.append(f"not known of {_listed(unknown)}")

    return "; ".join(parts)


def _advice(provided: Provided, clients: Clients) -> Iterator[str]:
    if provided.sidecar is None or not provided.sidecar.issuer_id.startswith("local-"):
        yield f"The root to trust is in {printable(provided.files.cafile)}"
        return

    if clients.browsers.saying("no", "in part"):
        yield "To trust it in browsers, type: flask tls trust install"

    yield "For others, name its root to them: flask tls ca export --out root.crt"


def _listed(words: Sequence[str]) -> str:
    *most, last = words or ("",)
    return f"{', '.join(most)} and {last}" if most else last


def root_of(pem: bytes) -> bytes:
    """The DER form of the first certificate in a file that we wrote."""
    end = "-----END CERTIFICATE-----"
    first = pem.decode("ascii").partition(end)[0] + end
    return ssl.PEM_cert_to_DER_cert(first)


def urls(names: Sequence[Name], host: str, port: int) -> list[str]:
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
