"""A subject is read as people type it, and shown so that it can be typed again."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.certificates import parse_subject
from flask_tlsdev.certificates import subject_text
from flask_tlsdev.errors import CertificateError


def _pairs(name: x509.Name) -> list[tuple[x509.ObjectIdentifier, object]]:
    return [(each.oid, each.value) for each in name]


def test_the_order_is_kept_as_typed() -> None:
    subject = parse_subject("C=DE,O=Example,CN=app.test")

    assert _pairs(subject) == [
        (NameOID.COUNTRY_NAME, "DE"),
        (NameOID.ORGANIZATION_NAME, "Example"),
        (NameOID.COMMON_NAME, "app.test"),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CN=a", "a"),
        ("cn=a", "a"),
        (" CN = a ", "a"),
        (r"CN=Doe\, Jane", "Doe, Jane"),
        (r"CN=a\2Cb", "a,b"),
        (r"CN=J\C3\BCrgen", "Jürgen"),
        ("CN=Jürgen", "Jürgen"),
        (r"CN=a\+b\\c", r"a+b\c"),
        (r"CN=\ a\ ", " a "),
        ("CN=a=b", "a=b"),
    ],
)
def test_values_are_unescaped(text: str, value: str) -> None:
    assert [v for _, v in _pairs(parse_subject(text))] == [value]


def test_attributes_joined_by_plus_are_one_relative_name() -> None:
    subject = parse_subject("CN=a+UID=b,O=c")

    assert [len(list(relative)) for relative in subject.rdns] == [2, 1]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "A part is empty"),
        ("CN=a,", "A part is empty"),
        ("CN=a,,O=b", "A part is empty"),
        ("app.test", "is no attribute"),
        ("CN=", "CN is empty"),
        ("C=Germany", "two letters"),
        ("C=D1", "two letters"),
        ("C=ÄÖ", "ASCII"),
        ("emailAdress=a", "did you mean emailAddress"),
        ("1.2.3.4=a", "one of CN, O, OU"),
        ("/C=DE/CN=a", "Did you mean 'C=DE,CN=a'"),
        (f"CN={'a' * 65}", "longer than 64"),
        ("CN=a\x1b[2J", "control characters"),
        ("CN=a\nb", "control characters"),
        (r"CN=a\q", "backslash"),
        ("CN=a\\", "backslash"),
        (r"CN=\FF", "backslash"),
        ("CN=a+CN=a", "twice"),
        ("emailAddress=ü@example.test", "ASCII"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, match: str) -> None:
    with pytest.raises(CertificateError, match=match) as caught:
        parse_subject(text)

    assert caught.value.reason == "malformed"
    assert "\x1b" not in str(caught.value)


@given(st.text())
def test_any_text_is_a_subject_or_an_error(text: str) -> None:
    with suppress(CertificateError):
        parse_subject(text)


_VALUES = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=16
)


@given(st.lists(st.tuples(st.sampled_from(["CN", "O", "OU", "ST", "L"]), _VALUES)))
def test_what_is_shown_can_be_typed_again(parts: list[tuple[str, str]]) -> None:
    oids = {
        "CN": NameOID.COMMON_NAME,
        "O": NameOID.ORGANIZATION_NAME,
        "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "ST": NameOID.STATE_OR_PROVINCE_NAME,
        "L": NameOID.LOCALITY_NAME,
    }
    subject = x509.Name([x509.NameAttribute(oids[k], v) for k, v in parts[:4]])

    shown = subject_text(subject)

    # A person sees at most so much of it.
    if parts and len(shown) < 200:
        assert parse_subject(shown) == subject
