"""Programs and libraries that judge a chain as they do for their users."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import __version__
from cryptography import x509
from cryptography.x509 import verification

from flask_tlsdev import keys
from flask_tlsdev.certificates import names_of
from flask_tlsdev.pairs import dump_certificates
from tests.tools import program
from tests.tools import run

if TYPE_CHECKING:
    from flask_tlsdev.keys import PrivateKey


@dataclass(frozen=True)
class Served:
    """A chain with its key as files, and the root that the client trusts."""

    folder: Path
    chain: tuple[x509.Certificate, ...]
    root: x509.Certificate
    #: What the client wants to reach: a DNS name or an address.
    host: str

    @property
    def is_address(self) -> bool:
        return self.host[0].isdigit() or ":" in self.host

    @property
    def rootfile(self) -> Path:
        return self.folder / "root.pem"

    @property
    def chainfile(self) -> Path:
        return self.folder / "chain.pem"

    @property
    def keyfile(self) -> Path:
        return self.folder / "key.pem"


def served(
    folder: Path,
    key: PrivateKey,
    chain: tuple[x509.Certificate, ...],
    root: x509.Certificate,
    host: str,
) -> Served:
    """The same, written to the folder."""
    it = Served(folder, chain, root, host)
    it.rootfile.write_bytes(dump_certificates([root]))
    it.chainfile.write_bytes(dump_certificates(chain))
    it.keyfile.write_bytes(keys.dump(key))
    return it


def openssl(it: Served) -> str:
    """``openssl verify`` at its strictest. All clients answer "" or a refusal."""
    kind = "-verify_ip" if it.is_address else "-verify_hostname"
    done = run(
        program("openssl"),
        *("verify", "-x509_strict", "-purpose", "sslserver", kind, it.host),
        *("-no-CApath", "-no-CAstore", "-CAfile", it.rootfile),
        *("-untrusted", it.chainfile, it.chainfile),
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def python(it: Served) -> str:
    """Python's ssl in both ends of a handshake, as strict as 3.13's default."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(it.rootfile)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=it.host)
    server = _server_context(it).wrap_bio(to_server, to_client, server_side=True)

    for _ in range(5):
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        else:
            return ""
        with suppress(ssl.SSLWantReadError):
            server.do_handshake()

    raise AssertionError("the handshake does not end")


def curl(it: Served) -> str:
    """``curl --cacert`` against a real server."""
    host = f"[{it.host}]" if ":" in it.host else it.host

    with _https_server(it) as port:
        done = run(
            program("curl"),
            *("--silent", "--show-error", "--fail", "--noproxy", "*"),
            *("--cacert", it.rootfile, "--connect-to", f"::127.0.0.1:{port}"),
            f"https://{host}:{port}/",
        )

    assert done.returncode in (0, 60), done.stderr
    return done.stderr if done.returncode else ""


def cryptography(it: Served) -> str:
    """cryptography's own verifier."""
    names = names_of(it.chain[0])

    if int(__version__.split(".")[0]) < 45 and any(name.wildcard for name in names):
        pytest.skip("before 45 it refuses wildcards below any name constraints")

    subject = (
        x509.IPAddress(ip_address(it.host)) if it.is_address else x509.DNSName(it.host)
    )
    builder = verification.PolicyBuilder().store(verification.Store([it.root]))

    try:
        verifier = builder.build_server_verifier(subject)
        verifier.verify(it.chain[0], list(it.chain[1:]))
    except verification.VerificationError as error:
        return str(error)

    return ""


def gnutls(it: Served) -> str:
    """GnuTLS, the library of wget and many desktop programs."""
    done = run(
        program("certtool"),
        *("--verify", "--verify-profile", "medium"),
        *("--load-ca-certificate", it.rootfile, "--infile", it.chainfile),
        *("--verify-hostname", it.host, "--verify-purpose", "1.3.6.1.5.5.7.3.1"),
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


CLIENTS: tuple[Callable[[Served], str], ...] = (
    openssl,
    python,
    curl,
    cryptography,
    gnutls,
)


def _server_context(it: Served) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(it.chainfile, it.keyfile)
    return context


@contextmanager
def _https_server(it: Served) -> Iterator[int]:
    """A server on a free port of 127.0.0.1 that answers one request."""
    context = _server_context(it)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answer, args=(listening, context))
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def _answer(listening: socket.socket, context: ssl.SSLContext) -> None:
    listening.settimeout(30)
    connection, _ = listening.accept()
    connection.settimeout(30)

    try:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        # The client refused: that is what the test asks about.
        connection.close()
