"""Which keys and certificates are in a file, whatever its form?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from cryptography import x509

from .. import keys
from ..certificates import is_der
from ..certificates import kinds_in
from ..certificates import pem_blocks
from ..errors import CertificateError
from ..errors import InvalidKey
from ..printable import printable
from .bundles import CERTIFICATE_LABELS
from .bundles import LARGEST
from .bundles import load_certificates
from .bundles import MOST
from .pkcs7 import is_pkcs7
from .pkcs7 import load_pkcs7
from .pkcs7 import PKCS7_LABELS
from .pkcs12 import is_pkcs12
from .pkcs12 import load_pkcs12
from .secrets import is_secret
from .secrets import load_secret

if TYPE_CHECKING:
    from ..keys import PrivateKey


@dataclass(frozen=True)
class Contents:
    """Keys and certificates, in the file's order."""

    keys: tuple[PrivateKey, ...] = field(default=(), repr=False)
    certificates: tuple[x509.Certificate, ...] = ()

    def __add__(self, other: Contents) -> Contents:
        return Contents(
            (*self.keys, *other.keys), (*self.certificates, *other.certificates)
        )


def load_contents(
    data: bytes, what: str = "file", passphrase: bytes | None = None
) -> Contents:
    """What is in a PEM bundle, DER, PKCS #7 or PKCS #12 file, or a Secret.

    :param passphrase: Opens a key or a PKCS #12 file that is encrypted.
    :raises CertificateError: There is neither a certificate nor a key, or one
        that cannot be read.
    :raises InvalidKey: The key cannot be read or used.
    """
    if len(data) > LARGEST * 2:
        raise _malformed(what, f"is larger than {LARGEST >> 19} MiB")

    if is_secret(data):
        found = Contents()
        for name, held in load_secret(data, what).items():
            found += _load(held, f"{name} in {what}", passphrase)
        return found

    return _load(data, what, passphrase)


def needs_passphrase(data: bytes) -> bool:
    """Whether something in the file is encrypted."""
    if is_der(data):
        return _needs_passphrase_der(data)

    try:
        held = load_secret(data).values() if is_secret(data) else (data,)
    except CertificateError:
        return False

    return any(
        block.label == "ENCRYPTED PRIVATE KEY" or b"Proc-Type:" in block.data[:200]
        for each in held
        for block in pem_blocks(each)
    )


def _needs_passphrase_der(data: bytes) -> bool:
    if is_pkcs12(data):
        return not any(_opens(data, passphrase) for passphrase in (None, b""))

    return keys.is_encrypted(data)


def _opens(data: bytes, passphrase: bytes | None) -> bool:
    try:
        load_pkcs12(data, passphrase)
    except (CertificateError, InvalidKey):
        return False

    return True


def _load(data: bytes, what: str, passphrase: bytes | None) -> Contents:
    if is_der(data):
        return _load_der(data, what, passphrase)

    found = Contents()
    for block in pem_blocks(data):
        if read := _reader(block.label):
            found += read(block.data, what, passphrase)
        if len(found.certificates) > MOST or len(found.keys) > MOST:
            raise _malformed(what, f"holds more than {MOST} certificates")

    if not found.certificates and not found.keys:
        raise _malformed(what, f"holds {kinds_in(data)}, no certificate or key")

    return found


_Reader = Callable[[bytes, str, "bytes | None"], Contents]


def _reader(label: str) -> _Reader | None:
    if label in CERTIFICATE_LABELS:
        return _load_certificates
    if label in PKCS7_LABELS:
        return _load_pkcs7
    if label.endswith("PRIVATE KEY"):
        return _load_key

    return None


def _load_certificates(data: bytes, what: str, _: bytes | None) -> Contents:
    return Contents(certificates=load_certificates(data, what))


def _load_pkcs7(data: bytes, what: str, _: bytes | None) -> Contents:
    return Contents(certificates=load_pkcs7(data, what))


def _load_key(data: bytes, what: str, passphrase: bytes | None) -> Contents:
    return Contents(keys=(keys.load(data, passphrase, what),))


def _load_der(data: bytes, what: str, passphrase: bytes | None) -> Contents:
    if is_pkcs12(data):
        # Some programs write no password, some an empty one.
        candidate = b"" if passphrase is None and _opens(data, b"") else passphrase
        key, certificates = load_pkcs12(data, candidate, printable(what))
        return Contents(() if key is None else (key,), certificates)

    if is_pkcs7(data):
        return _load_pkcs7(data, what, None)

    try:
        return _load_certificates(data, what, None)
    except CertificateError as error:
        if keys.looks_like_key(data):
            return _load_key(data, what, passphrase)
        raise error


def _malformed(what: str, problem: str) -> CertificateError:
    return CertificateError(
        f"{printable(what)} {problem}.",
        reason="malformed",
        hint="To see what it is, type: flask tls show FILE",
    )
