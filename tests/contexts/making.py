"""Self-signed pairs for a server, made without the package under test."""

from __future__ import annotations

import datetime
import functools
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat

from flask_tlsdev.store import PairFiles

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Made:
    """A certificate and its key, as bytes for files."""

    certificate: bytes
    key: bytes
    #: DER, as a client gets it.
    leaf: bytes


@functools.cache
def _key(kind: str) -> PrivateKey:
    # One key of each kind for the whole session: RSA takes its time.
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())

    return rsa.generate_private_key(65537, 2048)


def new_key(kind: str = "ec") -> PrivateKey:
    return _key.__wrapped__(kind)


def make(
    kind: str = "ec", *, key: PrivateKey | None = None, passphrase: bytes = b""
) -> Made:
    """A certificate of its own for localhost, 127.0.0.1 and ::1."""
    key = key or _key(kind)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    protection = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return Made(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection),
        certificate.public_bytes(Encoding.DER),
    )


def replace(path: Path, data: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(data)
    os.replace(new, path)


def put(folder: Path, made: Made) -> PairFiles:
    """Write a pair as a store does: the key first, each file in one step."""
    folder.mkdir(exist_ok=True)
    files = PairFiles(folder / "tls.crt", folder / "tls.key", None)
    replace(files.keyfile, made.key)
    replace(files.certfile, made.certificate)
    return files
