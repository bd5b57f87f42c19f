"""What does a server show to a client that asks?

Nothing is verified here: it is looked at, to be described or judged elsewhere,
and no data goes over the connection.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import CertificateError
from .errors import InvalidName
from .errors import TLSDevError
from .names import parse_name
from .printable import printable
from .programs import Runner

if TYPE_CHECKING:
    from cryptography import x509

    from .names import Name

_TARGET = re.compile(
    r"(?:https://)?(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\s:/\[\]]+))"
    r":(?P<port>[0-9]{1,5})(?:/\S*)?"
)
#: A chain of the longest kind that we would read; a page is never fetched.
_LARGEST = 1 << 20


class Unreachable(TLSDevError):
    """A server could not be reached, or does not speak TLS."""


@dataclass(frozen=True)
class Address:
    """Where a server is."""

    name: Name
    port: int

    def __str__(self) -> str:
        host = f"[{self.name}]" if ":" in self.name.value else self.name.value
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class Peer:
    """What a server has shown."""

    address: Address
    #: In the order in which they came; only the first one where the rest
    #: cannot be seen.
    certificates: tuple[x509.Certificate, ...]
    #: Whether these are all.
    is_all: bool
    #: ``TLSv1.3 with TLS_AES_256_GCM_SHA384``.
    protocol: str


def parse_address(text: str) -> Address | None:
    """The server that is meant by ``HOST:PORT`` or an ``https://`` URL with a port."""
    found = _TARGET.fullmatch(text)

    if found is None:
        return None

    port = int(found["port"])
    try:
        name = parse_name(found["v6"] or found["host"])
    except InvalidName:
        return None

    return Address(name, port) if 0 < port < 65536 and not name.wildcard else None


def meet(address: Address, runner: Runner, *, timeout: float = 10.0) -> Peer:
    """What the server at this address shows when it is asked for its name.

    :param runner: Runs ``openssl`` on Pythons before 3.13.
    :raises Unreachable: There is no server, or it does not speak TLS.
    """
    try:
        with _connect(address, timeout) as connection:
            leaf = connection.getpeercert(binary_form=True)
            chain = _chain_of(connection)
            cipher = connection.cipher()
            protocol = f"{connection.version()} with {cipher[0] if cipher else 'none'}"
    except (OSError, ValueError) as error:
        raise _unreachable(address, error) from error

    if leaf is None:
        raise Unreachable(f"The server at {address} has no certificate.")

    chain = chain or _chain_by_openssl(address, leaf, runner)
    certificates = _parse(chain or [leaf], address)
    return Peer(address, certificates, chain is not None, protocol)


def _connect(address: Address, timeout: float) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # A certificate is looked at because something is wrong with it.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED

    plain = socket.create_connection((address.name.value, address.port), timeout)
    try:
        return context.wrap_socket(plain, server_hostname=address.name.value)
    except BaseException:
        plain.close()
        raise


def _chain_of(connection: ssl.SSLSocket) -> list[bytes] | None:
    """The whole chain, which Python tells from 3.13 on."""
    read = getattr(connection, "get_unverified_chain", None)
    return list(read()) if read else None


def _chain_by_openssl(
    address: Address, leaf: bytes, runner: Runner
) -> list[bytes] | None:
    program = runner.find("openssl")

    if not program:
        return None

    command = [program, "s_client", "-showcerts", "-connect", str(address)]
    if address.name.kind == "dns":
        command += ["-servername", address.name.value]

    chain = _pem_in(runner.run(command).stdout[:_LARGEST])
    # It was another connection: another server may have answered.
    return chain if chain and chain[0] == leaf else None


def _pem_in(output: bytes) -> list[bytes]:
    from .certificates import pem_blocks

    found = []
    for block in pem_blocks(output):
        if block.label == "CERTIFICATE":
            try:
                found.append(ssl.PEM_cert_to_DER_cert(block.data.decode("ascii")))
            except ValueError:
                return []

    return found


def _parse(chain: list[bytes], address: Address) -> tuple[x509.Certificate, ...]:
    from .pairs import load_certificate
    from .pairs import MOST

    if len(chain) > MOST:
        raise CertificateError(
            f"{address} sends more than {MOST} certificates.", reason="malformed"
        )

    return tuple(
        load_certificate(der, f"What {address} sends", f"certificate {number}")
        for number, der in enumerate(chain, 1)
    )


def _unreachable(address: Address, error: Exception) -> Unreachable:
    if isinstance(error, ssl.SSLError):
        reason = printable((error.reason or str(error)).replace("_", " ").lower())
        return Unreachable(
            f"The server at {address} does not finish a TLS handshake: {reason}.",
            hint=f"Does it speak plain HTTP? Try: curl http://{address}/",
        )
    if isinstance(error, TimeoutError):
        return Unreachable(f"The server at {address} does not answer.")

    reason = printable(getattr(error, "strerror", None) or error)
    return Unreachable(f"There is no answer from {address}: {reason}.")
