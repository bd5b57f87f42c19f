"""Which things does a file hold?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .. import keys
from ..certificates import is_der
from ..certificates import kinds_in
from ..certificates import pem_blocks
from ..certificates import PemBlock
from ..certificates import quietly
from ..certificates import UNREADABLE
from ..csr import LABELS as CSR_LABELS
from ..csr import LARGEST as LARGEST_CSR
from ..errors import CertificateError
from ..errors import InvalidKey
from ..pairs import CERTIFICATE_LABELS
from ..pairs import is_pkcs7
from ..pairs import is_pkcs12
from ..pairs import is_secret
from ..pairs import load_certificate
from ..pairs import load_pkcs7
from ..pairs import load_pkcs12
from ..pairs import load_secret
from ..pairs import PKCS7_LABELS
from ..printable import printable
from ._certificates import describe_certificate
from ._certificates import describe_csr
from ._description import Description
from ._description import field
from ._description import Value
from ._keys import public_key_fields
from ._revocation import describe_crl

#: The first is the standard's (RFC 7468 section 6).
CRL_LABELS = ("X509 CRL", "CRL")

#: A bundle of all roots that a system trusts has about 150 certificates.
LARGEST = 4 << 20
MOST = 500


def describe(
    data: bytes, what: str = "file", passphrase: bytes | None = None
) -> tuple[Description, ...]:
    """Everything in a PEM bundle, a DER, PKCS #7 or PKCS #12 file, or a Secret.

    Of a private key only the public part is described. An encrypted one
    without a passphrase is said to be there, and no more.

    :param what: What the file is called in an error message.
    """
    if len(data) > LARGEST:
        raise _malformed(what, f"is larger than {LARGEST >> 20} MiB")

    with quietly():
        if is_der(data):
            return tuple(_describe_der(data, what, passphrase))

        found = tuple(islice(_describe_text(data, what, passphrase), MOST + 1))

    if len(found) > MOST:
        raise _malformed(what, f"holds more than {MOST} certificates and keys")
    if not found:
        raise _malformed(what, f"holds {kinds_in(data)}, no certificate, CSR or key")

    return found


def _describe_text(
    data: bytes, what: str, passphrase: bytes | None
) -> Iterator[Description]:
    if not is_secret(data):
        yield from _describe_pem(data, what, passphrase)
        return

    for name, held in load_secret(data, what).items():
        yield from _describe_pem(held, f"{name} in {what}", passphrase)


def _describe_pem(
    data: bytes, what: str, passphrase: bytes | None
) -> Iterator[Description]:
    """Blocks of other kinds, such as EC PARAMETERS, are passed over."""
    for number, block in enumerate(pem_blocks(data), 1):
        if block.label in CERTIFICATE_LABELS:
            which = f"PEM block {number}"
            yield describe_certificate(load_certificate(block.data, what, which))
        elif block.label in CSR_LABELS:
            yield describe_csr(load_csr(block.data, what))
        elif block.label.endswith("PRIVATE KEY"):
            yield _describe_private_key(block, what, passphrase)
        elif block.label.endswith("PUBLIC KEY"):
            yield _describe_public_key(_load_public_key(block.data, what))
        elif block.label in PKCS7_LABELS:
            yield from map(describe_certificate, load_pkcs7(block.data, what))
        elif block.label in CRL_LABELS:
            yield describe_crl(load_crl(block.data, what))


def _describe_der(
    data: bytes, what: str, passphrase: bytes | None
) -> Iterator[Description]:
    if is_pkcs12(data):
        key, certificates = load_pkcs12(data, passphrase, printable(what))
        if key is not None:
            yield _describe_key_of(key)
        yield from map(describe_certificate, certificates[:MOST])
        return

    if is_pkcs7(data):
        yield from map(describe_certificate, load_pkcs7(data, what))
        return

    for read in (_read_certificate, _read_csr, _read_crl, _read_public_key):
        try:
            yield read(data, what)
            return
        except CertificateError:
            continue

    try:
        yield _describe_key_of(keys.load(data, passphrase, what))
    except InvalidKey as error:
        problem = "holds no certificate, CSR or public key"
        raise _malformed(what, problem, hint=str(error)) from error


def _read_certificate(data: bytes, what: str) -> Description:
    return describe_certificate(load_certificate(data, what, "the certificate"))


def _read_csr(data: bytes, what: str) -> Description:
    return describe_csr(load_csr(data, what))


def _read_crl(data: bytes, what: str) -> Description:
    return describe_crl(load_crl(data, what))


def _read_public_key(data: bytes, what: str) -> Description:
    return _describe_public_key(_load_public_key(data, what))


def _describe_private_key(
    block: PemBlock, what: str, passphrase: bytes | None
) -> Description:
    encrypted = "ENCRYPTED" in block.label or b"ENCRYPTED" in block.data[:200]

    if encrypted and passphrase is None:
        return Description("private key", {"encrypted": True})

    return _describe_key_of(keys.load(block.data, passphrase, what), encrypted)


def _describe_key_of(key: keys.PrivateKey, encrypted: bool = False) -> Description:
    return Description(
        "private key",
        {"encrypted": encrypted, "public_key": field(lambda: _fields(key))},
    )


def _fields(key: keys.PrivateKey) -> Value:
    return dict(public_key_fields(key.public_key()))


def _describe_public_key(key: PublicKeyTypes) -> Description:
    return Description("public key", public_key_fields(key))


def load_csr(data: bytes, what: str) -> x509.CertificateSigningRequest:
    """A CSR, PEM or DER, of which nothing is believed."""
    if len(data) > LARGEST_CSR * 4 // 3:
        raise _malformed(what, f"is larger than a CSR, {LARGEST_CSR >> 10} KiB")

    try:
        if is_der(data):
            return x509.load_der_x509_csr(data)
        return x509.load_pem_x509_csr(data)
    except UNREADABLE as error:
        raise _malformed(what, "is damaged: the CSR in it cannot be read") from error


def load_crl(data: bytes, what: str) -> x509.CertificateRevocationList:
    """A revocation list, PEM or DER, of which nothing is believed."""
    try:
        if is_der(data):
            return x509.load_der_x509_crl(data)
        return x509.load_pem_x509_crl(data)
    except UNREADABLE as error:
        problem = "is damaged: the revocation list in it cannot be read"
        raise _malformed(what, problem) from error


def _load_public_key(data: bytes, what: str) -> PublicKeyTypes:
    try:
        if is_der(data):
            return load_der_public_key(data)
        return load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        problem = "is damaged: the public key in it cannot be read"
        raise _malformed(what, problem) from error


def _malformed(what: str, problem: str, hint: str = "") -> CertificateError:
    return CertificateError(
        f"{printable(what)} {problem}.", reason="malformed", hint=hint
    )
