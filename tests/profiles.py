"""The certificate profiles, stated once, and authorities that tests sign with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from functools import cache
from ipaddress import ip_network
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.oid import NameOID

from flask_tlsdev import keys
from flask_tlsdev.certificates import Authority
from flask_tlsdev.certificates import hash_for
from flask_tlsdev.certificates import make_authority
from flask_tlsdev.certificates import public_key_of
from flask_tlsdev.certificates import san
from flask_tlsdev.certificates import sign_leaf
from flask_tlsdev.names import DEFAULT_PERMITS
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from flask_tlsdev.names import Permits

if TYPE_CHECKING:
    from flask_tlsdev.keys import PrivateKey

#: When the tests' certificates are made. Real clients look at the real clock.
NOW = datetime.now(timezone.utc).replace(microsecond=0)
DAY = timedelta(days=1)

BACKDATED = timedelta(minutes=5)
CA_LIFE = timedelta(days=730)


def authority(
    key_type: str = "ec-p256", permits: Permits = DEFAULT_PERMITS
) -> Authority:
    """A CA of ours, the same one for the same arguments."""
    return _authority(key_type, permits)


@cache
def _authority(key_type: str, permits: Permits) -> Authority:
    return make_authority(permits, key_type=key_type, lifetime=CA_LIFE, now=NOW)


def new_key(key_type: str = "ec-p256", which: str = "") -> PrivateKey:
    """A key, the same one for the same arguments: RSA takes its time."""
    return _key(key_type, which)


@cache
def _key(key_type: str, which: str) -> PrivateKey:
    return keys.generate(key_type)


def leaf_for(
    text: str, key: PrivateKey, by: Authority | None = None
) -> x509.Certificate:
    """A leaf of ours for these names."""
    return sign_leaf(
        by or authority(), parse(text), key.public_key(), lifetime=90 * DAY, now=NOW
    )


def forged(
    key: PrivateKey,
    *,
    signer: PrivateKey,
    issuer: x509.Certificate,
    san: x509.SubjectAlternativeName | None = None,
    subject: x509.Name | None = None,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    ca: bool = False,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    not_before: datetime = NOW - DAY,
    not_after: datetime = NOW + DAY,
) -> x509.Certificate:
    """What a thief of ``signer`` would sign: anything at all, well formed."""
    subject = common_name("forged") if subject is None else subject
    ski = x509.SubjectKeyIdentifier.from_public_key(public_key_of(issuer))
    aki = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca, None), True)
        .add_extension(key_usage(*(CA_USAGE if ca else ["digital_signature"])), True)
        .add_extension(own, False)
        .add_extension(aki, False)
    )

    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
    if san is not None:
        builder = builder.add_extension(san, not subject.rdns)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)

    return builder.sign(signer, hash_for(signer))


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def plain_root(key: PrivateKey) -> x509.Certificate:
    """A CA with no limits at all, which signs itself."""
    extensions = [
        (x509.BasicConstraints(True, None), True),
        (key_usage(*CA_USAGE), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(common_name("plain root"))
        .issuer_name(common_name("plain root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
    )

    for value, critical in extensions:
        builder = builder.add_extension(value, critical)

    return builder.sign(key, hash_for(key))


# The profiles


CA_USAGE = ("key_cert_sign",)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in _USAGES})


def default_constraints() -> x509.NameConstraints:
    """``localhost`` and ``test``, loopback addresses, no e-mail, no URI."""
    return x509.NameConstraints(
        permitted_subtrees=[
            x509.DNSName("localhost"),
            x509.DNSName("test"),
            x509.IPAddress(ip_network("127.0.0.0/8")),
            x509.IPAddress(ip_network("::1/128")),
            x509.RFC822Name("invalid"),
            x509.UniformResourceIdentifier("invalid"),
        ],
        excluded_subtrees=None,
    )


def assert_is_root(certificate: x509.Certificate) -> None:
    """Exactly the root of profile 1, with the default permits."""
    _assert_common(certificate)
    assert certificate.issuer == certificate.subject
    assert certificate.not_valid_after_utc == NOW + CA_LIFE
    assert _extensions(certificate) == [
        (x509.BasicConstraints(True, 1), True),
        (key_usage(*CA_USAGE), True),
        (default_constraints(), True),
        (_ski(certificate), False),
    ]


def assert_is_intermediate(
    certificate: x509.Certificate, root: x509.Certificate
) -> None:
    """Exactly the intermediate of profile 1, with the default permits."""
    _assert_common(certificate)
    assert certificate.issuer == root.subject
    assert certificate.not_valid_before_utc == root.not_valid_before_utc
    assert certificate.not_valid_after_utc == root.not_valid_after_utc
    assert _extensions(certificate) == [
        (x509.BasicConstraints(True, 0), True),
        (key_usage(*CA_USAGE), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (default_constraints(), True),
        (_ski(certificate), False),
        (_aki(root), False),
    ]


def assert_is_leaf(
    certificate: x509.Certificate,
    names: Iterable[Name],
    issuer: x509.Certificate,
    *,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> None:
    """Exactly a leaf of profile 1, signed by a CA or by itself."""
    is_rsa = isinstance(certificate.public_key(), rsa.RSAPublicKey)
    usages = ["digital_signature"] + ["key_encipherment"] * is_rsa
    _assert_common(certificate)
    assert certificate.issuer == issuer.subject
    assert _extensions(certificate) == [
        (x509.BasicConstraints(False, None), True),
        (key_usage(*usages), True),
        (x509.ExtendedKeyUsage([usage]), False),
        (san(names), not certificate.subject.rdns),
        (_ski(certificate), False),
        (_aki(issuer), False),
    ]


def _assert_common(certificate: x509.Certificate) -> None:
    assert certificate.version is x509.Version.v3
    assert 64 < certificate.serial_number.bit_length() <= 159
    assert certificate.not_valid_before_utc == NOW - BACKDATED


def _extensions(
    certificate: x509.Certificate,
) -> list[tuple[x509.ExtensionType, bool]]:
    return [(each.value, each.critical) for each in certificate.extensions]


def _ski(certificate: x509.Certificate) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())


def _aki(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key_of(issuer))
