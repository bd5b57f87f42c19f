from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from flask_tlsdev.errors import CertificateError
from flask_tlsdev.verification import Check
from flask_tlsdev.verification import load_crls
from flask_tlsdev.verification._revocation import check_revocation

from ..profiles import DAY
from ..profiles import new_key
from ..profiles import NOW
from .revoking import list_at
from .revoking import LIST_URL
from .revoking import Revoking
from .revoking import uri


@pytest.fixture
def authority() -> Revoking:
    return Revoking.make()


@pytest.fixture
def leaf(authority: Revoking) -> x509.Certificate:
    return authority.leaf(list_at(LIST_URL))


def look(
    authority: Revoking,
    leaf: x509.Certificate,
    *lists: x509.CertificateRevocationList,
    at: datetime = NOW,
) -> list[tuple[str, str]]:
    checks = check_revocation((leaf, authority.certificate), lists, at)
    return [(each.status, each.text) for each in checks]


def test_without_a_list_nothing_is_checked(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    ((status, text),) = look(authority, leaf)

    assert status == "not checked"
    assert "--crl FILE" in text
    assert "--fetch-revocation" in text


def test_who_is_not_on_the_list_is_good(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    other = authority.leaf(which="other")

    assert look(authority, leaf, authority.list(other)) == [
        ("ok", "'leaf' is not on the list of 'Revoking'")
    ]


@pytest.mark.parametrize("kind", ["ec-p256", "rsa:2048", "ed25519"])
def test_who_is_on_the_list_is_refused_with_day_and_reason(kind: str) -> None:
    authority = Revoking.make(f"Revoking {kind}", key_type=kind)
    leaf = authority.leaf()
    crl = authority.list(leaf, reason=x509.ReasonFlags.key_compromise)

    assert look(authority, leaf, crl) == [
        ("failed", f"'leaf' was revoked on {NOW:%Y-%m-%d}, reason: keyCompromise.")
    ]


def test_a_revoked_one_stays_revoked_when_the_list_is_old(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    old = authority.list(leaf, begin=NOW - 3 * DAY, end=NOW - 2 * DAY)

    ((status, text),) = look(authority, leaf, old)

    assert status == "failed"
    assert text == f"'leaf' was revoked on {NOW:%Y-%m-%d}."


def test_one_list_that_is_good_is_enough_and_one_that_has_it_wins(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    old = authority.list(begin=NOW - 3 * DAY, end=NOW - 2 * DAY)

    assert look(authority, leaf, old, authority.list())[0][0] == "ok"
    assert look(authority, leaf, authority.list(), authority.list(leaf))[0][0] == (
        "failed"
    )


def test_the_list_of_somebody_else_is_none(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    other = Revoking.make("Somebody else")

    ((status, text),) = look(authority, leaf, other.list(leaf))

    assert status == "not checked"
    assert "no list of 'Revoking'" in text


def part(**changes: object) -> x509.IssuingDistributionPoint:
    values: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(values | changes))  # type: ignore[arg-type]


LATER = NOW + DAY

UNKNOWN = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.5"), b"\x05\x00"
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"signer": "thief"}, "is not signed by 'Revoking'", id="forged"),
        pytest.param({"end": NOW - DAY}, "is out of date", id="old"),
        pytest.param({"begin": LATER, "end": LATER + DAY}, "valid from", id="new"),
        pytest.param(
            {"extensions": [(x509.DeltaCRLIndicator(1), True)]}, "a delta", id="delta"
        ),
        pytest.param({"extensions": [(UNKNOWN, True)]}, "5, which we do", id="unknown"),
        pytest.param(
            {"extensions": [(part(only_contains_ca_certs=True), True)]},
            "of another kind",
            id="CAs",
        ),
        pytest.param(
            {"extensions": [(part(only_contains_attribute_certs=True), True)]},
            "of another kind",
            id="attributes",
        ),
        pytest.param(
            {"extensions": [(part(indirect_crl=True), True)]}, "indirect", id="indirect"
        ),
        pytest.param(
            {
                "extensions": [
                    (
                        part(
                            only_some_reasons=frozenset(
                                [x509.ReasonFlags.aa_compromise]
                            )
                        ),
                        True,
                    )
                ]
            },
            "partial",
            id="reasons",
        ),
        pytest.param(
            {"extensions": [(part(full_name=[uri("http://ca.test/2")]), True)]},
            "not the part of it in which 'leaf'",
            id="another part",
        ),
    ],
)
def test_a_list_that_says_nothing_is_refused_and_said(
    authority: Revoking,
    leaf: x509.Certificate,
    changes: dict[str, object],
    reason: str,
) -> None:
    if "signer" in changes:
        changes = {"signer": new_key(which="thief")}
    if "end" in changes and "begin" not in changes:
        changes = {**changes, "begin": NOW - 2 * DAY}

    crl = authority.list(**changes)  # type: ignore[arg-type]
    ((status, text),) = look(authority, leaf, crl)

    assert status == "failed"
    assert reason in text


def test_the_part_of_a_list_that_the_certificate_names_counts(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    own = part(full_name=[uri(LIST_URL)], only_contains_user_certs=True)

    assert look(authority, leaf, authority.list(extensions=[(own, True)]))[0][0] == "ok"


def test_a_list_of_a_ca_that_may_sign_none_is_refused() -> None:
    weak = Revoking.make("No lists", "key_cert_sign")

    ((status, text),) = look(weak, weak.leaf(), weak.list())

    assert status == "failed"
    assert "is not signed by" in text


def test_every_certificate_below_the_root_is_looked_at(authority: Revoking) -> None:
    key = new_key(which="middle")
    middle = authority.leaf(which="middle", ca=True)
    leaf = Revoking(middle, key).leaf()
    path = (leaf, middle, authority.certificate)

    found = list(check_revocation(path, [authority.list(middle)], NOW))

    assert [each.status for each in found] == ["not checked", "failed"]
    assert "'middle' was revoked" in found[1].text
    assert len(list(pairwise(path))) == len(found)


def test_what_is_no_list_is_one_sentence(authority: Revoking) -> None:
    good = authority.list().public_bytes(Encoding.PEM)

    for data, reason in (
        (b"nothing", "holds no revocation list"),
        (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "is damaged"),
        (b"\x30\x03\x02\x01\x01", "is damaged"),
        (b"x" * ((16 << 20) + 1), "larger than 16 MiB"),
    ):
        with pytest.raises(CertificateError, match=reason):
            load_crls(data)

    assert len(load_crls(good + good)) == 2


def test_a_check_is_printable(authority: Revoking, leaf: x509.Certificate) -> None:
    (check,) = check_revocation((leaf, authority.certificate), [authority.list()], NOW)

    assert isinstance(check, Check)
    assert check.text.isprintable()
