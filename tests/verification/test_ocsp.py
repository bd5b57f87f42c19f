from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from flask_tlsdev.verification._ocsp import make_request
from flask_tlsdev.verification._ocsp import read_answer
from flask_tlsdev.verification._ocsp import responder_urls

from ..profiles import DAY
from ..profiles import forged
from ..profiles import new_key
from ..profiles import NOW
from .revoking import OCSP_URL
from .revoking import responder_at
from .revoking import Revoking

if TYPE_CHECKING:
    from flask_tlsdev.keys import PrivateKey

BEFORE, LATER = NOW - 2 * DAY, NOW + DAY

GOOD = ocsp.OCSPCertStatus.GOOD
REVOKED = ocsp.OCSPCertStatus.REVOKED
UNKNOWN = ocsp.OCSPCertStatus.UNKNOWN
OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING


@pytest.fixture
def authority() -> Revoking:
    return Revoking.make()


@pytest.fixture
def leaf(authority: Revoking) -> x509.Certificate:
    return authority.leaf(responder_at(OCSP_URL))


def read(authority: Revoking, leaf: x509.Certificate, data: bytes) -> tuple[str, str]:
    verdict = read_answer(data, leaf, authority.certificate, NOW)
    return verdict.status, verdict.text


def test_the_question_names_the_certificate_and_its_issuer(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    asked = ocsp.load_der_ocsp_request(make_request(leaf, authority.certificate))

    assert asked.serial_number == leaf.serial_number


def test_it_is_asked_where_the_certificate_says() -> None:
    authority = Revoking.make()

    assert responder_urls(authority.leaf(responder_at("http://a", "http://a"))) == (
        "http://a",
    )
    assert responder_urls(authority.leaf()) == ()


@pytest.mark.parametrize("kind", ["ec-p256", "ec-p384", "rsa:2048", "ed25519"])
@pytest.mark.parametrize(
    "encoding", [ocsp.OCSPResponderEncoding.NAME, ocsp.OCSPResponderEncoding.HASH]
)
def test_what_the_issuer_signs_is_believed(
    kind: str, encoding: ocsp.OCSPResponderEncoding
) -> None:
    authority = Revoking.make(f"Revoking {kind}", key_type=kind)
    leaf = authority.leaf()

    status, text = read(authority, leaf, authority.answer(leaf, encoding=encoding))

    assert status == "good"
    assert "'leaf' was not revoked" in text


@pytest.mark.parametrize("hash_", [SHA1(), SHA256()])
def test_a_certificate_is_found_by_any_hash(
    authority: Revoking, leaf: x509.Certificate, hash_: SHA1 | SHA256
) -> None:
    assert read(authority, leaf, authority.answer(leaf, hash_=hash_))[0] == "good"


def test_what_was_revoked_is_said_with_day_and_reason(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    answer = authority.answer(
        leaf, REVOKED, reason=x509.ReasonFlags.superseded, end=None
    )

    assert read(authority, leaf, answer) == (
        "revoked",
        f"'leaf' was revoked on {NOW:%Y-%m-%d}, reason: superseded.",
    )


def delegate(
    authority: Revoking, usage: x509.ObjectIdentifier = OCSP_SIGNING, **more: object
) -> x509.Certificate:
    return authority.leaf(usage=usage, which="responder", **more)


def answer_by(
    authority: Revoking, leaf: x509.Certificate, signer: x509.Certificate
) -> bytes:
    return authority.answer(
        leaf, signer=new_key(which="responder"), by=signer, sent=[signer]
    )


def test_a_responder_whom_the_issuer_names_is_believed(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    answer = answer_by(authority, leaf, delegate(authority))

    assert read(authority, leaf, answer)[0] == "good"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(
            lambda own: delegate(own, ExtendedKeyUsageOID.SERVER_AUTH),
            "may not sign OCSP answers",
            id="purpose",
        ),
        pytest.param(
            lambda own: delegate(own, not_after=NOW - timedelta(hours=1)),
            "expired",
            id="expired",
        ),
        pytest.param(
            lambda own: delegate(Revoking.make("Somebody else")),
            "was not named by 'Revoking'",
            id="of another CA",
        ),
        pytest.param(
            lambda own: delegate(
                Revoking(own.certificate, new_key(which="thief")),
            ),
            "was not named by 'Revoking'",
            id="forged",
        ),
    ],
)
def test_a_responder_whom_nobody_named_is_not(
    authority: Revoking,
    leaf: x509.Certificate,
    make: Callable[[Revoking], x509.Certificate],
    reason: str,
) -> None:
    status, text = read(authority, leaf, answer_by(authority, leaf, make(authority)))

    assert status == "unusable"
    assert reason in text


CRITICAL = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.5"), b"\x05\x00"
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"signer": "thief", "by": "thief's"},
            "signature is not 'Revoking'",
            id="forged",
        ),
        pytest.param(
            {"signer": "other key", "by": "other"},
            "neither of 'Revoking' nor",
            id="other signer",
        ),
        pytest.param({"begin": BEFORE, "end": NOW - DAY}, "out of date", id="old"),
        pytest.param({"begin": BEFORE, "end": None}, "out of date", id="endless"),
        pytest.param({"begin": LATER, "end": LATER + DAY}, "valid from", id="new"),
        pytest.param({"status": UNKNOWN}, "does not know it", id="unknown"),
        pytest.param({"leaf": "leaf"}, "about another certificate", id="another"),
        pytest.param({"issuer": "other"}, "about another certificate", id="its issuer"),
        pytest.param({"extensions": [(CRITICAL, True)]}, "a critical", id="critical"),
    ],
)
def test_an_answer_that_says_nothing_is_not_believed(
    authority: Revoking,
    leaf: x509.Certificate,
    changes: dict[str, object],
    reason: str,
) -> None:
    other = Revoking.make("Somebody else")
    thief = new_key(which="thief")
    values = {
        "thief": thief,
        "thief's": namesake(authority, thief),
        "other": other.certificate,
        "other key": other.key,
        "leaf": authority.leaf(which="other"),
    }
    changed = {
        name: values.get(value, value) if isinstance(value, str) else value
        for name, value in changes.items()
    }

    answer = authority.answer(**({"leaf": leaf} | changed))  # type: ignore[arg-type]
    status, text = read(authority, leaf, answer)

    assert status == "unusable"
    assert reason in text


