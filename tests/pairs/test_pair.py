"""A pair goes in and out of files unchanged, and only a good one passes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from flask_tlsdev import keys
from flask_tlsdev.certificates import self_sign
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import CertificateReason
from flask_tlsdev.errors import InvalidKey
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.pairs import is_pkcs12
from flask_tlsdev.pairs import Pair
from tests.profiles import authority
from tests.profiles import DAY
from tests.profiles import forged
from tests.profiles import leaf_for
from tests.profiles import new_key
from tests.profiles import NOW
from tests.tools import program
from tests.tools import run

TEXT = "localhost, 127.0.0.1, *.app.test"
NAMES = parse(TEXT)


def _pair(key_type: str = "ec-p256") -> Pair:
    ca, key = authority(), new_key(key_type)
    return Pair(key, (leaf_for(TEXT, key), ca.intermediate), (ca.root,))


def _request(pair: Pair, names: Iterable[Name] = NAMES) -> CertificateRequest:
    return CertificateRequest(tuple(names), pair.key, 90 * DAY)


def _reason(
    pair: Pair,
    wanted: CertificateRequest | Iterable[Name] = NAMES,
    now: datetime | None = None,
) -> CertificateReason:
    with pytest.raises(CertificateError) as caught:
        pair.check(wanted, now)

    return caught.value.reason


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
def test_a_pair_says_what_it_is(key_type: str) -> None:
    pair = _pair(key_type)

    assert pair.leaf is pair.chain[0]
    assert pair.names == NAMES
    assert pair.key_type == key_type
    assert pair.not_before == NOW - timedelta(minutes=5)
    assert pair.not_after == NOW + 90 * DAY
    assert pair.not_after.utcoffset() == timedelta(0)


def test_the_fingerprint_is_openssls(tmp_path: Path) -> None:
    pair, file = _pair(), tmp_path / "tls.crt"
    file.write_bytes(pair.certificate_pem)

    done = run(
        program("openssl"), "x509", "-in", file, "-noout", "-fingerprint", "-sha256"
    )

    said = done.stdout.strip().partition("=")[2].replace(":", "").lower()
    assert pair.fingerprint == said


def test_the_repr_shows_no_key() -> None:
    assert "key=" not in repr(_pair())


@pytest.mark.parametrize(
    ("margin", "answer"),
    [(30 * DAY, False), (90 * DAY, True), (91 * DAY, True), (timedelta(0), False)],
)
def test_a_pair_knows_whether_it_expires_soon(margin: timedelta, answer: bool) -> None:
    assert _pair().expires_within(margin, NOW) is answer


def test_a_pair_that_has_expired_expires_within_any_margin() -> None:
    assert _pair().expires_within(timedelta(0), NOW + 91 * DAY)


# check


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
def test_our_own_pair_passes(key_type: str) -> None:
    pair = _pair(key_type)

    pair.check(_request(pair))
    pair.check(NAMES)
    pair.check(parse("localhost, shop.app.test"))


def test_a_self_signed_pair_passes_with_itself_as_root_and_without() -> None:
    leaf = self_sign(NAMES, new_key(), lifetime=DAY, now=NOW)

    Pair(new_key(), (leaf,)).check(NAMES)
    Pair(new_key(), (leaf,), (leaf,)).check(NAMES)


def test_a_key_that_is_not_the_leafs_is_a_mismatch() -> None:
    pair = dataclasses.replace(_pair(), key=new_key(which="another"))

    assert _reason(pair) == "mismatch"
    assert _reason(pair, _request(_pair())) == "mismatch"


def test_a_pair_for_another_key_than_requested_is_a_mismatch() -> None:
    pair = _pair()
    request = CertificateRequest(NAMES, new_key(which="another"), DAY)

    assert _reason(pair, request) == "mismatch"


@pytest.mark.parametrize(
    "name",
    ["app.test", "a.b.app.test", "::1", "127.0.0.2", "other.test", "*.test.test"],
)
def test_names_that_are_missing_are_not_covered(name: str) -> None:
    wanted = (*NAMES, *parse(name))

    assert _reason(_pair(), wanted) == "not covered"
    assert _reason(_pair(), _request(_pair(), wanted)) == "not covered"


@pytest.mark.parametrize(
    ("now", "reason"),
    [(NOW + 91 * DAY, "expired"), (NOW - DAY, "not yet valid")],
)
def test_a_pair_must_be_valid_now(now: datetime, reason: CertificateReason) -> None:
    assert _reason(_pair(), now=now) == reason
    assert _reason(dataclasses.replace(_pair(), roots=()), now=now) == reason


def test_an_expired_intermediate_counts_also_without_roots() -> None:
    ca, key = authority(), new_key(which="ca")
    old = forged(
        key, signer=ca.key, issuer=ca.intermediate, ca=True, not_after=NOW - DAY / 2
    )
    leaf = forged(
        new_key(),
        signer=key,
        issuer=old,
        san=x509.SubjectAlternativeName([x509.DNSName("localhost")]),
    )

    assert _reason(Pair(new_key(), (leaf, old)), parse("localhost")) == "expired"


def test_a_chain_in_the_wrong_order_is_refused() -> None:
    pair = _pair()
    other = authority("ec-p384").intermediate

    assert _reason(dataclasses.replace(pair, chain=(pair.leaf, other))) == "chain"
    assert _reason(dataclasses.replace(pair, chain=(pair.leaf, other), roots=())) == (
        "chain"
    )
    assert _reason(dataclasses.replace(pair, chain=())) == "chain"


def test_roots_that_do_not_vouch_for_it_are_refused() -> None:
    pair = dataclasses.replace(_pair(), roots=(authority("ec-p384").root,))

    assert _reason(pair) == "untrusted"


def test_a_client_certificate_is_not_served() -> None:
    usage = ExtendedKeyUsageOID.CLIENT_AUTH
    leaf = self_sign(NAMES, new_key(), lifetime=DAY, now=NOW, purpose="client")
    pair = Pair(new_key(), (leaf,))
    request = CertificateRequest(NAMES, new_key(), DAY, purpose="client")

    assert usage in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert _reason(pair) == "not permitted"
    pair.check(request)


def test_a_leaf_that_the_ca_may_not_sign_is_refused() -> None:
    ca = authority()
    leaf = forged(
        new_key(),
        signer=ca.key,
        issuer=ca.intermediate,
        san=x509.SubjectAlternativeName([x509.DNSName("google.com")]),
    )
    pair = Pair(new_key(), (leaf, ca.intermediate), (ca.root,))

    assert _reason(pair, parse("google.com")) == "not permitted"


# In and out of files


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
def test_a_pair_survives_pem(key_type: str) -> None:
    pair = _pair(key_type)

    again = Pair.from_pem(pair.certificate_pem, pair.key_pem, pair.roots_pem)

    assert (again.chain, again.roots) == (pair.chain, pair.roots)
    assert keys.matches(again.key, pair.leaf.public_key())


def test_a_bundle_in_any_order_with_its_root_is_put_right() -> None:
    pair = _pair()
    bundle = dump_certificates((*pair.roots, *reversed(pair.chain)))

    again = Pair.from_pem(bundle + pair.key_pem, pair.key_pem)

    assert again.chain == pair.chain
    assert again.roots == ()


def test_an_encrypted_key_is_opened_with_its_passphrase() -> None:
    pair = _pair()
    encrypted = keys.dump(pair.key, b"secret")

    again = Pair.from_pem(pair.certificate_pem, encrypted, passphrase=b"secret")

    assert again.chain == pair.chain
    with pytest.raises(InvalidKey):
        Pair.from_pem(pair.certificate_pem, encrypted)


def test_openssl_reads_what_is_written(tmp_path: Path) -> None:
    pair = _pair()
    (tmp_path / "tls.crt").write_bytes(pair.certificate_pem)
    (tmp_path / "tls.key").write_bytes(pair.key_pem)

    certificate = run(
        program("openssl"), "x509", "-in", tmp_path / "tls.crt", "-noout", "-pubkey"
    )
    key = run(program("openssl"), "pkey", "-in", tmp_path / "tls.key", "-pubout")

    assert certificate.stdout == key.stdout != ""


@pytest.mark.parametrize("key_type", ["ec-p256", "rsa:2048", "ed25519"])
def test_a_pair_survives_pkcs12(key_type: str) -> None:
    pair = _pair(key_type)

    again = Pair.from_pkcs12(pair.to_pkcs12(b"secret", "my app"), b"secret")

    assert again.chain == pair.chain
    assert keys.matches(again.key, pair.leaf.public_key())


def test_openssl_and_we_read_each_others_pkcs12(tmp_path: Path) -> None:
    pair = _pair()
    ours, theirs = tmp_path / "ours.p12", tmp_path / "theirs.p12"
    ours.write_bytes(pair.to_pkcs12(b"secret", "my app"))
    (tmp_path / "tls.crt").write_bytes(pair.certificate_pem)
    (tmp_path / "tls.key").write_bytes(pair.key_pem)

    read = run(
        program("openssl"),
        *("pkcs12", "-in", ours, "-passin", "pass:secret", "-nodes", "-info"),
    )
    made = run(
        program("openssl"),
        *("pkcs12", "-export", "-in", tmp_path / "tls.crt"),
        *("-inkey", tmp_path / "tls.key", "-passout", "pass:secret", "-out", theirs),
    )

    assert read.returncode == made.returncode == 0
    assert read.stdout.count("BEGIN CERTIFICATE") == 3
    assert Pair.from_pkcs12(theirs.read_bytes(), b"secret").chain == pair.chain


@pytest.mark.parametrize("passphrase", [b"wrong", b"", None])
def test_a_wrong_passphrase_is_said(passphrase: bytes | None) -> None:
    data = _pair().to_pkcs12(b"secret", "x")

    with pytest.raises(InvalidKey, match=r"passphrase|encrypted"):
        Pair.from_pkcs12(data, passphrase)


def test_a_pkcs12_file_with_a_key_has_a_passphrase() -> None:
    with pytest.raises(InvalidKey, match="needs a passphrase"):
        _pair().to_pkcs12(b"", "x")


def test_a_pkcs12_file_without_a_key_is_no_pair() -> None:
    data = pkcs12.serialize_key_and_certificates(
        b"x", None, None, list(_pair().chain), BestAvailableEncryption(b"secret")
    )

    with pytest.raises(InvalidKey, match="no private key"):
        Pair.from_pkcs12(data, b"secret")


@pytest.mark.parametrize("data", [b"", b"\x30", b"text", b"\x30\x80" * 50])
def test_what_is_no_pkcs12_file_is_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(TLSDevError):
        Pair.from_pkcs12(data, b"secret")


def test_a_pkcs12_file_that_asks_for_years_of_work_is_refused_at_once() -> None:
    data = _pair().to_pkcs12(b"secret", "x")
    size, mac = len(data) - 4, data[-65:]
    # A sequence of 65 bytes which ends with the count, in two bytes.
    assert data[:2] == b"\x30\x82"
    assert data[-67:-65] == b"\x30\x41"
    assert mac[-4:-2] == b"\x02\x02"
    count = (2**31 - 1).to_bytes(4, "big")
    bomb = b"\x30\x82" + (size + 2).to_bytes(2, "big") + data[4:-67]
    bomb += b"\x30\x43" + mac[:-4] + b"\x02\x04" + count

    with pytest.raises(InvalidKey, match="more work"):
        Pair.from_pkcs12(bomb, b"secret")


def test_any_count_of_a_pkcs12_file_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the key, of the certificates and of the MAC."""
    pair = _pair()
    (tmp_path / "tls.crt").write_bytes(pair.certificate_pem)
    (tmp_path / "tls.key").write_bytes(pair.key_pem)
    monkeypatch.setattr("flask_tlsdev.pairs.pkcs12.MOST_ITERATIONS", 30_000)

    for options in (
        ("-nomac", "-certpbe", "NONE"),
        ("-nomac", "-keypbe", "NONE", "-certpbe", "AES-256-CBC"),
        ("-nomac", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "NONE"),
        ("-keypbe", "NONE", "-certpbe", "NONE"),
    ):
        file = tmp_path / "any.p12"
        run(
            program("openssl"),
            *("pkcs12", "-export", "-in", tmp_path / "tls.crt"),
            *("-inkey", tmp_path / "tls.key", "-passout", "pass:secret"),
            *("-iter", "40000", *options, "-out", file),
        )
        with pytest.raises(InvalidKey, match="more work"):
            Pair.from_pkcs12(file.read_bytes(), b"secret")


def test_a_pkcs12_file_is_recognised() -> None:
    pair = _pair()

    assert is_pkcs12(pair.to_pkcs12(b"secret", "x"))
    assert not is_pkcs12(pair.leaf.public_bytes(Encoding.DER))
    assert not is_pkcs12(pair.certificate_pem)
    assert not is_pkcs12(b"")
