"""What does an OCSP responder say about a certificate? (RFC 6960)"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..certificates import find_extension
from ..certificates import public_key_of
from ..certificates import quietly
from ..certificates import UNREADABLE
from ..errors import CertificateError
from ..pairs import title
from ..pairs.checks import check_algorithms
from ..pairs.checks import check_critical
from ..pairs.checks import check_dates
from ..pairs.checks import is_signed_by
from ._verdict import revoked
from ._verdict import SKEW
from ._verdict import unusable
from ._verdict import Verdict

#: An answer with two RSA-4096 certificates in it has a tenth of this.
LARGEST = 1 << 16

#: How old an answer may be that does not say until when it is good.
_OLDEST = timedelta(days=1)
_MOST_DELEGATES = 5

_FORGEABLE = ("md5", "sha1")


def responder_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the certificate says that it can be asked for."""
    access = find_extension(certificate, x509.AuthorityInformationAccess)
    urls = (
        each.access_location.value
        for each in access or ()
        if each.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )
    return tuple(dict.fromkeys(urls))


def make_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The question, as it is posted."""
    return _request(certificate, issuer, SHA1()).public_bytes(Encoding.DER)  # noqa: S303  (no secret)


def _request(
    certificate: x509.Certificate, issuer: x509.Certificate, hash_: HashAlgorithm
) -> ocsp.OCSPRequest:
    # With SHA-1, which each responder knows: it only finds the certificate.
    builder = ocsp.OCSPRequestBuilder()
    return builder.add_certificate(certificate, issuer, hash_).build()


def read_answer(
    data: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
) -> Verdict:
    """What the answer says, if it can be believed."""
    what = f"The OCSP answer for {title(certificate)}"
    try:
        with quietly():
            return _read(data, certificate, issuer, at, what)
    except CertificateError as error:
        return unusable(what, f"cannot be believed: {error.message.rstrip('.')}")
    except (*UNREADABLE, UnsupportedAlgorithm):
        return unusable(what, "is damaged, or is none")


def _read(
    data: bytes,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
    what: str,
) -> Verdict:
    answer = ocsp.load_der_ocsp_response(data)
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        said = answer.response_status.name.lower().replace("_", " ")
        return unusable(what, f"is a refusal: {said}")

    _check_signature(answer, issuer, at)
    for single in answer.responses:
        if _is_about(single, certificate, issuer):
            return _judge(single, certificate, at, what)

    return unusable(what, "is about another certificate")


def _judge(
    single: ocsp.OCSPSingleResponse,
    certificate: x509.Certificate,
    at: datetime,
    what: str,
) -> Verdict:
    who = title(certificate)
    end = single.next_update_utc or single.this_update_utc + _OLDEST
    if single.this_update_utc > at + SKEW:
        return unusable(what, f"is valid from {single.this_update_utc:%Y-%m-%d} on")

    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        when = single.revocation_time_utc or single.this_update_utc
        return revoked(who, when, single.revocation_reason)

    if end < at:
        return unusable(what, f"is out of date since {end:%Y-%m-%d %H:%M} UTC")

    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return unusable(what, "says that the responder does not know it")

    return Verdict("good", f"{who} was not revoked, says the OCSP responder")


def _is_about(
    single: ocsp.OCSPSingleResponse,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
) -> bool:
    asked = _request(certificate, issuer, single.hash_algorithm)
    return (
        single.serial_number == certificate.serial_number
        and single.issuer_name_hash == asked.issuer_name_hash
        and single.issuer_key_hash == asked.issuer_key_hash
    )


def _check_signature(
    answer: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime
) -> None:
    """Raise unless the issuer has signed, or somebody whom he lets sign."""
    hash_ = answer.signature_hash_algorithm
    if hash_ is not None and hash_.name in _FORGEABLE:
        raise _unbelievable(f"it is signed with {hash_.name.upper()}")

    for extension in answer.extensions:
        if extension.critical and not isinstance(extension.value, x509.OCSPNonce):
            raise _unbelievable("it has a critical extension that we do not know")

    for signer in _signers(answer, issuer):
        if signer != issuer:
            _check_delegate(signer, issuer, at)

        return _check_signed(answer, signer)

    raise _unbelievable(f"it is neither of {title(issuer)} nor of anybody he names")


def _signers(
    answer: ocsp.OCSPResponse, issuer: x509.Certificate
) -> Iterator[x509.Certificate]:
    """Whom the answer names as its signer."""
    for each in (issuer, *answer.certificates[:_MOST_DELEGATES]):
        digest = x509.SubjectKeyIdentifier.from_public_key(public_key_of(each)).digest
        if answer.responder_name == each.subject or answer.responder_key_hash == digest:
            yield each


def _check_delegate(
    delegate: x509.Certificate, issuer: x509.Certificate, at: datetime
) -> None:
    if not is_signed_by(delegate, issuer):
        raise _unbelievable(f"its signer was not named by {title(issuer)}")

    check_dates(delegate, at)
    check_algorithms(delegate)
    check_critical(delegate)
    usages = find_extension(delegate, x509.ExtendedKeyUsage)
    if usages is None or ExtendedKeyUsageOID.OCSP_SIGNING not in usages:
        raise _unbelievable(f"{title(delegate)} may not sign OCSP answers")


def _check_signed(answer: ocsp.OCSPResponse, signer: x509.Certificate) -> None:
    key, hash_ = public_key_of(signer), answer.signature_hash_algorithm
    signature, data = answer.signature, answer.tbs_response_bytes
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif hash_ is None:
            raise InvalidSignature
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hash_))
        else:
            key.verify(signature, data, padding.PKCS1v15(), hash_)
    except InvalidSignature as error:
        raise _unbelievable(f"its signature is not {title(signer)}'s") from error


def _unbelievable(why: str) -> CertificateError:
    return CertificateError(why, reason="malformed")
