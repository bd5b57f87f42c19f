"""What is a CA of ours: how is it made, and is this exactly one?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat

from .. import keys
from ..errors import CertificateError
from ..errors import CertificateReason
from ..names import Permits
from ..printable import printable
from ._core_dumps import no_core_dumps
from ._signing import algorithm_for
from ._signing import BACKDATED
from ._signing import sign
from ._signing import utc
from .profiles import CA_DAYS
from .profiles import ca_subject
from .profiles import intermediate_profile
from .profiles import Profile
from .profiles import Purpose
from .profiles import root_profile
from .reading import check_readable
from .reading import extensions_of
from .reading import public_key_of
from .reading import quietly

if TYPE_CHECKING:
    from ..keys import PrivateKey
    from ..keys import PublicKey

_LONGEST = timedelta(days=CA_DAYS)
_AGAIN = "Make a new CA with: flask tls ca create"


@dataclass(frozen=True)
class Authority:
    """A CA of ours. There is no field for the root's key: nobody has it."""

    root: x509.Certificate
    intermediate: x509.Certificate
    #: The intermediate's.
    key: PrivateKey = field(repr=False)

    @property
    def id(self) -> str:
        """:func:`authority_id` of the root."""
        return authority_id(self.root)


def authority_id(root: x509.Certificate) -> str:
    """Eight hexadecimal digits that tell this root's key from any other."""
    return _key_id(public_key_of(root))


def make_authority(
    permits: Permits,
    *,
    key_type: str,
    lifetime: timedelta,
    now: datetime,
    purpose: Purpose = "server",
) -> Authority:
    """A root and the intermediate that it signed.

    The root's key exists inside this function only, with core dumps off. So
    nobody, we included, can ever widen or renew this CA: only make another.

    :param lifetime: At most :data:`CA_DAYS`.
    :param purpose: Whom it signs for. No CA does for both.
    """
    if not timedelta(0) < lifetime <= _LONGEST:
        raise CertificateError(
            f"A CA lives for {CA_DAYS} days at most, not {printable(lifetime)}.",
            reason="not permitted",
            hint=f"Type --days {CA_DAYS} or less.",
        )

    begin, end = utc(now) - BACKDATED, utc(now + lifetime)
    key = keys.generate(key_type)

    with no_core_dumps():
        root_key = keys.generate(key_type)
        identifier = _key_id(root_key.public_key())
        root = sign(
            subject=ca_subject("root", identifier, purpose),
            issuer=ca_subject("root", identifier, purpose),
            public_key=root_key.public_key(),
            signing_key=root_key,
            not_before=begin,
            not_after=end,
            profile=root_profile(permits, root_key.public_key()),
        )
        intermediate = sign(
            subject=ca_subject("intermediate", identifier, purpose),
            issuer=root.subject,
            public_key=key.public_key(),
            signing_key=root_key,
            not_before=begin,
            not_after=end,
            profile=intermediate_profile(
                permits, key.public_key(), root_key.public_key(), purpose
            ),
        )
        # Freed here, while core dumps are still off; OpenSSL wipes it.
        del root_key

    return Authority(root, intermediate, key)


def check_authority(
    root: x509.Certificate,
    intermediate: x509.Certificate,
    permits: Permits,
    now: datetime,
    purpose: Purpose = "server",
) -> None:
    """Raise unless these two are a CA exactly as :func:`make_authority` makes it.

    It looks at the certificates alone, and stands before every use of a CA
    and every installation of a root: a root that somebody else put into the
    folder, or one with a wider profile, must never get into a trust store.

    :param permits: What the CA is believed to be limited to.
    """
    with quietly():
        _check_kinds(root, intermediate)

    _check_profiles(root, intermediate, permits, purpose)
    _check_subjects(root, intermediate, purpose)
    _check_signatures(root, intermediate)
    _check_dates(root, intermediate, now)


