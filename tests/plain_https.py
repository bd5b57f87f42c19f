"""An HTTPS server made of nothing but the standard library, and a root for it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import NameOID


def name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "flask-tlsdev  tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=30))
    )


@dataclass(frozen=True)
class PlainRoot:
    """A root that signs; not of our profile, so that neither is tested by itself."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def make(
        cls,
        subject: x509.Name | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> PlainRoot:
        subject = subject or name("A Root")
        key = key or ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = (
            _builder(subject, subject, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .add_extension(usage, True)
            .add_extension(identifier, False)
        )
        return cls(builder.sign(key, SHA256()), key)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self) -> bytes:
        """Key and certificate in one PEM, for localhost and ``app.test``."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [
                x509.DNSName("localhost"),
                x509.DNSName("app.test"),
                x509.IPAddress(ip_address("127.0.0.1")),
            ]
        )
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self.key.public_key()
        )
        leaf = (
            _builder(name("localhost"), self.certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(names, False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False
            )
            .add_extension(authority, False)
            .sign(self.key, SHA256())
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return secret + leaf.public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)


class _Server(ThreadingHTTPServer):
    answers: Mapping[str, Answer]

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that does not trust us hangs up. That is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    # A browser opens connections ahead of need.
    timeout = 10

    def do_GET(self) -> None:
        answer = self.server.answers.get(self.path, Answer(status=404))
        self.send_response(answer.status)

        for header, value in answer.headers:
            self.send_header(header, value)

        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def serving(
    root: PlainRoot, folder: Path, answers: Mapping[str, Answer]
) -> Iterator[int]:
    """The port of a server with a certificate of this root.

    :param folder: Where the key and certificate go.
    :param answers: By path.
    """
    pair = folder / "pair.pem"
    pair.write_bytes(root.issue())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)

    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.answers = answers
        # The handshake is each connection's thread's own.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
