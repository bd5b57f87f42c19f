"""What does a certificate or a CSR say?"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import SignatureAlgorithmOID

from ..certificates import find_extension
from ..certificates import Signed
from ..certificates import subject_text
from ._description import Description
from ._description import field
from ._description import Value
from ._extensions import describe_extensions
from ._extensions import names_in
from ._keys import public_key_fields

#: ``ecdsa-with-sha256`` and the like, by OID.
_ALGORITHMS = {
    oid.dotted_string: name.lower().replace("_", "-")
    for name, oid in vars(SignatureAlgorithmOID).items()
    if isinstance(oid, x509.ObjectIdentifier) and not name.startswith("_")
}


def describe_certificate(certificate: x509.Certificate) -> Description:
    """Every field of the certificate."""
    c = certificate
    return Description(
        "certificate",
        {
            "subject": field(lambda: subject_text(c.subject)),
            "issuer": field(lambda: subject_text(c.issuer)),
            "names": field(lambda: names_in(c)),
            "is_ca": field(lambda: _is_ca(c)),
            "not_before": field(lambda: date(c.not_valid_before_utc)),
            "not_after": field(lambda: date(c.not_valid_after_utc)),
            "serial_number": field(lambda: f"{c.serial_number:x}"),
            "version": field(lambda: c.version.value + 1),
            "signature_algorithm": field(lambda: algorithm(c)),
            "public_key": field(lambda: public_key_fields(c.public_key())),
            "extensions": field(lambda: describe_extensions(c)),
            "der_sha256": c.fingerprint(hashes.SHA256()).hex(),
            # Not for security: it is what many programs show and search by.
            "der_sha1": c.fingerprint(hashes.SHA1()).hex(),  # noqa: S303
        },
    )


def describe_csr(csr: x509.CertificateSigningRequest) -> Description:
    """Every field of the CSR but its attributes: one may be a password."""
    return Description(
        "csr",
        {
            "subject": field(lambda: subject_text(csr.subject)),
            "names": field(lambda: names_in(csr)),
            "signature_algorithm": field(lambda: algorithm(csr)),
            "signature_valid": field(lambda: csr.is_signature_valid),
            "public_key": field(lambda: public_key_fields(csr.public_key())),
            "extensions": field(lambda: describe_extensions(csr)),
        },
    )


def _is_ca(certificate: x509.Certificate) -> bool:
    constraints = find_extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def date(moment: datetime) -> Value:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def algorithm(
    signed: Signed | x509.CertificateRevocationList,
) -> str:
    oid = signed.signature_algorithm_oid.dotted_string
    return _ALGORITHMS.get(oid, oid)
