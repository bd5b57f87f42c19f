"""Which certificates are in a file?"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..certificates import check_readable
from ..certificates import is_der
from ..certificates import kinds_in
from ..certificates import pem_blocks
from ..certificates import quietly
from ..certificates import UNREADABLE
from ..errors import CertificateError
from ..printable import printable

#: A chain is three or four certificates of two kilobytes.
LARGEST = 1 << 20
MOST = 64

#: One with a thousand names has 40 kB. Each byte of one becomes up to a hundred
#: while it is looked at.
LARGEST_CERTIFICATE = 1 << 18

#: The first is the standard (RFC 7468), the second what it was before.
CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE")


def load_certificates(data: bytes, what: str = "file") -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM bundle or a DER file, in the file's order.

    Text around the PEM blocks and other blocks, such as a key, are passed over.

    :param what: What the file is called in an error message.
    """
    if len(data) > LARGEST:
        raise _malformed(what, f"is larger than {LARGEST >> 20} MiB")

    ours = (b.data for b in pem_blocks(data) if b.label in CERTIFICATE_LABELS)
    blocks = list(islice(ours, MOST + 1))

    if len(blocks) > MOST:
        raise _malformed(what, f"holds more than {MOST} certificates")
    if not blocks and is_der(data):
        blocks = [data]
    if not blocks:
        raise _malformed(what, f"holds {kinds_in(data)}, no certificate")

    found = tuple(
        load_certificate(block, what, f"certificate {number} of {len(blocks)}")
        for number, block in enumerate(blocks, 1)
    )

    for certificate in found:
        check_readable(certificate, f"A certificate in {printable(what)}")

    return found


def dump_certificates(certificates: Iterable[x509.Certificate]) -> bytes:
    """The certificates as one PEM text, in the order given."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def load_certificate(block: bytes, what: str, which: str) -> x509.Certificate:
    """One certificate, PEM or DER, of which not every field may be readable.

    :param which: What it is called in an error message about ``what``.
    """
    if len(block) > LARGEST_CERTIFICATE * 4 // 3:
        raise _malformed(what, f"is no good: {which} is larger than 256 KiB")

    try:
        with quietly():
            if is_der(block):
                return x509.load_der_x509_certificate(block)
            return x509.load_pem_x509_certificate(block)
    except UNREADABLE as error:
        raise _malformed(what, f"is damaged: {which} cannot be read") from error


def _malformed(what: str, problem: str) -> CertificateError:
    return CertificateError(
        f"{printable(what)} {problem}.",
        reason="malformed",
        hint="A certificate begins with -----BEGIN CERTIFICATE-----.",
    )
