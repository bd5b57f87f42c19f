"""Who answers where the app should be, and would a strict client accept it?"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import TLSDevError
from ..printable import printable
from .finding import Finding
from .pairs import strict_client

if TYPE_CHECKING:
    from cryptography import x509

    from ..peers import Address
    from ..programs import Runner
    from ..trust.base import Root

_RUN = "End it, or take another port: flask tls run --port PORT"


def check_server(
    address: Address,
    root: Root | None,
    roots: Mapping[x509.Certificate, str],
    runner: Runner,
    *,
    timeout: float = 5.0,
) -> Iterator[Finding]:
    """Whether the port is free, or else a real handshake with who listens there.

    :param root: The active CA's.
    :param roots: What is trusted, and why.
    """
    host, port = address.name.value, address.port
    try:
        socket.create_connection((host, port), timeout).close()
    except ConnectionRefusedError:
        text = f"Nothing listens on {address}: the port is free."
        yield Finding("server", "ok", text)
        return
    except OSError as error:
        reason = printable(error.strerror or str(error))
        text = f"{address} cannot be reached: {reason}."
        yield Finding("server", "warning", text, "Type: flask tls run")
        return

    try:
        yield from _meet(address, roots, runner, timeout)
    except TLSDevError as error:
        text = f"Something else uses the port. {error.message}"
        yield Finding("server", "failed", text, _RUN)
    else:
        yield from _shake_hands(address, root, timeout)


def _meet(
    address: Address,
    roots: Mapping[x509.Certificate, str],
    runner: Runner,
    timeout: float,
) -> Iterator[Finding]:
    from ..peers import meet
    from ..verification import Question
    from ..verification import verify

    peer = meet(address, runner, timeout=timeout)
    report = verify(
        Question(
            leaf=peer.certificates[0],
            sent=peer.certificates if peer.is_all else None,
            roots=roots,
            names=(address.name,),
            is_server=True,
            protocol=peer.protocol,
        )
    )
    bad = [each for each in report.checks if each.status == "failed"]
    for each in bad:
        yield Finding(
            "server",
            "failed",
            f"{address} shows {report.subject}: {each.name}: {each.text}",
            f"See all of it: flask tls verify {address}",
        )


def _shake_hands(
    address: Address, root: Root | None, timeout: float
) -> Iterator[Finding]:
    """A client that verifies as Python does, with our root besides the usual ones."""
    client = strict_client()
    client.load_default_certs()
    if root is not None:
        client.load_verify_locations(cadata=root.der)

    host = address.name.value
    try:
        with (
            socket.create_connection((host, address.port), timeout) as plain,
            client.wrap_socket(plain, server_hostname=host) as connection,
        ):
            text = f"A strict client accepts {address}, with {connection.version()}."
            # Said properly, the end is no failure in the server's log.
            with suppress(OSError):
                connection.unwrap()
            yield Finding("server", "ok", text)
    except ssl.SSLCertVerificationError as error:
        text = f"A strict client refuses {address}: {printable(error.verify_message)}."
        yield Finding("server", "failed", text, "Start it anew: flask tls run")
    except OSError as error:
        reason = printable(getattr(error, "reason", None) or error.strerror or error)
        text = f"A client cannot shake hands with {address}: {reason}."
        yield Finding("server", "failed", text, _RUN)
