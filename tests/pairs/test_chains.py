"""A chain is found, put into order, verified, and what is wrong is named."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from datetime import timezone
from ipaddress import ip_address
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev import keys
from flask_tlsdev.certificates import self_sign
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import CertificateReason
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import order_chain
from flask_tlsdev.pairs import verify_chain
from tests.profiles import authority
from tests.profiles import CA_LIFE
from tests.profiles import CA_USAGE
from tests.profiles import common_name
from tests.profiles import DAY
from tests.profiles import forged
from tests.profiles import key_usage
from tests.profiles import leaf_for
from tests.profiles import new_key
from tests.profiles import NOW
from tests.profiles import plain_root
from tests.tools import program
from tests.tools import run

if TYPE_CHECKING:
    from flask_tlsdev.keys import PrivateKey

CA = authority()
LEAF = leaf_for("localhost, 127.0.0.1", new_key())
OTHER = authority("ec-p384")

_ROOT_KEY = new_key(which="root")
ROOT = plain_root(_ROOT_KEY)


def _refusal(
    leaf: x509.Certificate,
    *intermediates: x509.Certificate,
    root: x509.Certificate = ROOT,
    now: datetime = NOW,
) -> CertificateError:
    with pytest.raises(CertificateError) as caught:
        verify_chain(leaf, intermediates, [root], now=now)

    return caught.value


def _names(*dns: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in dns])


# order_chain


@given(st.permutations([LEAF, CA.intermediate, CA.root, CA.intermediate]))
def test_any_order_becomes_leaf_first_without_the_root(
    bundle: list[x509.Certificate],
) -> None:
    assert order_chain(bundle, new_key()) == (LEAF, CA.intermediate)
    assert order_chain(bundle, LEAF) == (LEAF, CA.intermediate)


def test_what_does_not_belong_to_the_chain_is_left_out() -> None:
    bundle = [OTHER.root, OTHER.intermediate, CA.root, CA.intermediate, LEAF]

    assert order_chain(bundle, new_key()) == (LEAF, CA.intermediate)


def test_a_leaf_alone_is_a_chain() -> None:
    assert order_chain([LEAF], new_key()) == (LEAF,)


def test_a_self_signed_leaf_is_its_own_chain() -> None:
    leaf = self_sign(parse("localhost"), new_key(), lifetime=DAY, now=NOW)

    assert order_chain([leaf], new_key()) == (leaf,)


def test_the_newer_of_two_leaves_for_one_key_is_taken() -> None:
    newer = forged(
        new_key(),
        signer=CA.key,
        issuer=CA.intermediate,
        san=_names("localhost"),
        not_after=LEAF.not_valid_after_utc + DAY,
    )

    assert order_chain([LEAF, newer, CA.intermediate], new_key())[0] == newer


def test_a_missing_link_is_named() -> None:
    with pytest.raises(CertificateError, match="incomplete") as caught:
        order_chain([LEAF, OTHER.intermediate], new_key())

    assert caught.value.reason == "chain"
    assert f"'flask-tlsdev intermediate {CA.id}'" in str(caught.value)


def test_a_root_that_is_not_in_the_bundle_is_not_missed() -> None:
    assert order_chain([LEAF, CA.intermediate, OTHER.root], new_key()) == (
        LEAF,
        CA.intermediate,
    )


def test_certificates_of_another_key_are_a_mismatch() -> None:
    with pytest.raises(CertificateError, match="None of the certificates") as caught:
        order_chain([LEAF, CA.intermediate], new_key(which="another"))

    assert caught.value.reason == "mismatch"


def test_of_cross_signed_intermediates_the_way_to_the_root_is_taken() -> None:
    key = new_key(which="cross")
    another = common_name("another root")
    name = common_name("cross")
    another_key = new_key(which="another root")
    direct = forged(key, signer=_ROOT_KEY, issuer=ROOT, subject=name, ca=True)
    cross = _signed(name, key.public_key(), another, another_key)
    leaf = forged(new_key(), signer=key, issuer=direct, san=_names("a.test"))

    verify_chain(leaf, [cross, direct], [ROOT], now=NOW)
    assert len(order_chain([leaf, cross, direct, ROOT], leaf)) == 2


# verify_chain


def test_our_own_chain_is_good() -> None:
    verify_chain(LEAF, [CA.intermediate], [CA.root], now=NOW)


def test_the_order_and_number_of_intermediates_do_not_matter() -> None:
    pool = [OTHER.intermediate, CA.root, CA.intermediate, CA.intermediate]

    verify_chain(LEAF, pool, [OTHER.root, CA.root], now=NOW)


def test_a_leaf_that_is_a_root_vouches_for_itself() -> None:
    leaf = self_sign(parse("localhost"), new_key("ed25519"), lifetime=DAY, now=NOW)

    verify_chain(leaf, [], [leaf], now=NOW)


@pytest.mark.parametrize("root", [OTHER.root, ROOT], ids=["ours", "plain"])
def test_another_root_does_not_vouch_for_it(root: x509.Certificate) -> None:
    refusal = _refusal(LEAF, CA.intermediate, root=root)

    assert refusal.reason == "untrusted"
    assert f"'flask-tlsdev root {CA.id}'" in str(refusal)


def test_no_roots_vouch_for_nothing() -> None:
    with pytest.raises(CertificateError):
        verify_chain(LEAF, [CA.intermediate], [], now=NOW)


def test_a_missing_intermediate_is_named() -> None:
    refusal = _refusal(LEAF, root=CA.root)

    assert f"'flask-tlsdev intermediate {CA.id}'" in str(refusal)


def test_a_root_of_the_same_name_with_another_key_does_not_vouch() -> None:
    key = new_key(which="same name")
    twin = plain_root(key)
    leaf = forged(new_key(), signer=_ROOT_KEY, issuer=ROOT, san=_names("a.test"))

    assert _refusal(leaf, root=twin).reason == "untrusted"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW + 91 * DAY, "expired"),
        (NOW + CA_LIFE + DAY, "expired"),
        (NOW - DAY, "not yet valid"),
    ],
    ids=["leaf", "all", "before"],
)
def test_dates_are_looked_at(now: datetime, reason: CertificateReason) -> None:
    assert _refusal(LEAF, CA.intermediate, root=CA.root, now=now).reason == reason


def test_an_expired_intermediate_is_named() -> None:
    key = new_key(which="ca")
    name = common_name("old intermediate")
    old = forged(
        key,
        signer=_ROOT_KEY,
        issuer=ROOT,
        subject=name,
        ca=True,
        not_after=NOW - timedelta(hours=1),
    )
    leaf = forged(new_key(), signer=key, issuer=old, san=_names("a.test"))

    refusal = _refusal(leaf, old)

    assert refusal.reason == "expired"
    assert "'old intermediate' expired" in str(refusal)


def test_one_good_way_is_enough() -> None:
    key = new_key(which="ca")
    name = common_name("intermediate")
    expired, good = (
        forged(
            key,
            signer=_ROOT_KEY,
            issuer=ROOT,
            subject=name,
            ca=True,
            not_after=NOW + days * DAY,
        )
        for days in (-0.5, 1)
    )
    leaf = forged(new_key(), signer=key, issuer=good, san=_names("a.test"))

    verify_chain(leaf, [expired, good], [ROOT], now=NOW)


def test_a_leaf_signs_nobody() -> None:
    key = new_key(which="leaf")
    leaf = forged(
        key, signer=_ROOT_KEY, issuer=ROOT, subject=common_name("leaf"), san=_names("a")
    )
    below = forged(new_key(), signer=key, issuer=leaf, san=_names("b.test"))

    assert "'leaf' is no CA" in str(_refusal(below, leaf))


def test_a_ca_whose_usage_is_something_else_signs_nobody() -> None:
    key = new_key(which="ca")
    name = common_name("intermediate")
    ca = _signed(name, key.public_key(), ROOT.subject, _ROOT_KEY, ca=True, usage=False)
    leaf = forged(new_key(), signer=key, issuer=ca, san=_names("a.test"))

    assert "without keyCertSign" in str(_refusal(leaf, ca))


def test_the_path_length_is_kept() -> None:
    key = new_key(which="sub-CA")
    below = forged(
        key, signer=CA.key, issuer=CA.intermediate, subject=common_name("sub"), ca=True
    )
    leaf = forged(new_key(), signer=key, issuer=below, san=_names("localhost"))

    refusal = _refusal(leaf, below, CA.intermediate, root=CA.root)

    assert refusal.reason == "chain"
    assert "allows 0 CAs below" in str(refusal)


def test_a_ca_for_servers_signs_no_clients() -> None:
    leaf = forged(
        new_key(),
        signer=CA.key,
        issuer=CA.intermediate,
        san=_names("localhost"),
        usage=ExtendedKeyUsageOID.CLIENT_AUTH,
    )

    refusal = _refusal(leaf, CA.intermediate, root=CA.root)

    assert refusal.reason == "not permitted"


def test_an_unknown_critical_extension_is_a_refusal() -> None:
    oid = x509.ObjectIdentifier("1.2.3.4")
    unknown = (x509.UnrecognizedExtension(oid, b"\x05\x00"), True)
    leaf = forged(
        new_key(), signer=_ROOT_KEY, issuer=ROOT, san=_names("a"), extensions=[unknown]
    )

    assert "critical extension 1.2.3.4" in str(_refusal(leaf))


def test_a_weak_key_is_a_refusal() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    leaf = forged(weak, signer=_ROOT_KEY, issuer=ROOT, san=_names("a.test"))

    refusal = _refusal(leaf)

    assert refusal.reason == "weak"
    assert "1024" in str(refusal)


def test_a_forgeable_signature_is_a_refusal_but_not_in_a_root(tmp_path: Path) -> None:
    key = new_key(which="sha1")
    root, weak = _made_with_sha1(tmp_path, key, ca=True), _made_with_sha1(tmp_path, key)
    strong = _signed(common_name("a"), new_key().public_key(), root.subject, key)

    verify_chain(strong, [], [root], now=_later())

    assert _refusal(weak, root=root, now=_later()).reason == "weak"


def _later() -> datetime:
    """When what openssl made is valid for sure."""
    return datetime.now(timezone.utc) + timedelta(seconds=1)


def _made_with_sha1(
    folder: Path, key: PrivateKey, *, ca: bool = False
) -> x509.Certificate:
    """By OpenSSL: cryptography signs nothing with SHA-1 any more."""
    keyfile, csr = folder / "key.pem", folder / "csr.pem"
    keyfile.write_bytes(keys.dump(key))
    run(
        program("openssl"),
        *("req", "-new", "-key", keyfile, "-out", csr),
        *("-subj", "/CN=root" if ca else "/CN=leaf"),
    )
    by_ca: list[str | Path] = ["-CA", folder / "ca.pem", "-CAkey", keyfile]
    signer: list[str | Path] = ["-signkey", keyfile] if ca else by_ca
    extensions = folder / "extensions"
    extensions.write_text(f"basicConstraints = critical, CA:{str(ca).upper()}")
    done = run(
        program("openssl"),
        *("x509", "-req", "-sha1", "-in", csr, "-days", "1", "-set_serial", "7"),
        *("-extfile", extensions, *signer),
    )
    (folder / "ca.pem").write_text(done.stdout)
    return x509.load_pem_x509_certificate(done.stdout.encode())


def test_many_certificates_of_one_name_cost_no_minutes() -> None:
    name = common_name("loop")
    key = new_key(which="loop")
    loop = [_signed(name, key.public_key(), name, key, ca=True) for _ in range(64)]
    leaf = _signed(common_name("a"), new_key().public_key(), name, key)

    # Each of them signed each other: there are 64 * 63 * 62 * ... ways.
    assert "too many possible issuers" in str(_refusal(leaf, *loop))


def test_two_cas_that_signed_each_other_end_somewhere() -> None:
    one, two = new_key(which="one"), new_key(which="two")
    name, other = common_name("one"), common_name("two")
    circle = [
        _signed(name, one.public_key(), other, two, ca=True),
        _signed(other, two.public_key(), name, one, ca=True),
    ]
    leaf = _signed(common_name("a"), new_key().public_key(), name, one)

    assert _refusal(leaf, *circle).reason == "untrusted"
    assert set(order_chain([leaf, *circle], leaf)) == {leaf, *circle}


# Name constraints


def _constrained(
    permitted: list[x509.GeneralName], excluded: list[x509.GeneralName]
) -> x509.Certificate:
    constraints = x509.NameConstraints(permitted or None, excluded or None)
    return forged(
        new_key(which="constrained"),
        signer=_ROOT_KEY,
        issuer=ROOT,
        subject=common_name("limited"),
        extensions=[(constraints, True)],
        ca=True,
    )


_D, _M, _U = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier
_DIR = x509.DirectoryName


def _ip(text: str) -> x509.IPAddress:
    return x509.IPAddress(ip_network(text) if "/" in text else ip_address(text))


@pytest.mark.parametrize(
    ("permitted", "excluded", "name", "allowed"),
    [
        ([_D("test")], [], _D("test"), True),
        ([_D("test")], [], _D("a.TEST"), True),
        ([_D("test")], [], _D("*.a.test"), True),
        ([_D("test")], [], _D("atest"), False),
        ([_D("test")], [], _D("google.com"), False),
        ([_D("b.a.test")], [], _D("*.a.test"), False),
        ([_D("test")], [], _ip("8.8.8.8"), True),
        ([], [_D("bad.test")], _D("bad.test"), False),
        ([], [_D("bad.test")], _D("x.bad.test"), False),
        ([], [_D("bad.test")], _D("*.test"), False),
        ([], [_D("bad.test")], _D("good.test"), True),
        ([], [_D("")], _D("a.test"), False),
        ([_D("test")], [_D("bad.test")], _D("x.bad.test"), False),
        ([_ip("127.0.0.0/8")], [], _ip("127.9.9.9"), True),
        ([_ip("127.0.0.0/8")], [], _ip("8.8.8.8"), False),
        ([_ip("127.0.0.0/8")], [], _ip("::1"), False),
        ([_ip("::1/128")], [], _ip("::1"), True),
        ([], [_ip("10.0.0.0/8")], _ip("10.1.1.1"), False),
        ([_M("a.test")], [], _M("me@a.test"), False),
        ([_U("a.test")], [], _U("https://a.test/"), False),
        ([_D("test")], [], _M("me@a.test"), True),
        ([_DIR(common_name("forged"))], [], _D("a.test"), True),
        ([_DIR(common_name("another"))], [], _D("a.test"), False),
    ],
    ids=str,
)
def test_name_constraints(
    permitted: list[x509.GeneralName],
    excluded: list[x509.GeneralName],
    name: x509.GeneralName,
    allowed: bool,
) -> None:
    ca = _constrained(permitted, excluded)
    leaf = forged(
        new_key(),
        signer=new_key(which="constrained"),
        issuer=ca,
        san=x509.SubjectAlternativeName([name]),
    )

    if allowed:
        verify_chain(leaf, [ca], [ROOT], now=NOW)
    else:
        assert _refusal(leaf, ca).reason == "not permitted"


def test_constraints_of_the_root_count_too() -> None:
    """As they do everywhere but in Java."""
    leaf = forged(new_key(), signer=CA.key, issuer=CA.intermediate, san=_names("a.com"))

    assert _refusal(leaf, CA.intermediate, root=CA.root).reason == "not permitted"


_LABELS = st.sampled_from(["localhost", "test", "app.test", "com", "google.com"])


@given(st.lists(_LABELS, min_size=1, max_size=3), st.booleans(), st.booleans())
def test_what_cryptography_refuses_of_our_ca_we_refuse_too(
    labels: list[str], with_intermediate: bool, right_root: bool
) -> None:
    leaf = forged(new_key(), signer=CA.key, issuer=CA.intermediate, san=_names(*labels))
    pool = [CA.intermediate] if with_intermediate else []
    root = CA.root if right_root else OTHER.root
    store = verification.Store([root])
    policy = verification.PolicyBuilder().store(store).time(NOW.replace(tzinfo=None))
    verifier = policy.build_server_verifier(x509.DNSName(labels[0]))

    try:
        verifier.verify(leaf, pool)
    except verification.VerificationError:
        _refusal(leaf, *pool, root=root)
    else:
        verify_chain(leaf, pool, [root], now=NOW)


def _signed(
    subject: x509.Name,
    public_key: object,
    issuer: x509.Name,
    key: object,
    hash_: hashes.HashAlgorithm | None = None,
    ca: bool = False,
    usage: bool = True,
) -> x509.Certificate:
    """A certificate with as little as possible in it."""
    usages = CA_USAGE if ca and usage else ("digital_signature",)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca, None), True)
        .add_extension(key_usage(*usages), True)
        .sign(key, hash_ or hashes.SHA256())  # type: ignore[arg-type]
    )
