"""Has somebody taken the certificate back?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from ..certificates import is_der
from ..certificates import pem_blocks
from ..certificates import public_key_of
from ..certificates import quietly
from ..certificates import UNREADABLE
from ..errors import CertificateError
from ..pairs import title
from ..printable import printable
from ._report import Check

#: Let's Encrypt's have 20 kB each; a large authority's has some megabytes.
LARGEST = 16 << 20

LABELS = ("X509 CRL", "CRL")

Lists = Sequence[x509.CertificateRevocationList]


def load_crls(
    data: bytes, what: str = "file"
) -> tuple[x509.CertificateRevocationList, ...]:
    """The revocation lists of a PEM or DER file."""
    if len(data) > LARGEST:
        raise _malformed(what, f"is larger than {LARGEST >> 20} MiB")

    try:
        with quietly():
            if is_der(data):
                return (x509.load_der_x509_crl(data),)
            found = tuple(
                x509.load_pem_x509_crl(block.data)
                for block in pem_blocks(data)
                if block.label in LABELS
            )
    except (*UNREADABLE, UnsupportedAlgorithm) as error:
        raise _malformed(what, "is damaged or is no revocation list") from error

    if not found:
        raise _malformed(what, "holds no revocation list")

    return found


def check_revocation(
    path: Sequence[x509.Certificate], lists: Lists, at: datetime
) -> Iterator[Check]:
    """Each certificate on the path, held against its issuer's list."""
    if not lists:
        yield Check("revocation", "not checked", "No list was given (--crl FILE).")
        return

    for certificate, issuer in pairwise(path):
        own = [each for each in lists if each.issuer == issuer.subject]
        yield _check(certificate, issuer, own, at)


def _check(
    certificate: x509.Certificate, issuer: x509.Certificate, own: Lists, at: datetime
) -> Check:
    who = title(certificate)
    signed = [each for each in own if _is_signed_by(each, issuer)]

    if not own:
        text = f"There is no list of {title(issuer)}'s, who signed {who}."
        return Check("revocation", "not checked", text)
    if not signed:
        text = f"The list for {who} is not signed by {title(issuer)}."
        return Check("revocation", "failed", text)

    for each in signed:
        entry = each.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None:
            when = entry.revocation_date_utc
            text = f"{who} was revoked on {when:%Y-%m-%d}{_reason(entry)}."
            return Check("revocation", "failed", text)

    ends = [each.next_update_utc for each in signed]
    if all(end is not None and end < at for end in ends):
        text = f"The list of {title(issuer)} is out of date."
        return Check("revocation", "failed", text)

    return Check("revocation", "ok", f"{who} is not on the list of {title(issuer)}")


def _is_signed_by(
    crl: x509.CertificateRevocationList, issuer: x509.Certificate
) -> bool:
    try:
        return crl.is_signature_valid(public_key_of(issuer))
    except (CertificateError, ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        found = entry.extensions.get_extension_for_class(x509.CRLReason)
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return ""

    return f", reason: {found.value.reason.value}"


def _malformed(what: str, problem: str) -> CertificateError:
    return CertificateError(f"{printable(what)} {problem}.", reason="malformed")