def _check_kinds(root: x509.Certificate, intermediate: x509.Certificate) -> None:
    for what, certificate in _both(root, intermediate):
        check_readable(certificate, f"The CA's {what}")
        key = public_key_of(certificate)

        if certificate.version is not x509.Version.v3:
            raise _refused(f"The {what} is not an X.509 v3 certificate.")
        if not 1 << 64 < certificate.serial_number < 1 << 159:
            raise _refused(f"The {what}'s serial number is not one of ours.")
        if keys.key_type_of(key) not in keys.KEY_TYPES:
            raise _refused(f"The {what}'s key is of a kind that we do not make.")
        if isinstance(key, rsa.RSAPublicKey) and key.public_numbers().e != 65537:
            raise _refused(f"The {what}'s key has another exponent than ours.")

    if public_key_of(root) == public_key_of(intermediate):
        raise _refused("Root and intermediate have the same key.")


def _check_profiles(
    root: x509.Certificate,
    intermediate: x509.Certificate,
    permits: Permits,
    purpose: Purpose,
) -> None:
    root_key = public_key_of(root)
    wanted = (
        root_profile(permits, root_key),
        intermediate_profile(permits, public_key_of(intermediate), root_key, purpose),
    )

    for (what, certificate), profile in zip(
        _both(root, intermediate), wanted, strict=True
    ):
        if problem := _difference(certificate, profile):
            raise _refused(f"The {what} is not as we make them: {problem}.")


def _difference(certificate: x509.Certificate, profile: Profile) -> str:
    """What keeps the extensions from being exactly those of the profile."""
    found = [(each.value, each.critical) for each in extensions_of(certificate)]

    for value, critical in profile:
        if (value, critical) not in found:
            return f"its {_words(value)} differs or is missing"

    for value, _ in found:
        if value.oid not in {wanted.oid for wanted, _ in profile}:
            return f"it has {_words(value)} besides"

    return "" if found == list(profile) else "its extensions are in another order"


def _check_subjects(
    root: x509.Certificate, intermediate: x509.Certificate, purpose: Purpose
) -> None:
    identifier = authority_id(root)
    root_name = ca_subject("root", identifier, purpose)

    if root.subject != root_name or root.issuer != root_name:
        raise _refused("The root's subject or issuer is not the one we give.")

    if intermediate.subject != ca_subject("intermediate", identifier, purpose):
        raise _refused("The intermediate's subject is not the one we give.")


def _check_signatures(root: x509.Certificate, intermediate: x509.Certificate) -> None:
    algorithm = algorithm_for(public_key_of(root))

    for what, certificate in _both(root, intermediate):
        if certificate.signature_algorithm_oid != algorithm:
            problem = f"The {what} is signed with another algorithm than ours."
            raise _refused(problem, "weak")

        try:
            certificate.verify_directly_issued_by(root)
        except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError) as error:
            problem = f"The {what} is not signed by this root."
            raise _refused(problem, "chain") from error


def _check_dates(
    root: x509.Certificate, intermediate: x509.Certificate, now: datetime
) -> None:
    begin, end = root.not_valid_before_utc, root.not_valid_after_utc
    begins = intermediate.not_valid_before_utc == begin

    if not begins or intermediate.not_valid_after_utc != end:
        raise _refused("Root and intermediate have different dates.")
    if not timedelta(0) < end - begin <= _LONGEST + BACKDATED:
        raise _refused(f"They are valid for longer than {CA_DAYS} days.")
    if now < begin:
        problem = f"It is valid from {begin:%Y-%m-%d %H:%M} UTC on."
        raise _refused(problem, "not yet valid", "Is this machine's clock right?")
    if now > end:
        raise _refused(f"It expired on {end:%Y-%m-%d}.", "expired")


def _both(
    root: x509.Certificate, intermediate: x509.Certificate
) -> tuple[tuple[str, x509.Certificate], tuple[str, x509.Certificate]]:
    return (("root", root), ("intermediate", intermediate))


def _refused(
    problem: str, reason: CertificateReason = "not permitted", hint: str = _AGAIN
) -> CertificateError:
    return CertificateError(
        f"This CA cannot be used. {problem}", reason=reason, hint=hint
    )


def _words(value: x509.ExtensionType) -> str:
    if isinstance(value, x509.UnrecognizedExtension):
        return f"extension {value.oid.dotted_string}"

    return type(value).__name__


def _key_id(public_key: PublicKey) -> str:
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:8]
