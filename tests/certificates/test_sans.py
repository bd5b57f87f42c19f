"""Names go into a SAN as what they are, and only such are read back."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.certificates import general_name
from flask_tlsdev.certificates import names_of
from flask_tlsdev.certificates import san
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from tests.profiles import forged
from tests.profiles import new_key
from tests.profiles import plain_root


def _with(*entries: x509.GeneralName) -> x509.Certificate:
    key = new_key(which="root")
    return forged(
        new_key(),
        signer=key,
        issuer=plain_root(key),
        san=x509.SubjectAlternativeName(list(entries)),
    )


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("app.test", x509.DNSName("app.test")),
        ("*.app.test", x509.DNSName("*.app.test")),
        ("bücher.test", x509.DNSName("xn--bcher-kva.test")),
        ("127.0.0.1", x509.IPAddress(ip_address("127.0.0.1"))),
        ("::1", x509.IPAddress(ip_address("::1"))),
    ],
)
def test_each_name_is_an_entry_of_its_own_type(
    text: str, entry: x509.GeneralName
) -> None:
    assert general_name(parse(text)[0]) == entry


@pytest.mark.parametrize(
    "entry",
    [
        x509.DNSName("127.0.0.1"),
        x509.DNSName("*"),
        x509.DNSName("*.*"),
        x509.DNSName(""),
        x509.DNSName("two words"),
        x509.RFC822Name("a@app.test"),
        x509.UniformResourceIdentifier("https://app.test/"),
        x509.DirectoryName(x509.Name([])),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
    ],
    ids=str,
)
def test_entries_that_no_client_would_match_are_left_out(
    entry: x509.GeneralName,
) -> None:
    certificate = _with(entry, x509.DNSName("APP.test"))

    assert names_of(certificate) == parse("app.test")


def test_the_common_name_is_not_a_name() -> None:
    key = new_key(which="root")

    assert names_of(plain_root(key)) == ()


def test_names_that_are_written_twice_are_read_once() -> None:
    certificate = _with(x509.DNSName("app.test"), x509.DNSName("App.Test"))

    assert names_of(certificate) == (Name("dns", "app.test"),)


def test_extensions_that_cannot_be_read_are_an_error_of_ours() -> None:
    key = new_key(which="root")
    odd = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.17"), b"\x30\x01\xff"
    )
    certificate = forged(
        new_key(), signer=key, issuer=plain_root(key), extensions=[(odd, False)]
    )

    with pytest.raises(CertificateError) as caught:
        names_of(certificate)

    assert caught.value.reason == "malformed"


@given(
    st.lists(st.from_regex(r"[a-z][a-z0-9]{0,20}\.test", fullmatch=True), min_size=1)
)
def test_what_goes_in_comes_out(texts: list[str]) -> None:
    names = parse(texts)

    assert names_of(_with(*san(names))) == names
