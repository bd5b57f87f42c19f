"""A request says what is wanted; a foreign CSR is checked, not believed."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev import keys
from flask_tlsdev.certificates import names_of
from flask_tlsdev.certificates import parse_subject
from flask_tlsdev.certificates import subject_text
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.csr import LARGEST
from flask_tlsdev.csr import load
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import InvalidKey
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.names import parse
from tests.profiles import DAY
from tests.profiles import leaf_for
from tests.profiles import new_key
from tests.tools import program
from tests.tools import run


def _request(text: str, key_type: str = "ec-p256") -> CertificateRequest:
    return CertificateRequest(parse(text), new_key(key_type), 90 * DAY)


def _pem(text: str = "localhost, 127.0.0.1") -> bytes:
    return _request(text).csr.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
def test_openssl_verifies_the_csr_and_sees_its_names(
    key_type: str, tmp_path: Path
) -> None:
    request = _request("app.test, *.app.test, 127.0.0.1, ::1", key_type)
    file = tmp_path / "csr.pem"
    file.write_bytes(request.csr.public_bytes(Encoding.PEM))

    done = run(program("openssl"), "req", "-in", file, "-verify", "-noout", "-text")

    assert done.returncode == 0, done.stderr
    assert "Subject: CN = app.test" in done.stdout
    assert (
        "DNS:app.test, DNS:*.app.test, IP Address:127.0.0.1, "
        "IP Address:0:0:0:0:0:0:0:1" in done.stdout
    )
    assert request.key_type == key_type


def test_addresses_alone_have_no_subject_and_a_critical_san() -> None:
    csr = _request("127.0.0.1").csr

    extension = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert not csr.subject.rdns
    assert extension.critical


def test_a_subject_is_used_as_given() -> None:
    subject = parse_subject("C=DE,CN=Example")
    request = CertificateRequest(parse("app.test"), new_key(), DAY, subject=subject)

    assert subject_text(request.csr.subject) == "C=DE,CN=Example"


def test_the_csr_is_made_once() -> None:
    request = _request("localhost")

    assert request.csr is request.csr


def test_a_request_is_frozen_and_its_repr_shows_no_key() -> None:
    request = _request("localhost")

    assert "key" not in repr(request)
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.lifetime = timedelta(0)  # type: ignore[misc]


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER], ids=["PEM", "DER"])
def test_a_csr_is_loaded_from_either_form(encoding: Encoding) -> None:
    csr = _request("localhost, 127.0.0.1").csr

    loaded = load(csr.public_bytes(encoding))

    assert loaded == csr
    assert names_of(loaded) == parse("localhost, 127.0.0.1")


def test_openssls_own_csr_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "csr.pem"
    run(
        program("openssl"),
        *("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=app.test"),
        *("-addext", "subjectAltName=DNS:app.test,IP:127.0.0.1"),
        *("-keyout", tmp_path / "key.pem", "-out", file),
    )

    csr = load(file.read_bytes())

    assert names_of(csr) == parse("app.test, 127.0.0.1")


def test_text_around_it_and_the_old_label_are_passed_over() -> None:
    pem = b"Dear CA,\r\n" + _pem().replace(b"CERTIFICATE", b"NEW CERTIFICATE") + b"Bye"

    assert names_of(load(pem)) == parse("localhost, 127.0.0.1")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "order.csr holds nothing, no CSR"),
        (b"hello", "neither PEM nor DER"),
        (b"\x30\x03\x02\x01\x00", "damaged"),
        (_pem()[:200], "damaged"),
        (_pem() + _pem("app.test"), "holds 2 CSRs"),
        (b"x" * (LARGEST + 1), "larger than 256 KiB"),
        (keys.dump(new_key()), "holds private key, no CSR"),
    ],
    ids=["empty", "text", "DER", "cut off", "two", "large", "key"],
)
def test_what_is_no_csr_is_refused_with_the_reason(data: bytes, match: str) -> None:
    with pytest.raises(CertificateError, match=match) as caught:
        load(data, "order.csr")

    assert caught.value.reason == "malformed"


def test_a_certificate_instead_is_named() -> None:
    pem = leaf_for("localhost", new_key()).public_bytes(Encoding.PEM)

    with pytest.raises(CertificateError, match="holds certificate, no CSR"):
        load(pem)


def test_a_csr_that_another_key_signed_is_refused() -> None:
    der = bytearray(_request("localhost").csr.public_bytes(Encoding.DER))
    der[-1] ^= 1

    with pytest.raises(CertificateError, match="not signed with its own key") as caught:
        load(bytes(der))

    assert caught.value.reason == "mismatch"


def test_a_weak_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(keys.dump(new_key()))
    csr = run(
        program("openssl"),
        *("req", "-new", "-sha1", "-subj", "/CN=a", "-key", tmp_path / "key.pem"),
    )

    with pytest.raises(CertificateError, match="SHA1, which can be forged") as caught:
        load(csr.stdout.encode())

    assert caught.value.reason == "weak"


@pytest.mark.parametrize(
    ("key", "match"),
    [
        (rsa.generate_private_key(65537, 1024), "1024"),
        (ec.generate_private_key(ec.SECP256K1()), "secp256k1"),
    ],
    ids=["rsa:1024", "secp256k1"],
)
def test_a_weak_or_unknown_key_is_refused(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, match: str
) -> None:
    builder = x509.CertificateSigningRequestBuilder(parse_subject("CN=a"))
    csr = builder.sign(key, hashes.SHA256())

    with pytest.raises(InvalidKey, match=match):
        load(csr.public_bytes(Encoding.PEM))


def test_a_file_name_cannot_write_to_the_terminal() -> None:
    with pytest.raises(CertificateError) as caught:
        load(b"", "\x1b[2J.csr")

    assert "\x1b" not in str(caught.value)


@given(st.integers(0, 700), st.binary(min_size=1, max_size=4))
def test_a_damaged_csr_is_an_error_of_ours(position: int, change: bytes) -> None:
    der = _request("localhost").csr.public_bytes(Encoding.DER)
    start = position % len(der)
    damaged = der[:start] + change + der[start + len(change) :]

    with suppress(TLSDevError):
        load(damaged)


@given(st.binary())
def test_any_bytes_are_a_csr_or_an_error(data: bytes) -> None:
    with pytest.raises(TLSDevError):
        load(data)
