"""Leaves hold their names, are exactly of the profile, and end with their CA."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from flask_tlsdev import keys
from flask_tlsdev.certificates import names_of
from flask_tlsdev.certificates import parse_subject
from flask_tlsdev.certificates import self_sign
from flask_tlsdev.certificates import sign_leaf
from flask_tlsdev.certificates import subject_text
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import InvalidKey
from flask_tlsdev.names import DEFAULT_PERMITS
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from tests.profiles import assert_is_leaf
from tests.profiles import authority
from tests.profiles import CA_LIFE
from tests.profiles import DAY
from tests.profiles import new_key
from tests.profiles import NOW

NAMES = parse("localhost, 127.0.0.1, ::1, *.app.test")


def _sign(
    names: tuple[Name, ...] = NAMES,
    *,
    subject: str | None = None,
    lifetime: timedelta = 90 * DAY,
    now: timedelta = timedelta(0),
    key_type: str = "ec-p256",
) -> x509.Certificate:
    return sign_leaf(
        authority(),
        names,
        new_key(key_type).public_key(),
        lifetime=lifetime,
        now=NOW + now,
        subject=None if subject is None else parse_subject(subject),
    )


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
@pytest.mark.parametrize("text", ["localhost, 127.0.0.1, ::1", "127.0.0.1, ::1"])
def test_a_leaf_is_exactly_of_the_profile(key_type: str, text: str) -> None:
    leaf = _sign(parse(text), key_type=key_type)

    assert_is_leaf(leaf, parse(text), authority().intermediate)


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
@pytest.mark.parametrize("text", ["localhost, 127.0.0.1", "127.0.0.1, ::1"])
def test_a_self_signed_leaf_is_no_ca_and_of_the_same_profile(
    key_type: str, text: str
) -> None:
    leaf = self_sign(parse(text), new_key(key_type), lifetime=DAY, now=NOW)

    assert_is_leaf(leaf, parse(text), leaf)
    assert leaf.issuer.rdns
    leaf.verify_directly_issued_by(leaf)


def test_a_self_signed_client_certificate_is_for_clients() -> None:
    usage = ExtendedKeyUsageOID.CLIENT_AUTH

    leaf = self_sign(NAMES, new_key(), lifetime=DAY, now=NOW, purpose="client")

    assert_is_leaf(leaf, NAMES, leaf, usage=usage)


def test_the_leaf_is_the_given_key_signed_by_the_intermediate() -> None:
    leaf = _sign()

    assert leaf.public_key() == new_key().public_key()
    leaf.verify_directly_issued_by(authority().intermediate)


def test_the_names_are_read_back_in_order() -> None:
    assert names_of(_sign()) == NAMES


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        ("localhost, app.test", "CN=localhost"),
        ("127.0.0.1, app.test", "CN=app.test"),
        ("*.app.test", "CN=*.app.test"),
        ("127.0.0.1, ::1", ""),
        (f"{'a' * 60}.test", ""),
    ],
    ids=["first", "not the address", "wildcard", "addresses", "long"],
)
def test_the_common_name_is_the_first_dns_name_that_fits(
    names: str, subject: str
) -> None:
    assert subject_text(_sign(parse(names)).subject) == subject


def test_a_leaf_begins_early_and_lives_as_long_as_asked() -> None:
    leaf = _sign(lifetime=90 * DAY, now=DAY)

    assert leaf.not_valid_before_utc == NOW + DAY - timedelta(minutes=5)
    assert leaf.not_valid_after_utc == NOW + 91 * DAY


def test_a_leaf_never_outlives_its_ca() -> None:
    leaf = _sign(lifetime=90 * DAY, now=CA_LIFE - DAY)

    assert leaf.not_valid_after_utc == authority().root.not_valid_after_utc


def test_a_leaf_never_begins_before_its_ca() -> None:
    leaf = _sign(now=-timedelta(minutes=3))

    assert leaf.not_valid_before_utc == authority().root.not_valid_before_utc


@pytest.mark.parametrize(
    ("now", "reason"), [(CA_LIFE, "expired"), (-DAY, "not yet valid")]
)
def test_a_ca_signs_nothing_outside_its_dates(now: timedelta, reason: str) -> None:
    with pytest.raises(CertificateError) as caught:
        _sign(now=now)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "lifetime",
    [
        timedelta(0),
        -DAY,
        timedelta(milliseconds=1),
        timedelta(days=3651),
        timedelta.max,
    ],
    ids=["none", "negative", "an instant", "ten years", "for ever"],
)
def test_an_odd_lifetime_is_refused(lifetime: timedelta) -> None:
    with pytest.raises(CertificateError, match="cannot be valid for"):
        _sign(lifetime=lifetime)

    with pytest.raises(CertificateError, match="cannot be valid for"):
        self_sign(NAMES, new_key(), lifetime=lifetime, now=NOW)


@pytest.mark.parametrize(
    "name", ["google.com", "8.8.8.8", "10.0.0.1", "printer.local", "*.example.com"]
)
def test_names_outside_the_permits_are_not_signed(name: str) -> None:
    names = (*NAMES, *parse(name))

    with pytest.raises(CertificateError) as caught:
        _sign(names)

    assert caught.value.reason == "not permitted"
    assert f"ca create --permit {name.removeprefix('*.')}" in caught.value.hint
    assert "localhost" not in caught.value.hint


def test_no_names_are_no_certificate() -> None:
    with pytest.raises(CertificateError, match="needs a name"):
        _sign(())

    with pytest.raises(CertificateError, match="needs a name"):
        self_sign((), new_key(), lifetime=DAY, now=NOW)


def test_a_client_certificate_is_not_signed_by_the_ca_for_servers() -> None:
    with pytest.raises(CertificateError, match="not for client certificates"):
        sign_leaf(
            authority(),
            NAMES,
            new_key().public_key(),
            lifetime=DAY,
            now=NOW,
            purpose="client",
        )


def test_the_cas_own_key_is_not_signed_as_a_servers() -> None:
    ca = authority()

    with pytest.raises(CertificateError, match="CA's own key"):
        sign_leaf(ca, NAMES, ca.key.public_key(), lifetime=DAY, now=NOW)


def test_a_weak_key_is_not_signed() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    weak = rsa.generate_private_key(65537, 1024)

    with pytest.raises(InvalidKey, match="1024"):
        sign_leaf(authority(), NAMES, weak.public_key(), lifetime=DAY, now=NOW)

    with pytest.raises(InvalidKey, match="1024"):
        self_sign(NAMES, weak, lifetime=DAY, now=NOW)


def test_a_subject_is_used_as_typed() -> None:
    text = "C=DE,O=Example,CN=app.test"

    assert subject_text(_sign(subject=text).subject) == text


@pytest.mark.parametrize(
    ("names", "subject", "match"),
    [
        ("localhost", "CN=google.com", "may not sign"),
        ("localhost", "CN=8.8.8.8", "may not sign"),
        ("localhost", "O=x,emailAddress=me@company.example", "emailAddress"),
        ("127.0.0.1", "CN=127.0.0.1", "taken for a DNS name"),
        ("127.0.0.1", "CN=My device", "taken for a DNS name"),
    ],
)
def test_a_subject_that_clients_would_refuse_is_refused(
    names: str, subject: str, match: str
) -> None:
    with pytest.raises(CertificateError, match=match) as caught:
        _sign(parse(names), subject=subject)

    assert caught.value.reason == "not permitted"


def test_a_common_name_that_is_no_host_may_be_anything() -> None:
    assert subject_text(_sign(subject="CN=My device").subject) == "CN=My device"


def test_a_wider_key_does_not_help_an_authority_without_constraints() -> None:
    ca = authority()
    unlimited = self_sign(NAMES, ca.key, lifetime=DAY, now=NOW)
    broken = dataclasses.replace(ca, intermediate=unlimited)

    with pytest.raises(CertificateError, match="no name constraints"):
        sign_leaf(broken, NAMES, new_key().public_key(), lifetime=DAY, now=NOW)


def test_the_default_permits_are_loopback_and_test() -> None:
    assert DEFAULT_PERMITS.texts == ("localhost", "test", "127.0.0.0/8", "::1/128")
