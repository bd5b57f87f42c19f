"""Whatever is in a file, it is described or refused, and safe to print."""

from __future__ import annotations

import json
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_tlsdev import keys
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.describe import describe
from flask_tlsdev.describe import Description
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import InvalidKey
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.pairs import Pair
from tests.profiles import authority
from tests.profiles import common_name
from tests.profiles import DAY
from tests.profiles import forged
from tests.profiles import leaf_for
from tests.profiles import new_key
from tests.profiles import plain_root
from tests.tools import missing
from tests.tools import program
from tests.tools import run

CA = authority()
NAMES = "localhost, 127.0.0.1, ::1"
LEAF = leaf_for(NAMES, new_key())
CSR = CertificateRequest(parse(NAMES), new_key(), DAY).csr
PAIR = Pair(new_key(), (LEAF, CA.intermediate), (CA.root,))

_PUBLIC = new_key().public_key()
PUBLIC_PEM = _PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PUBLIC_DER = _PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
P12 = PAIR.to_pkcs12(b"secret", "x")


def _one(data: bytes, passphrase: bytes | None = None) -> Description:
    (description,) = describe(data, passphrase=passphrase)
    return description


def _extension(description: Description, name: str) -> dict[str, object]:
    extensions = description.as_dict()["extensions"]
    assert isinstance(extensions, list)
    (found,) = [e for e in extensions if isinstance(e, dict) and e["name"] == name]
    return dict(found)


def test_a_certificate_has_these_keys() -> None:
    fields = _one(dump_certificates([LEAF])).as_dict()

    assert list(fields) == [
        "kind",
        "subject",
        "issuer",
        "names",
        "is_ca",
        "not_before",
        "not_after",
        "serial_number",
        "version",
        "signature_algorithm",
        "public_key",
        "extensions",
        "der_sha256",
        "der_sha1",
    ]


def test_a_certificate_says_what_it_is() -> None:
    fields = _one(dump_certificates([LEAF])).as_dict()

    assert fields["kind"] == "certificate"
    assert fields["subject"] == "CN=localhost"
    assert str(fields["issuer"]).endswith(f"CN=flask-tlsdev intermediate {CA.id}")
    assert fields["names"] == ["localhost", "127.0.0.1", "::1"]
    assert fields["is_ca"] is False
    assert fields["not_after"] == f"{LEAF.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    assert fields["serial_number"] == f"{LEAF.serial_number:x}"
    assert fields["version"] == 3
    assert fields["signature_algorithm"] == "ecdsa-with-sha256"
    assert fields["der_sha256"] == LEAF.fingerprint(SHA256()).hex()
    assert fields["der_sha1"] == LEAF.fingerprint(SHA1()).hex()


def test_the_public_keys_fingerprint_is_the_same_wherever_it_is() -> None:
    public = _one(PUBLIC_PEM).as_dict()
    private = _one(keys.dump(new_key())).as_dict()
    certificate = _one(dump_certificates([LEAF])).as_dict()
    csr = _one(CSR.public_bytes(Encoding.PEM)).as_dict()

    del public["kind"]
    assert public == private["public_key"]
    assert public == certificate["public_key"] == csr["public_key"]


def test_a_csr_says_what_it_asks_for() -> None:
    fields = _one(CSR.public_bytes(Encoding.PEM)).as_dict()

    assert fields["kind"] == "csr"
    assert fields["names"] == ["localhost", "127.0.0.1", "::1"]
    assert fields["signature_valid"] is True


def test_extensions_are_put_into_words() -> None:
    ca = _one(dump_certificates([CA.intermediate]))

    assert _extension(ca, "Basic Constraints") == {
        "name": "Basic Constraints",
        "oid": "2.5.29.19",
        "critical": True,
        "values": ["CA: yes, path length: 0"],
    }
    assert _extension(ca, "Key Usage")["values"] == ["Certificate Sign"]
    assert _extension(ca, "Extended Key Usage")["values"] == [
        "TLS Web Server Authentication"
    ]
    assert _extension(ca, "Name Constraints")["values"] == [
        "Permitted DNS:localhost",
        "Permitted DNS:test",
        "Permitted IP Address:127.0.0.0/8",
        "Permitted IP Address:::1/128",
        "Permitted email:invalid",
        "Permitted URI:invalid",
    ]


