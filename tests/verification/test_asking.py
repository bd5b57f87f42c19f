"""Who is asked for revocations, and what follows from the answers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.verification import Question
from flask_tlsdev.verification import verify
from flask_tlsdev.verification._revocation import check_revocation

from ..profiles import NOW
from .revoking import list_at
from .revoking import LIST_URL
from .revoking import OCSP_URL
from .revoking import responder_at
from .revoking import Revoking
from .revoking import uri

#: What lies at each URL.
Answers = Mapping[str, bytes]

AUTHORITY = Revoking.make()
LEAF = AUTHORITY.leaf(responder_at(OCSP_URL), list_at(LIST_URL))
GOOD = AUTHORITY.answer(LEAF)
REVOKED = AUTHORITY.answer(LEAF, ocsp.OCSPCertStatus.REVOKED)
LISTED = AUTHORITY.list(LEAF).public_bytes(Encoding.DER)
EMPTY = AUTHORITY.list().public_bytes(Encoding.DER)


class Internet:
    """What lies at some URLs, and what was asked there."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, url: str, body: bytes | None) -> bytes:
        self.asked.append((url, body is not None))
        if url not in self.answers:
            raise TLSDevError(f"Nobody is at {url}.")

        return self.answers[url]


def ask(
    answers: Answers, leaf: x509.Certificate = LEAF, *, is_anchored: bool = True
) -> tuple[list[tuple[str, str]], Internet]:
    internet = Internet(answers)
    path = (leaf, AUTHORITY.certificate)
    checks = check_revocation(path, (), NOW, internet, is_anchored=is_anchored)
    return [(each.status, each.text) for each in checks], internet


@pytest.mark.parametrize(
    ("answers", "statuses"),
    [
        pytest.param({OCSP_URL: GOOD, LIST_URL: EMPTY}, ["ok", "ok"], id="good"),
        pytest.param(
            {OCSP_URL: REVOKED, LIST_URL: LISTED}, ["failed", "failed"], id="revoked"
        ),
        pytest.param(
            {OCSP_URL: GOOD, LIST_URL: LISTED}, ["ok", "failed"], id="on the list only"
        ),
        pytest.param({OCSP_URL: GOOD}, ["ok", "warning"], id="no list"),
        pytest.param({LIST_URL: EMPTY}, ["warning", "ok"], id="no responder"),
        pytest.param(
            {OCSP_URL: b"<html>", LIST_URL: EMPTY}, ["warning", "ok"], id="no answer"
        ),
        pytest.param(
            {OCSP_URL: GOOD, LIST_URL: b"<html>"}, ["ok", "warning"], id="no real list"
        ),
        pytest.param({}, ["failed", "failed"], id="nobody"),
    ],
)
def test_both_are_asked_and_nothing_is_good_of_which_nobody_says_so(
    answers: Answers, statuses: list[str]
) -> None:
    found, internet = ask(answers)

    assert [status for status, _ in found] == statuses
    assert internet.asked == [(OCSP_URL, True), (LIST_URL, False)]


def test_who_cannot_be_reached_is_named() -> None:
    found, _ = ask({})

    assert found[0] == ("failed", f"Nobody is at {OCSP_URL}.")


def test_the_second_url_is_asked_where_the_first_does_not_help() -> None:
    leaf = AUTHORITY.leaf(responder_at("http://one", "http://two"))
    answers = {"http://one": GOOD, "http://two": AUTHORITY.answer(leaf)}

    found, internet = ask(answers, leaf)

    # The first one's answer is about another certificate.
    assert [status for status, _ in found] == ["ok"]
    assert [url for url, _ in internet.asked] == ["http://one", "http://two"]


def test_only_a_few_urls_are_asked() -> None:
    leaf = AUTHORITY.leaf(
        responder_at(*(f"http://{number}" for number in range(99))),
        list_at(*(f"http://{number}/list" for number in range(99))),
    )

    found, internet = ask({}, leaf)

    assert [status for status, _ in found] == ["failed", "failed"]
    assert len(internet.asked) == 6


@pytest.mark.parametrize(
    "point",
    [
        list_at(LIST_URL, reasons=frozenset([x509.ReasonFlags.key_compromise])),
        list_at(
            LIST_URL, crl_issuer=[x509.DirectoryName(AUTHORITY.certificate.subject)]
        ),
        x509.CRLDistributionPoints(
            [x509.DistributionPoint([x509.DNSName("ca.test")], None, None, None)]
        ),
    ],
    ids=["some reasons", "of somebody else", "no url"],
)
def test_lists_that_would_say_little_are_not_fetched(
    point: x509.CRLDistributionPoints,
) -> None:
    found, internet = ask({}, AUTHORITY.leaf(point))

    assert internet.asked == []
    assert found == [
        (
            "not checked",
            "'leaf' does not say where its issuer tells what was revoked.",
        )
    ]


def test_delta_lists_are_left_where_they_are() -> None:
    freshest = x509.FreshestCRL(
        [x509.DistributionPoint([uri("http://ca.test/delta")], None, None, None)]
    )

    _, internet = ask({LIST_URL: EMPTY}, AUTHORITY.leaf(list_at(LIST_URL), freshest))

    assert internet.asked == [(LIST_URL, False)]


def test_nothing_is_fetched_for_a_certificate_of_nobody() -> None:
    found, internet = ask({OCSP_URL: GOOD}, is_anchored=False)

    assert internet.asked == []
    assert found == [
        ("not checked", "Nothing is fetched for a certificate without a trusted root.")
    ]


@pytest.mark.parametrize(
    ("roots", "asked"), [({AUTHORITY.certificate: "is trusted"}, 2), ({}, 0)]
)
def test_verify_asks_on_the_way_to_a_trusted_root_only(
    roots: dict[x509.Certificate, str], asked: int
) -> None:
    internet = Internet({OCSP_URL: GOOD, LIST_URL: EMPTY})
    sent = (LEAF, AUTHORITY.certificate)

    verify(Question(LEAF, sent, roots, at=NOW, fetch=internet))

    assert len(internet.asked) == asked


def test_nothing_is_fetched_unless_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr("socket.create_connection", refuse)
    roots = {AUTHORITY.certificate: "is trusted"}

    report = verify(Question(LEAF, (LEAF,), roots, at=NOW))

    (check,) = [each for each in report.checks if each.name == "revocation"]
    assert check.status == "not checked"


def test_lists_that_were_given_count_beside_what_is_fetched() -> None:
    internet = Internet({OCSP_URL: GOOD, LIST_URL: EMPTY})
    path = (LEAF, AUTHORITY.certificate)

    found = list(check_revocation(path, [AUTHORITY.list(LEAF)], NOW, internet))

    assert [each.status for each in found] == ["failed", "ok", "ok"]
