"""Which certificates are in a PKCS #7 file, and how is one made?

Authorities and Windows hand out chains in this form, ``.p7b`` or ``.p7c``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import pkcs7

from ..certificates import is_der
from ..certificates import quietly
from ..certificates import UNREADABLE
from ..errors import CertificateError
from ..printable import printable
from .bundles import LARGEST
from .bundles import MOST

#: RFC 7468 section 8, its section 9, and what GnuTLS and others write.
PKCS7_LABELS = ("PKCS7", "CMS", "PKCS #7 SIGNED DATA")

#: 1.2.840.113549.1.7.2, signedData, with its tag and length.
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def is_pkcs7(data: bytes) -> bool:
    """Whether it begins like signed data, in DER or BER."""
    return is_der(data) and data.find(_SIGNED_DATA, 2, 2 + 5 + len(_SIGNED_DATA)) > 0


def load_pkcs7(data: bytes, what: str = "file") -> tuple[x509.Certificate, ...]:
    """The certificates of one PKCS #7 file or PEM block, in the file's order."""
    if len(data) > LARGEST:
        raise _malformed(what, f"is larger than {LARGEST >> 20} MiB")

    try:
        with quietly():
            found = pkcs7.load_der_pkcs7_certificates(_der(data))
    except (*UNREADABLE, UnsupportedAlgorithm) as error:
        raise _malformed(what, "is damaged: its PKCS #7 cannot be read") from error

    if len(found) > MOST:
        raise _malformed(what, f"holds more than {MOST} certificates")
    if not found:
        raise _malformed(what, "is a PKCS #7 file without a certificate")

    return tuple(found)


def dump_pkcs7(certificates: Sequence[x509.Certificate]) -> bytes:
    """The certificates as a PKCS #7 file without a signature, in PEM."""
    return pkcs7.serialize_certificates(list(certificates), Encoding.PEM)


def _der(data: bytes) -> bytes:
    if is_der(data):
        return data

    # cryptography reads one label only.
    body = re.sub(rb"-----[^-]*-----|\s+", b"", data)
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _malformed(what: str, problem: str) -> CertificateError:
    return CertificateError(f"{printable(what)} {problem}.", reason="malformed")
