"""Is one certificate good: its dates, its algorithms, its place in a chain?"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import NameOID

from .. import keys
from ..certificates import extensions_of
from ..certificates import find_extension
from ..certificates import names_of
from ..certificates import public_key_of
from ..certificates import signature_hash
from ..certificates import subject_text
from ..errors import CertificateError
from ..errors import CertificateReason
from ..errors import InvalidKey
from ..printable import quoted

_KNOWN_CRITICAL = (
    x509.BasicConstraints,
    x509.ExtendedKeyUsage,
    x509.KeyUsage,
    x509.NameConstraints,
    x509.SubjectAlternativeName,
)
_FORGEABLE = ("md5", "sha1")


def check_dates(certificate: x509.Certificate, now: datetime) -> None:
    """Raise unless the certificate is valid now."""
    who = title(certificate)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc

    if now < begin:
        raise CertificateError(
            f"{who} is valid from {begin:%Y-%m-%d %H:%M} UTC on, not yet.",
            subject=who,
            reason="not yet valid",
            hint="Is this machine's clock right?",
        )
    if now > end:
        raise CertificateError(
            f"{who} expired on {end:%Y-%m-%d %H:%M} UTC.",
            subject=who,
            reason="expired",
            hint="It has to be issued again.",
        )


def check_algorithms(certificate: x509.Certificate, *, signature: bool = True) -> None:
    """Raise if its key, or the hash in its signature, can be forged.

    :param signature: False for a trust anchor: nobody reads its signature.
    """
    who = title(certificate)
    hash_ = signature_hash(certificate)

    if signature and hash_ in _FORGEABLE:
        raise refused(
            certificate, f"is signed with {hash_.upper()}, which can be forged", "weak"
        )

    try:
        keys.check_strength(public_key_of(certificate), who)
    except InvalidKey as error:
        raise CertificateError(
            error.message, subject=who, reason="weak", hint=error.hint
        ) from error


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and key are those that made this certificate."""
    if certificate.issuer != issuer.subject:
        return False

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False

    return True


def is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def title(certificate: x509.Certificate) -> str:
    """What a sentence calls the certificate: its CN, else its first name."""
    if certificate.subject.rdns:
        return name_title(certificate.subject)

    names = names_of(certificate)
    return quoted(names[0]) if names else "The certificate without a subject"


def name_title(name: x509.Name) -> str:
    """What a sentence calls somebody with this distinguished name."""
    common_names = name.get_attributes_for_oid(NameOID.COMMON_NAME)

    if common_names:
        return quoted(common_names[-1].value)

    return quoted(subject_text(name)) if name.rdns else "somebody without a name"


def check_critical(certificate: x509.Certificate) -> None:
    """A critical extension that one does not understand is a refusal (RFC 5280)."""
    for extension in extensions_of(certificate):
        if extension.critical and not isinstance(extension.value, _KNOWN_CRITICAL):
            oid = extension.oid.dotted_string
            problem = f"has the critical extension {oid}, which we do not know"
            raise refused(certificate, problem, "chain")


def check_ca(ca: x509.Certificate, below: int, *, is_anchor: bool) -> None:
    """:param below: How many CAs stand between this one and the leaf."""
    constraints = find_extension(ca, x509.BasicConstraints)
    usage = find_extension(ca, x509.KeyUsage)

    if constraints is None and is_anchor and ca.version is x509.Version.v1:
        # Roots from before 1999 had no extensions.
        return
    if constraints is None or not constraints.ca:
        raise refused(ca, "is no CA and may not sign others", "chain")
    if usage is not None and not usage.key_cert_sign:
        raise refused(ca, "has a key usage without keyCertSign", "chain")
    if constraints.path_length is not None and constraints.path_length < below:
        problem = f"allows {constraints.path_length} CAs below, not {below}"
        raise refused(ca, problem, "chain")


def check_purpose(ca: x509.Certificate, leaf: x509.Certificate) -> None:
    allowed = find_extension(ca, x509.ExtendedKeyUsage)
    wanted = find_extension(leaf, x509.ExtendedKeyUsage)
    any_usage = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE

    if allowed is None or wanted is None or any_usage in allowed:
        return

    if not set(allowed) & set(wanted):
        problem = f"may not sign certificates of the purpose of {title(leaf)}"
        raise refused(ca, problem, "not permitted")


def refused(
    certificate: x509.Certificate,
    problem: str,
    reason: CertificateReason,
    hint: str = "",
) -> CertificateError:
    who = title(certificate)
    return CertificateError(f"{who} {problem}.", subject=who, reason=reason, hint=hint)