def test_the_text_has_a_line_for_each() -> None:
    text = _one(dump_certificates([LEAF])).as_text()

    assert "subject: CN=localhost\n" in text
    assert "names: localhost, 127.0.0.1, ::1\n" in text
    assert "    Basic Constraints (critical):\n        CA: no\n" in text
    assert f"SHA-256 fingerprint: {LEAF.fingerprint(SHA256()).hex()}" in text


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (PAIR.certificate_pem, ["certificate", "certificate"]),
        (PAIR.key_pem + PAIR.certificate_pem, ["private key"] + 2 * ["certificate"]),
        (b"hello\n" + PUBLIC_PEM + b"bye", ["public key"]),
        (LEAF.public_bytes(Encoding.DER), ["certificate"]),
        (CSR.public_bytes(Encoding.DER), ["csr"]),
        (PUBLIC_DER, ["public key"]),
        (P12, ["private key"] + 3 * ["certificate"]),
    ],
    ids=["chain", "bundle", "public key", "DER", "CSR", "SPKI", "PKCS #12"],
)
def test_every_thing_in_a_file_is_described(data: bytes, kinds: list[str]) -> None:
    found = describe(data, passphrase=b"secret")

    assert [each.kind for each in found] == kinds


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
def test_openssls_forms_of_a_key_are_read(key_type: str, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(keys.dump(new_key(key_type)))

    openssl, out = program("openssl"), tmp_path / "out"
    run(openssl, "pkey", "-in", file, "-outform", "DER", "-out", out)
    old = run(openssl, "pkey", "-in", file, "-traditional").stdout.encode()

    # Ed25519 has no form of its own.
    for data in filter(None, (out.read_bytes(), old)):
        key = _one(data).as_dict()["public_key"]
        assert isinstance(key, dict)
        assert key["type"] == key_type


def test_of_a_private_key_only_the_public_part_is_shown() -> None:
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    secret = f"{key.private_numbers().private_value:x}"

    described = _one(keys.dump(key))

    assert secret not in described.as_text().lower()
    assert secret not in json.dumps(described.as_dict()).lower()


def test_an_encrypted_key_is_opened_with_its_passphrase_only() -> None:
    data = keys.dump(new_key(), b"secret")

    assert _one(data).as_dict() == {"kind": "private key", "encrypted": True}
    assert "public_key" in _one(data, b"secret").as_dict()
    with pytest.raises(InvalidKey, match="passphrase"):
        describe(data, "tls.key", b"wrong")


@pytest.mark.parametrize("passphrase", [None, b"wrong"])
def test_a_pkcs12_file_asks_for_its_passphrase(passphrase: bytes | None) -> None:
    with pytest.raises(InvalidKey, match="passphrase"):
        describe(P12, "all.p12", passphrase)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),
        ec.generate_private_key(ec.SECP256K1()),
        ed448.Ed448PrivateKey.generate(),
        x25519.X25519PrivateKey.generate(),
        dsa.generate_private_key(1024),
    ],
    ids=["rsa:1024", "secp256k1", "ed448", "x25519", "dsa"],
)
def test_public_keys_that_we_would_not_use_are_described_too(
    key: rsa.RSAPrivateKey,
) -> None:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    assert _one(pem).as_dict()["type"]


# Odd and hostile contents


def _signed(
    *extensions: x509.ExtensionType,
    subject: x509.Name | None = None,
    san: x509.SubjectAlternativeName | None = None,
) -> Description:
    key = new_key(which="root")
    certificate = forged(
        new_key(),
        signer=key,
        issuer=plain_root(key),
        subject=subject,
        san=san,
        extensions=[(each, False) for each in extensions],
    )
    return _one(dump_certificates([certificate]))


def test_an_unknown_extension_is_shown_by_oid_and_length() -> None:
    oid = x509.ObjectIdentifier("1.2.3.4.5")

    found = _signed(x509.UnrecognizedExtension(oid, b"\x04\x02hi"))

    extension = _extension(found, "Unknown extension 1.2.3.4.5")
    assert extension["values"] == ["4 bytes: 04026869"]


def test_every_kind_of_alternative_name_is_shown() -> None:
    oid = x509.ObjectIdentifier("1.2.3")
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("a.test"),
            x509.IPAddress(ip_address("::1")),
            x509.RFC822Name("me@a.test"),
            x509.UniformResourceIdentifier("https://a.test/"),
            x509.DirectoryName(common_name("a")),
            x509.RegisteredID(oid),
            x509.OtherName(oid, b"\x05\x00"),
        ]
    )

    found = _extension(_signed(san=names), "Subject Alternative Name")

    assert found["values"] == [
        "DNS:a.test",
        "IP Address:::1",
        "email:me@a.test",
        "URI:https://a.test/",
        "DirName:CN=a",
        "Registered ID:1.2.3",
        "othername:1.2.3, 2 bytes",
    ]


