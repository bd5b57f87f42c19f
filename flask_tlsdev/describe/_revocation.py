"""What does a certificate revocation list say?"""

from __future__ import annotations

from itertools import islice

from cryptography import x509

from ..certificates import subject_text
from ._certificates import algorithm
from ._certificates import date
from ._description import Description
from ._description import field
from ._description import Value

#: An authority's list has a hundred thousand entries.
_MOST = 100


def describe_crl(crl: x509.CertificateRevocationList) -> Description:
    """Whose list it is, until when it is good, and the first of its entries."""
    return Description(
        "revocation list",
        {
            "issuer": field(lambda: subject_text(crl.issuer)),
            "last_update": field(lambda: date(crl.last_update_utc)),
            "next_update": field(lambda: _next_update(crl)),
            "signature_algorithm": field(lambda: algorithm(crl)),
            "revoked_count": field(lambda: len(crl)),
            "revoked": field(lambda: _revoked(crl)),
        },
    )


def _next_update(crl: x509.CertificateRevocationList) -> Value:
    return date(crl.next_update_utc) if crl.next_update_utc else None


def _revoked(crl: x509.CertificateRevocationList) -> list[Value]:
    return [
        f"{entry.serial_number:x} on {date(entry.revocation_date_utc)}"
        for entry in islice(crl, _MOST)
    ]
