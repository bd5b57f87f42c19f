"""How is a profile turned into a signed certificate?"""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import SignatureAlgorithmOID

from .profiles import Profile

if TYPE_CHECKING:
    from ..keys import PrivateKey
    from ..keys import PublicKey

#: A certificate begins this long before it is made: a phone's or a virtual
#: machine's clock is seldom exact.
BACKDATED = timedelta(minutes=5)


def sign(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    public_key: PublicKey,
    signing_key: PrivateKey,
    not_before: datetime,
    not_after: datetime,
    profile: Profile,
) -> x509.Certificate:
    """The certificate, with a random serial number of 159 bits."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )

    for value, critical in profile:
        builder = builder.add_extension(value, critical)

    return builder.sign(signing_key, hash_for(signing_key))


def hash_for(
    key: PrivateKey | PublicKey,
) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """The hash that belongs to a key: of the curve's size, SHA-256 with RSA."""
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey)):
        return None

    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        if key.curve.key_size > 384:
            return hashes.SHA512()
        if key.curve.key_size > 256:
            return hashes.SHA384()

    return hashes.SHA256()


def algorithm_for(key: PublicKey) -> x509.ObjectIdentifier:
    """What a certificate is signed with that :func:`sign` made with this key."""
    hash_ = hash_for(key)

    if hash_ is None:
        return SignatureAlgorithmOID.ED25519
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return SignatureAlgorithmOID.RSA_WITH_SHA256

    return {
        "sha256": SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        "sha384": SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        "sha512": SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    }[hash_.name]


def utc(moment: datetime) -> datetime:
    """The moment in UTC and whole seconds, as certificates count."""
    return moment.astimezone(timezone.utc).replace(microsecond=0)
