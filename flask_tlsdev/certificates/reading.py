"""How is a certificate read that anybody may have made?"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import rsa

from ..errors import CertificateError

if TYPE_CHECKING:
    from ..keys import PublicKey

#: What reading an odd certificate raises, at once or when a field is looked at.
UNREADABLE = (
    KeyError,
    TypeError,
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

Signed = x509.Certificate | x509.CertificateSigningRequest

_T = TypeVar("_T", bound=x509.ExtensionType)


@contextmanager
def quietly() -> Iterator[None]:
    """Without the warnings of cryptography about odd serial numbers and names.

    They would be lines on the terminal that say nothing of the file's name;
    whatever matters of them is an error of ours.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def check_readable(certificate: Signed, what: str = "The certificate") -> None:
    """Raise unless every field can be looked at from now on.

    cryptography parses names and extensions when they are first asked for.
    """
    try:
        with quietly():
            _ = certificate.subject, certificate.extensions
            if isinstance(certificate, x509.Certificate):
                _ = certificate.issuer, certificate.not_valid_after_utc
    except UNREADABLE as error:
        raise CertificateError(
            f"{what} is malformed: its names or extensions cannot be read.",
            reason="malformed",
        ) from error


def extensions_of(certificate: Signed) -> x509.Extensions:
    """Its extensions, or a :class:`CertificateError` where they are malformed."""
    check_readable(certificate)
    return certificate.extensions


def find_extension(certificate: Signed, kind: type[_T]) -> _T | None:
    """The value of its extension of this kind, if it has one."""
    try:
        return extensions_of(certificate).get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def public_key_of(certificate: Signed) -> PublicKey:
    """Its key, if it is of a kind that TLS servers use."""
    try:
        key = certificate.public_key()
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(
            "The public key of this certificate cannot be read.", reason="malformed"
        ) from error

    kinds = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)

    if not isinstance(key, kinds):
        raise CertificateError(
            "The key of this certificate is of a kind that TLS clients refuse.",
            reason="weak",
            hint="They take RSA, EC (P-256, P-384) and Ed25519 keys.",
        )

    return key


def signature_hash(certificate: Signed) -> str:
    """The name of the hash that was signed; empty with Ed25519 or unknown."""
    try:
        hash_ = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""

    return hash_.name if hash_ else ""