_URI = x509.UniformResourceIdentifier("http://a.test/x")
_OID = x509.ObjectIdentifier("1.2.3")


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        (
            x509.AuthorityInformationAccess(
                [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _URI)]
            ),
            "OCSP - URI:http://a.test/x",
        ),
        (
            x509.CRLDistributionPoints(
                [x509.DistributionPoint([_URI], None, None, None)]
            ),
            "URI:http://a.test/x",
        ),
        (
            x509.CertificatePolicies(
                [
                    x509.PolicyInformation(
                        _OID, ["http://cps", x509.UserNotice(None, "Be nice")]
                    )
                ]
            ),
            "User notice: Be nice",
        ),
        (x509.PolicyConstraints(1, 2), "Require explicit policy: 1"),
        (x509.TLSFeature([x509.TLSFeatureType.status_request]), "status_request"),
        (x509.OCSPNoCheck(), "present"),
        (x509.PrecertPoison(), "present"),
        (x509.MSCertificateTemplate(_OID, 1, 2), "Template: 1.2.3, version 1.2"),
        (x509.InhibitAnyPolicy(3), "3 bytes: 020103"),
        (
            x509.FreshestCRL([x509.DistributionPoint([_URI], None, None, None)]),
            "URI:http://a.test/x",
        ),
        (x509.IssuerAlternativeName([_URI]), "URI:http://a.test/x"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_less_usual_extensions_are_put_into_words(
    extension: x509.ExtensionType, words: str
) -> None:
    assert words in _signed(extension).as_text()


def test_text_that_acts_on_a_terminal_is_escaped() -> None:
    hostile = "\x1b[2J\u202egood\nkind: certificate\u200b"
    notice = x509.UserNotice(None, hostile)
    policies = x509.CertificatePolicies([x509.PolicyInformation(_OID, [notice])])

    found = _signed(policies, subject=common_name(hostile))

    shown = found.as_text() + json.dumps(found.as_dict(), ensure_ascii=False)
    assert not {"\x1b", "\u202e", "\u200b"} & set(shown)
    assert "\nkind: certificate" not in shown


def test_a_field_that_cannot_be_read_does_not_hide_the_others() -> None:
    oid = x509.ObjectIdentifier("2.5.29.17")

    found = _signed(x509.UnrecognizedExtension(oid, b"\x30\x01\xff")).as_dict()

    assert isinstance(found["extensions"], dict)
    assert "unreadable" in found["extensions"]
    assert found["subject"] == "CN=forged"


def test_thousands_of_names_are_cut() -> None:
    names = [x509.DNSName(f"n{number}.test") for number in range(3000)]

    found = _signed(san=x509.SubjectAlternativeName(names))

    assert len(found.as_text().splitlines()) < 300
    assert "and 2800 more" in found.as_text()


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "x.pem holds nothing"),
        (b"hello", "neither PEM nor DER"),
        (
            b"-----BEGIN DH PARAMETERS-----\nAA==\n-----END DH PARAMETERS-----",
            "dh param",
        ),
        (PAIR.certificate_pem[:-60], "PEM block 2 cannot be read"),
        (b"\x30\x03\x02\x01\x00", "no certificate, CSR or public key"),
        (b"\x30" * (1 << 22) + b"\x30", "larger than 4 MiB"),
        (PUBLIC_PEM * 501, "more than 500"),
    ],
    ids=["empty", "text", "other", "cut off", "DER", "large", "many"],
)
def test_what_cannot_be_described_is_refused_with_the_reason(
    data: bytes, match: str
) -> None:
    with pytest.raises(CertificateError, match=match):
        describe(data, "x.pem")


def test_the_roots_of_this_system_are_described() -> None:
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if not bundle.exists():
        missing(str(bundle))

    found = describe(bundle.read_bytes(), str(bundle))

    assert len(found) > 50
    assert not [each for each in found if "unreadable" in each.as_text()]


def _show(data: bytes) -> None:
    """All that ``flask tls show`` does."""
    for each in describe(data, "x", b"secret"):
        assert each.as_text().isprintable() or "\n" in each.as_text()
        json.dumps(each.as_dict())


_WHOLE = {
    "leaf": LEAF.public_bytes(Encoding.DER),
    "CA": CA.intermediate.public_bytes(Encoding.DER),
    "CSR": CSR.public_bytes(Encoding.DER),
    "public key": PUBLIC_DER,
    "PEM": PAIR.certificate_pem + PAIR.key_pem,
    "encrypted": keys.dump(new_key(), b"secret"),
    "PKCS #12": P12,
}


@pytest.mark.parametrize("whole", _WHOLE.values(), ids=_WHOLE)
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_files_are_described_or_an_error_of_ours(
    whole: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.binary(max_size=3))
    rest = data.draw(st.integers(0, 3))

    with suppress(TLSDevError):
        _show(whole[:start] + change + whole[start + rest :])


@pytest.mark.parametrize("whole", _WHOLE.values(), ids=_WHOLE)
def test_truncated_files_are_described_or_an_error_of_ours(whole: bytes) -> None:
    for end in range(0, len(whole), 7):
        with suppress(TLSDevError):
            _show(whole[:end])


@given(st.binary() | st.binary().map(lambda data: b"\x30" + data))
def test_any_bytes_are_described_or_an_error_of_ours(data: bytes) -> None:
    with suppress(TLSDevError):
        _show(data)
