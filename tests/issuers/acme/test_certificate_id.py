from __future__ import annotations

from datetime import datetime
from datetime import timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from flask_tlsdev.issuers.acme._ari import certificate_id


def certificate(serial: int, key_id: bytes | None) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=timezone.utc))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=timezone.utc))
    )
    if key_id is not None:
        extension = x509.AuthorityKeyIdentifier(key_id, None, None)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256())


def test_the_id_is_that_of_the_standards_example() -> None:
    key_id = bytes.fromhex("69885B6B87464041E1B37B847BA0AE2CDE01C8D4")

    # RFC 9773, section 4.1: the serial number's first bit is not its sign.
    found = certificate_id(certificate(0x87654321, key_id))

    assert found == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"


def test_a_serial_number_gets_no_zero_that_it_does_not_need() -> None:
    assert certificate_id(certificate(0x7F, b"\1")) == "AQ.fw"


def test_a_certificate_without_its_issuers_key_has_no_id() -> None:
    assert certificate_id(certificate(1, None)) is None
