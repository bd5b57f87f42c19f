"""How is the certificate of a server or client signed?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from .. import keys
from ..errors import CertificateError
from ..errors import InvalidName
from ..names import Name
from ..names import parse_name
from ..names import Permits
from ..printable import quoted
from ._signing import BACKDATED
from ._signing import sign
from ._signing import utc
from .authority import Authority
from .profiles import allows_purpose
from .profiles import leaf_profile
from .profiles import permits_of
from .profiles import Purpose
from .profiles import Usage
from .reading import public_key_of
from .subjects import default_subject

if TYPE_CHECKING:
    from ..keys import PrivateKey
    from ..keys import PublicKey

#: Ten years: up to there every client was seen to accept a certificate under
#: a local root.
LONGEST = timedelta(days=3650)

#: No CN: it would be taken for a DNS name.
_NOBODY = x509.Name(
    [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "flask-tlsdev self-signed")]
)


def sign_leaf(
    authority: Authority,
    names: Sequence[Name],
    public_key: PublicKey,
    *,
    lifetime: timedelta,
    now: datetime,
    purpose: Purpose = "server",
    subject: x509.Name | None = None,
) -> x509.Certificate:
    """The CA's certificate for this key and these names.

    It refuses what clients would refuse later with a worse explanation: names
    outside the CA's permits, a purpose that the CA is not for, a weak key.
    Where the CA ends sooner, so does the certificate.

    :param subject: By default the CN is the first DNS name.
    """
    _check_names(names)
    keys.check_strength(public_key, f"the certificate for {names[0]}")

    if public_key == authority.key.public_key():
        raise _refused("The CA's own key cannot be a server's key as well.", names)

    ca = authority.intermediate
    permits = permits_of(ca)
    _check_permitted(permits, names)
    subject = default_subject(names) if subject is None else subject
    _check_subject(permits, names, subject)
    _check_purpose(ca, purpose, names)

    return sign(
        subject=subject,
        issuer=ca.subject,
        public_key=public_key,
        signing_key=authority.key,
        not_before=max(utc(now) - BACKDATED, ca.not_valid_before_utc),
        not_after=_end(ca, lifetime, now),
        profile=leaf_profile(
            names, public_key, public_key_of(ca), purpose=purpose, subject=subject
        ),
    )


def self_sign(
    names: Sequence[Name],
    key: PrivateKey,
    *,
    lifetime: timedelta,
    now: datetime,
    subject: x509.Name | None = None,
    purpose: Usage = "server",
) -> x509.Certificate:
    """A certificate signed by its own key, which is no CA.

    Somebody who trusts it trusts it for its own names and for nothing else.
    """
    _check_names(names)
    _check_lifetime(lifetime)
    public_key = key.public_key()
    keys.check_strength(public_key, f"the certificate for {names[0]}")
    subject = default_subject(names) if subject is None else subject
    # It is the issuer as well, and OpenSSL's strict mode wants one.
    subject = subject if subject.rdns else _NOBODY

    return sign(
        subject=subject,
        issuer=subject,
        public_key=public_key,
        signing_key=key,
        not_before=utc(now) - BACKDATED,
        not_after=utc(now + lifetime),
        profile=leaf_profile(
            names, public_key, public_key, purpose=purpose, subject=subject
        ),
    )


def _check_names(names: Sequence[Name]) -> None:
    if not names:
        raise CertificateError(
            "A certificate needs a name or an address.",
            reason="not covered",
            hint="Name one, such as localhost.",
        )


def _check_lifetime(lifetime: timedelta) -> None:
    if not timedelta(seconds=1) <= lifetime <= LONGEST:
        raise CertificateError(
            f"A certificate cannot be valid for {_days(lifetime)}.",
            reason="not permitted",
            hint=f"Choose between an hour (1h) and {LONGEST.days} days.",
        )


def _check_permitted(permits: Permits, names: Sequence[Name]) -> None:
    missing = [str(name) for name in permits.missing(names)]

    if missing:
        raise _refused(
            f"The CA may not sign {' or '.join(missing)}: it is limited to {permits}.",
            names,
            "A CA that may: flask tls ca create "
            + " ".join(f"--permit {name.removeprefix('*.')}" for name in missing),
        )


def _check_subject(permits: Permits, names: Sequence[Name], subject: x509.Name) -> None:
    """Refuse what name constraints forbid in a subject, as clients would."""
    if subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        raise _refused(
            "The CA may not sign subjects with an emailAddress.",
            names,
            "Leave it out of the subject.",
        )

    for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        text = str(attribute.value)
        if all(name.kind == "ip" for name in names):
            raise _refused(
                f"The CN {quoted(text)} would be taken for a DNS name beside the "
                "addresses, and OpenSSL and GnuTLS would refuse the certificate.",
                names,
                "Leave CN out of the subject or add a DNS name, such as localhost.",
            )
        if not _is_permitted(permits, text):
            raise _refused(
                f"The CN {quoted(text)} is a name which the CA may not sign.",
                names,
                "Leave CN out of the subject or let it be one of the names.",
            )


def _is_permitted(permits: Permits, common_name: str) -> bool:
    """Whether old clients, which read the CN, could match anything forbidden."""
    try:
        name = parse_name(common_name)
    except InvalidName:
        return True

    is_host = name.kind == "ip" or "." in name.value
    return permits.allows(name) or not is_host


def _check_purpose(
    ca: x509.Certificate, purpose: Purpose, names: Sequence[Name]
) -> None:
    if not allows_purpose(ca, purpose):
        raise _refused(
            f"This CA is not for {purpose} certificates: clients would refuse it.",
            names,
        )


def _end(ca: x509.Certificate, lifetime: timedelta, now: datetime) -> datetime:
    _check_lifetime(lifetime)
    begin, end = ca.not_valid_before_utc, ca.not_valid_after_utc

    if not begin <= now < end:
        raise CertificateError(
            f"The CA is valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d}, not now.",
            reason="expired" if now >= end else "not yet valid",
            hint="Make a new one with: flask tls ca create",
        )

    return min(utc(now + lifetime), end)


def _days(lifetime: timedelta) -> str:
    return f"{lifetime / timedelta(days=1):g} days"


def _refused(problem: str, names: Sequence[Name], hint: str = "") -> CertificateError:
    return CertificateError(
        problem, subject=str(names[0]), reason="not permitted", hint=hint
    )
