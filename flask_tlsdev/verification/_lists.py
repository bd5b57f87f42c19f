"""What does a revocation list say about a certificate?"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from ..certificates import find_extension
from ..certificates import is_der
from ..certificates import pem_blocks
from ..certificates import public_key_of
from ..certificates import quietly
from ..certificates import UNREADABLE
from ..errors import CertificateError
from ..pairs import title
from ..printable import printable
from ._verdict import revoked
from ._verdict import SKEW
from ._verdict import unusable
from ._verdict import Verdict

#: Let's Encrypt's have 20 kB each; a large authority's has some megabytes.
LARGEST = 16 << 20

LABELS = ("X509 CRL", "CRL")

_FORGEABLE = ("md5", "sha1")

Lists = Sequence[x509.CertificateRevocationList]


def load_crls(
    data: bytes, what: str = "file"
) -> tuple[x509.CertificateRevocationList, ...]:
    """The revocation lists of a PEM or DER file."""
    if len(data) > LARGEST:
        raise _malformed(what, f"is larger than {LARGEST >> 20} MiB")

    try:
        with quietly():
            found = tuple(_parsed(data))
            for each in found:
                # cryptography parses these when they are first asked for.
                _ = each.issuer, each.extensions
    except (*UNREADABLE, UnsupportedAlgorithm) as error:
        raise _malformed(what, "is damaged or is no revocation list") from error

    if not found:
        raise _malformed(what, "holds no revocation list")

    return found


def _parsed(data: bytes) -> Iterator[x509.CertificateRevocationList]:
    if is_der(data):
        yield x509.load_der_x509_crl(data)
        return

    for block in pem_blocks(data):
        if block.label in LABELS:
            yield x509.load_pem_x509_crl(block.data)


def ask_lists(
    certificate: x509.Certificate, issuer: x509.Certificate, lists: Lists, at: datetime
) -> Verdict:
    """What the issuer's lists say together, of which there is one at least."""
    verdicts = [_ask(certificate, issuer, each, at) for each in lists]
    order = ("revoked", "good", "unusable")
    return min(verdicts, key=lambda each: order.index(each.status))


def _ask(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crl: x509.CertificateRevocationList,
    at: datetime,
) -> Verdict:
    who, whose = title(certificate), title(issuer)
    what = f"The list of {whose}"
    if not _is_signed_by(crl, issuer):
        return unusable(f"The list for {who}", f"is not signed by {whose}")

    for problem in _limits(crl, certificate):
        return unusable(what, problem)

    try:
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None:
            return revoked(who, entry.revocation_date_utc, _reason(entry))
    except UNREADABLE:
        return unusable(what, "is damaged")

    if crl.last_update_utc > at + SKEW:
        return unusable(what, f"is valid from {crl.last_update_utc:%Y-%m-%d} on only")
    if crl.next_update_utc is not None and crl.next_update_utc < at:
        return unusable(what, "is out of date")

    return Verdict("good", f"{who} is not on the list of {whose}")


def _is_signed_by(
    crl: x509.CertificateRevocationList, issuer: x509.Certificate
) -> bool:
    usage = find_extension(issuer, x509.KeyUsage)
    if crl.issuer != issuer.subject or (usage is not None and not usage.crl_sign):
        return False

    try:
        return crl.is_signature_valid(public_key_of(issuer))
    except (CertificateError, ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _limits(
    crl: x509.CertificateRevocationList, certificate: x509.Certificate
) -> Iterator[str]:
    """Why "not on the list" would say nothing about this certificate."""
    hash_ = crl.signature_hash_algorithm
    if hash_ is not None and hash_.name in _FORGEABLE:
        yield f"is signed with {hash_.name.upper()}, which can be forged"

    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.DeltaCRLIndicator):
            yield "is a delta list: it has only what is new, and is not used"
        elif isinstance(value, x509.IssuingDistributionPoint):
            yield from _limits_of_part(value, certificate)
        elif extension.critical:
            oid = extension.oid.dotted_string
            yield f"has the critical extension {oid}, which we do not know"


def _limits_of_part(
    part: x509.IssuingDistributionPoint, certificate: x509.Certificate
) -> Iterator[str]:
    constraints = find_extension(certificate, x509.BasicConstraints)
    is_ca = constraints is not None and constraints.ca
    if (
        part.only_contains_attribute_certs
        or (part.only_contains_user_certs and is_ca)
        or (part.only_contains_ca_certs and not is_ca)
    ):
        yield "is for certificates of another kind"

    if part.indirect_crl or part.only_some_reasons or part.relative_name:
        yield "is an indirect or a partial one, which is not used"

    # A list in parts: that of another part is silent about this certificate.
    if part.full_name and not set(_urls(part.full_name)) & set(list_urls(certificate)):
        yield f"is not the part of it in which {title(certificate)} would be"


def list_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the certificate says that its issuer's lists are."""
    points = find_extension(certificate, x509.CRLDistributionPoints)
    urls = (
        url
        for point in points or ()
        # Somebody else's list, or one for some reasons only, is not used.
        if not point.crl_issuer and not point.reasons
        for url in _urls(point.full_name or ())
    )
    return tuple(dict.fromkeys(urls))


def _urls(names: Iterable[x509.GeneralName]) -> list[str]:
    return [
        each.value for each in names if isinstance(each, x509.UniformResourceIdentifier)
    ]


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return None


def _malformed(what: str, problem: str) -> CertificateError:
    return CertificateError(f"{printable(what)} {problem}.", reason="malformed")
