"""An authority that takes certificates back, and what it may say wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.oid import ExtendedKeyUsageOID

from flask_tlsdev.certificates import hash_for

from ..profiles import common_name
from ..profiles import DAY
from ..profiles import forged
from ..profiles import key_usage
from ..profiles import new_key
from ..profiles import NOW

if TYPE_CHECKING:
    from flask_tlsdev.keys import PrivateKey

OCSP_URL = "http://ca.test/ocsp"
LIST_URL = "http://ca.test/list"

Extensions = Iterable[tuple[x509.ExtensionType, bool]]


def uri(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)


def list_at(*urls: str, **more: object) -> x509.CRLDistributionPoints:
    point = {"full_name": [uri(url) for url in urls], "relative_name": None}
    rest = {"reasons": None, "crl_issuer": None}
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint(**(point | rest | more))]  # type: ignore[arg-type]
    )


def responder_at(*urls: str) -> x509.AuthorityInformationAccess:
    return x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, uri(url))
            for url in urls
        ]
    )


@dataclass(frozen=True)
class Revoking:
    """A root that signs leaves, lists and answers."""

    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def make(
        cls,
        name: str = "Revoking",
        *usages: str,
        key_type: str = "ec-p256",
    ) -> Revoking:
        return _make(name, usages or ("key_cert_sign", "crl_sign"), key_type)

    def leaf(
        self,
        *extensions: x509.ExtensionType,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
        which: str = "leaf",
        **more: object,
    ) -> x509.Certificate:
        return forged(
            new_key(which=which),
            signer=self.key,
            issuer=self.certificate,
            usage=usage,
            extensions=[(each, False) for each in extensions],
            subject=common_name(which),
            **more,  # type: ignore[arg-type]
        )

    def list(
        self,
        *revoked: x509.Certificate,
        reason: x509.ReasonFlags | None = None,
        extensions: Extensions = (),
        begin: datetime = NOW,
        end: datetime | None = NOW + DAY,
        signer: PrivateKey | None = None,
    ) -> x509.CertificateRevocationList:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(begin)
            .next_update(end or begin + DAY)
        )
        for each in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(each.serial_number)
            entry = entry.revocation_date(NOW)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), False)
            builder = builder.add_revoked_certificate(entry.build())
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)

        key = signer or self.key
        return builder.sign(key, hash_for(key))

    def answer(
        self,
        leaf: x509.Certificate,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        *,
        issuer: x509.Certificate | None = None,
        begin: datetime = NOW,
        end: datetime | None = NOW + DAY,
        signer: PrivateKey | None = None,
        by: x509.Certificate | None = None,
        sent: Iterable[x509.Certificate] = (),
        encoding: ocsp.OCSPResponderEncoding = ocsp.OCSPResponderEncoding.NAME,
        reason: x509.ReasonFlags | None = None,
        extensions: Extensions = (),
        hash_: HashAlgorithm | None = None,
    ) -> bytes:
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=leaf,
                issuer=issuer or self.certificate,
                algorithm=hash_ or SHA1(),
                cert_status=status,
                this_update=begin,
                next_update=end,
                revocation_time=NOW if revoked else None,
                revocation_reason=reason,
            )
            .responder_id(encoding, by or self.certificate)
        )
        listed = list(sent)
        if listed:
            builder = builder.certificates(listed)
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)

        key = signer or self.key
        return builder.sign(key, hash_for(key)).public_bytes(Encoding.DER)


@cache
def _make(name: str, usages: tuple[str, ...], key_type: str) -> Revoking:
    key = new_key(key_type, name)
    subject = common_name(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=9))
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(key_usage(*usages), True)
    )
    return Revoking(builder.sign(key, hash_for(key)), key)
