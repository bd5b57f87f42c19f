"""Certificates are read from whatever file holds them, and nothing else is."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev import keys
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.pairs import load_certificates
from tests.profiles import authority
from tests.profiles import forged
from tests.profiles import leaf_for
from tests.profiles import new_key

CHAIN = (leaf_for("localhost", new_key()), authority().intermediate)


def test_a_bundle_is_read_in_its_order() -> None:
    assert load_certificates(dump_certificates(CHAIN)) == CHAIN
    assert load_certificates(dump_certificates(CHAIN[::-1])) == CHAIN[::-1]


def test_a_der_file_is_one_certificate() -> None:
    assert load_certificates(CHAIN[0].public_bytes(Encoding.DER)) == CHAIN[:1]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_text_keys_and_line_ends_do_not_matter(newline: bytes) -> None:
    leaf, intermediate = (dump_certificates([each]) for each in CHAIN)
    text = "\ufeffsubject=CN = ü\n".encode()
    data = text + leaf + keys.dump(new_key()) + b"issuer=x\n" + intermediate + b"end"

    assert load_certificates(data.replace(b"\n", newline)) == CHAIN


def test_the_older_label_is_read_too() -> None:
    pem = dump_certificates(CHAIN).replace(b"CERTIFICATE", b"X509 CERTIFICATE")

    assert load_certificates(pem) == CHAIN


_PEM = dump_certificates(CHAIN)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "tls.crt holds nothing, no certificate"),
        (b"hello", "neither PEM nor DER"),
        (keys.dump(new_key()), "holds private key, no certificate"),
        (_PEM[:-50], "certificate 2 of 2 cannot be read"),
        (_PEM[50:], "certificate 1 of 1|holds"),
        (_PEM.replace(b"MII", b"!!!"), "certificate 1 of 2 cannot be read"),
        (b"\x30\x03\x02\x01\x00", "cannot be read"),
        (_PEM * 33, "more than 64 certificates"),
        (b" " * (1 << 20) + b" ", "larger than 1 MiB"),
    ],
    ids=[
        "empty",
        "text",
        "key",
        "cut off",
        "no begin",
        "damaged",
        "DER",
        "many",
        "large",
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    data: bytes, match: str
) -> None:
    if match.startswith("certificate 1 of 1"):
        # The second one is whole: what stands before it is only text.
        assert load_certificates(data) == CHAIN[1:]
        return

    with pytest.raises(CertificateError, match=match) as caught:
        load_certificates(data, "tls.crt")

    assert caught.value.reason == "malformed"


@pytest.mark.parametrize(
    "line",
    [b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN X-----", b"-----BEGIN "],
)
def test_a_megabyte_of_beginnings_takes_no_time(line: bytes) -> None:
    start = time.monotonic()

    with pytest.raises(CertificateError):
        load_certificates((line * (1 << 16))[: 1 << 20])

    assert time.monotonic() - start < 2


@given(st.binary())
def test_any_bytes_are_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(TLSDevError):
        load_certificates(data)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4), st.booleans())
def test_damaged_certificates_are_read_or_an_error_of_ours(
    position: int, change: bytes, pem: bool
) -> None:
    whole = _PEM if pem else CHAIN[0].public_bytes(Encoding.DER)
    start = position % len(whole)

    with suppress(TLSDevError):
        load_certificates(whole[:start] + change + whole[start + len(change) :])


def test_a_certificate_of_a_hundred_thousand_names_is_refused() -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("a.test")] * 50_000)
    key = new_key()
    certificate = forged(key, signer=key, issuer=authority().root, san=names)

    with pytest.raises(CertificateError, match="larger than 256 KiB"):
        load_certificates(dump_certificates([certificate]))