def namesake(authority: Revoking, key: PrivateKey) -> x509.Certificate:
    """A certificate with the authority's name and another key."""
    return forged(
        key,
        signer=key,
        issuer=authority.certificate,
        subject=authority.certificate.subject,
    )


def test_a_nonce_that_nobody_asked_for_does_no_harm(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    answer = authority.answer(leaf, extensions=[(x509.OCSPNonce(b"12345678"), True)])

    assert read(authority, leaf, answer)[0] == "good"


def test_a_refusal_is_named(authority: Revoking, leaf: x509.Certificate) -> None:
    refused = ocsp.OCSPResponseBuilder.build_unsuccessful(
        ocsp.OCSPResponseStatus.TRY_LATER
    )

    status, text = read(authority, leaf, refused.public_bytes(Encoding.DER))

    assert status == "unusable"
    assert text.endswith("is a refusal: try later.")


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x30\x00", b"\x30\x84\xff"])
def test_what_is_no_answer_is_one_sentence(
    authority: Revoking, leaf: x509.Certificate, data: bytes
) -> None:
    status, text = read(authority, leaf, data)

    assert status == "unusable"
    assert "is damaged, or is none" in text


def test_every_cut_or_changed_byte_is_noticed(
    authority: Revoking, leaf: x509.Certificate
) -> None:
    answer = authority.answer(leaf)

    for at in range(0, len(answer), 3):
        changed = bytearray(answer)
        changed[at] ^= 0x41
        assert read(authority, leaf, bytes(changed))[0] == "unusable", at
        assert read(authority, leaf, answer[:at])[0] == "unusable", at
