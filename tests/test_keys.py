"""Keys: made, read, written, refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.errors import InvalidKey
from flask_tlsdev.keys import check_key_type
from flask_tlsdev.keys import check_strength
from flask_tlsdev.keys import DEFAULT_KEY_TYPE
from flask_tlsdev.keys import dump
from flask_tlsdev.keys import generate
from flask_tlsdev.keys import key_type_of
from flask_tlsdev.keys import KEY_TYPES
from flask_tlsdev.keys import load
from flask_tlsdev.keys import matches
from flask_tlsdev.keys._pbes2 import encrypt
from flask_tlsdev.keys._pbes2 import ROUNDS
from flask_tlsdev.printable import printable
from tests.tools import program
from tests.tools import run

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = dump(KEY)
DER = KEY.private_bytes(
    serialization.Encoding.DER,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
ENCRYPTED = dump(KEY, b"secret")
ENCRYPTED_DER = KEY.private_bytes(
    serialization.Encoding.DER,
    serialization.PrivateFormat.PKCS8,
    serialization.BestAvailableEncryption(b"secret"),
)


@pytest.fixture(scope="module")
def openssl() -> str:
    return program("openssl")


# Key types


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_a_key_of_each_type_is_made_written_and_read(key_type: str) -> None:
    key = generate(key_type)

    again = load(dump(key))

    assert key_type_of(key) == key_type
    assert key_type_of(again.public_key()) == key_type
    assert matches(again, key.public_key())
    check_strength(key.public_key(), "this key")


def test_the_default_is_one_of_the_types() -> None:
    assert DEFAULT_KEY_TYPE == "ec-p256"
    assert DEFAULT_KEY_TYPE in KEY_TYPES


def test_a_new_key_is_another_one() -> None:
    assert not matches(generate("ec-p256"), KEY.public_key())


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_the_types_themselves_are_accepted(key_type: str) -> None:
    assert check_key_type(key_type) == key_type


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("rsa", "rsa:2048"),
        ("RSA-2048", "rsa:2048"),
        ("rsa2048", "rsa:2048"),
        ("4096", "rsa:4096"),
        ("rsa:8192", "rsa:4096"),
        ("ec", "ec-p256"),
        ("p256", "ec-p256"),
        ("P-384", "ec-p384"),
        ("EC-P256", "ec-p256"),
        ("prime256v1", "ec-p256"),
        ("ecdsa", "ec-p256"),
        ("Ed25519", "ed25519"),
        ("ec_p265", "ec-p256"),
    ],
)
def test_another_spelling_is_answered_with_the_right_one(text: str, meant: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        check_key_type(text)

    assert f"Did you mean {meant}?" in caught.value.hint


@pytest.mark.parametrize("text", ["", "dsa", "x" * 9999, "\x1b[2J", "rsa:" + "9" * 99])
def test_an_unknown_type_is_answered_with_all(text: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        check_key_type(text)

    assert all(key_type in caught.value.hint for key_type in KEY_TYPES)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["rsa:1024", "rsa:512", "RSA-1024", "1024"])
def test_weak_rsa_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(InvalidKey, match=r"too weak.*2048 bits.*Use rsa:2048"):
        check_key_type(text)


@pytest.mark.parametrize(
    ("key", "key_type"),
    [
        (ec.generate_private_key(ec.SECP521R1()), "ec-p521"),
        (ec.generate_private_key(ec.SECP256K1()), "ec-secp256k1"),
        (dsa.generate_private_key(1024), "dsa:1024"),
        (ed448.Ed448PrivateKey.generate(), "ed448"),
        (x25519.X25519PrivateKey.generate(), "x25519"),
        (rsa.generate_private_key(65537, 2560), "rsa:2560"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_foreign_keys_are_named_in_the_same_form(
    key: rsa.RSAPrivateKey, key_type: str
) -> None:
    assert key_type_of(key) == key_type
    assert key_type_of(key.public_key()) == key_type


# How strong a key is


def rsa_public_key(bits: int, exponent: int) -> rsa.RSAPublicKey:
    modulus = (1 << (bits - 1)) | 1
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


@pytest.mark.parametrize(
    "public_key",
    [
        rsa_public_key(2048, 65537),
        rsa_public_key(2560, 3),
        rsa_public_key(8192, 65537),
        ec.generate_private_key(ec.SECP521R1()).public_key(),
    ],
    ids=["rsa-2048", "exponent-3", "rsa-8192", "p521"],
)
def test_what_clients_accept_is_strong_enough(public_key: object) -> None:
    check_strength(public_key, "this key")


@pytest.mark.parametrize(
    ("public_key", "reason"),
    [
        (rsa_public_key(1024, 65537), "RSA with 1024 bits is too weak"),
        (rsa_public_key(2047, 65537), "RSA with 2047 bits is too weak"),
        (rsa_public_key(8200, 65537), "8200 bits, at most 8192"),
        (rsa_public_key(2048, 2**33 + 1), "large public exponent"),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), "ec-secp256k1"),
        (dsa.generate_private_key(1024).public_key(), "dsa:1024"),
        (ed448.Ed448PrivateKey.generate().public_key(), "ed448"),
        (x25519.X25519PrivateKey.generate().public_key(), "x25519"),
    ],
    ids=["1024", "2047", "8200", "exponent", "curve", "dsa", "ed448", "x25519"],
)
def test_what_clients_refuse_is_refused_with_the_reason(
    public_key: object, reason: str
) -> None:
    with pytest.raises(InvalidKey) as caught:
        check_strength(public_key, "server\x1b.crt")

    assert reason in caught.value.message
    assert r"server\x1b.crt" in caught.value.message
    assert "ec-p256" in caught.value.hint


@pytest.mark.parametrize("exponent", [1, 2, 4])
def test_rsa_that_protects_nothing_is_refused(exponent: int) -> None:
    plain = rsa_public_key(2048, 3).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    )
    data = plain[:-1] + bytes([exponent])

    # Newer versions of cryptography already refuse to read it.
    with pytest.raises(ValueError, match=r"exponent|e must be"):
        check_strength(serialization.load_der_public_key(data), "this key")


# Reading


def test_der_is_read_as_pem_is() -> None:
    assert matches(load(DER), KEY.public_key())


def test_an_encrypted_key_is_read_with_its_passphrase() -> None:
    assert matches(load(ENCRYPTED, b"secret"), KEY.public_key())
    assert matches(load(ENCRYPTED_DER, b"secret"), KEY.public_key())


def test_a_passphrase_that_is_not_needed_does_no_harm() -> None:
    assert matches(load(PEM, b"secret"), KEY.public_key())


def test_text_and_certificates_may_stand_around_a_key() -> None:
    certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    data = b"Bag Attributes\n\xff" + certificate + PEM + b"bye\n" + certificate

    assert matches(load(data), KEY.public_key())


def test_windows_line_ends_are_read() -> None:
    assert matches(load(PEM.replace(b"\n", b"\r\n")), KEY.public_key())


@pytest.mark.parametrize(
    "command",
    [
        "genrsa -traditional 2048",
        "genrsa 2048",
        "ecparam -name prime256v1 -genkey",
        "ecparam -name secp384r1 -genkey -noout",
        "genpkey -algorithm ed25519",
        "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
    ],
)
def test_the_forms_that_openssl_writes_are_read(openssl: str, command: str) -> None:
    written = run(openssl, *command.split()).stdout

    key = load(written.encode())

    assert key_type_of(key) in {"rsa:2048", "ec-p256", "ec-p384", "ed25519"}


@pytest.mark.parametrize(
    "options",
    [
        "pkcs8 -topk8",
        "pkcs8 -topk8 -scrypt",
        "pkcs8 -topk8 -v2 aes-128-cbc -iter 100000",
        "pkcs8 -topk8 -outform DER",
        "ec -aes256",
        "ec -des3",
    ],
)
def test_the_encryptions_that_openssl_writes_are_read(
    openssl: str, options: str, tmp_path: Path
) -> None:
    out = tmp_path / "key"
    # The passphrase belongs to this test's own key.
    passout = "pass:secret"
    run(openssl, *options.split(), "-passout", passout, "-out", out, stdin=PEM)

    data = out.read_bytes()

    assert matches(load(data, b"secret"), KEY.public_key())
    with pytest.raises(InvalidKey, match="no passphrase was given"):
        load(data)
    with pytest.raises(InvalidKey, match="passphrase is wrong"):
        load(data, b"wrong")


def public(encoding: serialization.Encoding) -> bytes:
    return KEY.public_key().public_bytes(
        encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def foreign(key: dsa.DSAPrivateKey | ed448.Ed448PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


OPENSSH = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.OpenSSH,
    serialization.NoEncryption(),
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no private key can be read"),
        (b"hello", "no private key can be read"),
        (b"0" * 100, "no private key can be read"),
        (b"\x30\x03\x02\x01\x00", "no private key can be read"),
        (PEM + ENCRYPTED, "it holds 2 keys"),
        (PEM[:100], "cut off: there is no END PRIVATE KEY"),
        (PEM.replace(b"M", b"*"), "no base64"),
        (PEM.replace(b"\nM", b"\nA"), "no private key can be read"),
        (public(serialization.Encoding.PEM), "it holds a public key"),
        (public(serialization.Encoding.DER), "it holds a public key"),
        (OPENSSH, "it holds an OpenSSH key"),
        (foreign(dsa.generate_private_key(1024)), "type dsa:1024 is not for TLS"),
        (foreign(ed448.Ed448PrivateKey.generate()), "type ed448 is not for TLS"),
        (b"-----BEGIN FOO-----\n-----END FOO-----", "it holds FOO"),
        (b"x" * 2_000_000, "too large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_key_is_refused_with_what_it_is(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        load(data, what="server.key")

    assert caught.value.message.startswith("server.key cannot be used as private key")
    assert reason in caught.value.message


@pytest.mark.parametrize("form", ["PEM", "DER"])
@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("req -new -x509 -key {key} -subj /CN=x", "a certificate"),
        ("req -new -key {key} -subj /CN=x", "a CSR"),
    ],
    ids=["certificate", "csr"],
)
def test_certificates_and_requests_are_told_from_keys(
    openssl: str, tmp_path: Path, command: str, kind: str, form: str
) -> None:
    key, out = tmp_path / "key", tmp_path / "out"
    key.write_bytes(PEM)
    words = command.format(key=key).split()
    done = run(openssl, *words, "-outform", form, "-out", out)

    assert done.returncode == 0, done.stderr
    with pytest.raises(InvalidKey, match=f"it holds {kind}"):
        load(out.read_bytes())


def test_a_pkcs12_file_is_answered_with_how_to_take_the_key_out(
    openssl: str, tmp_path: Path
) -> None:
    key, crt, p12 = tmp_path / "key", tmp_path / "crt", tmp_path / "p12"
    key.write_bytes(PEM)
    run(openssl, "req", "-new", "-x509", "-key", key, "-subj", "/CN=x", "-out", crt)
    export = ("-export", "-inkey", key, "-in", crt, "-out", p12, "-passout", "pass:x")
    run(openssl, "pkcs12", *export)

    with pytest.raises(InvalidKey, match="PKCS #12") as caught:
        load(p12.read_bytes())

    assert "openssl pkcs12" in caught.value.hint


def test_errors_hold_nothing_of_the_key_and_no_passphrase() -> None:
    with pytest.raises(InvalidKey) as caught:
        load(ENCRYPTED, b"hunter2")

    assert "hunter2" not in repr(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__)


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content


def number(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encrypted_with(kdf: str, *numbers: int) -> bytes:
    """A key encrypted by AES 256 with PBKDF2 or scrypt (RFC 8018, RFC 7914)."""
    oids = {"pbkdf2": "2a864886f70d01050c", "scrypt": "2b06010401da47040b"}
    work = b"".join(map(number, numbers))
    derive = der(
        0x30,
        der(0x06, bytes.fromhex(oids[kdf])),
        der(0x30, der(0x04, b"saltsalt"), work),
    )
    cipher = der(
        0x30, der(0x06, bytes.fromhex("60864801650304012a")), der(0x04, b"i" * 16)
    )
    pbes2 = der(0x06, bytes.fromhex("2a864886f70d01050d"))
    return der(0x30, der(0x30, pbes2, der(0x30, derive, cipher)), der(0x04, b"x" * 16))


@pytest.mark.parametrize(
    "data",
    [
        encrypted_with("pbkdf2", 2**31 - 1),
        encrypted_with("scrypt", 2**24, 8, 1),
        encrypted_with("scrypt", 2**14, 8, 2**20),
    ],
    ids=["pbkdf2", "scrypt-memory", "scrypt-parallel"],
)
def test_a_key_whose_decryption_would_take_hours_is_refused_at_once(
    data: bytes,
) -> None:
    started = time.monotonic()

    with pytest.raises(InvalidKey, match="would take too long"):
        load(data, b"secret")

    assert time.monotonic() - started < 1


def test_parameters_that_nest_deeply_are_refused() -> None:
    # 1000 levels deep, with lengths in two bytes.
    levels = [b"\x30\x82" + (4 * n).to_bytes(2, "big") for n in range(1000, 0, -1)]
    nested = b"".join(levels) + b"\x30\x82\x00\x00"
    content = nested + der(0x04, b"x" * 16)
    data = b"\x30\x82" + len(content).to_bytes(2, "big") + content

    with pytest.raises(InvalidKey, match="damaged"):
        load(data, b"secret")


def test_a_key_whose_decryption_takes_moments_is_tried() -> None:
    with pytest.raises(InvalidKey, match="passphrase is wrong"):
        load(encrypted_with("pbkdf2", 100_000), b"secret")


@pytest.mark.parametrize("bits", [16384, 65536])
def test_a_key_whose_check_would_take_minutes_is_refused_at_once(bits: int) -> None:
    data = b"\x30\x82" + (bits // 2).to_bytes(2, "big") + b"\x02\x01\x00"
    data += b"\x30" * (bits // 2 - 3)
    started = time.monotonic()

    with pytest.raises(InvalidKey, match="larger than an RSA key of 8192 bits"):
        load(data)

    assert time.monotonic() - started < 1


def test_many_parts_are_read_in_no_time() -> None:
    data = b"-----BEGIN X-----\n-----END X-----\n" * 30_000
    started = time.monotonic()

    with pytest.raises(InvalidKey):
        load(data)

    assert time.monotonic() - started < 5


@given(st.binary(), st.sampled_from([None, b"secret"]))
@example(b"-----BEGIN PRIVATE KEY-----", None)
@example(b"\x30\x80\x00\x00", None)
@example(
    b"-----BEGIN EC PRIVATE KEY-----\nProc-Type:\n-----END EC PRIVATE KEY-----", b"x"
)
def test_any_data_is_a_key_or_refused(data: bytes, passphrase: bytes | None) -> None:
    with pytest.raises(InvalidKey) as caught:
        load(data, passphrase)

    assert printable(caught.value, 9999) == str(caught.value)


@given(st.data())
def test_a_damaged_key_is_read_or_refused(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([PEM, DER, ENCRYPTED_DER[:40] + DER]))
    position = data.draw(st.integers(0, len(original) - 1))
    damaged = bytearray(original)
    damaged[position] = data.draw(st.integers(0, 255))

    try:
        key = load(bytes(damaged), b"secret")
    except InvalidKey:
        return

    assert isinstance(
        key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey)
    )


# Writing


def test_a_key_is_written_as_pkcs8() -> None:
    assert PEM.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert ENCRYPTED.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")


def test_openssl_reads_what_is_written(openssl: str) -> None:
    plain = run(openssl, "pkey", "-noout", "-check", stdin=PEM)
    encrypted = run(openssl, "pkey", "-passin", "pass:secret", stdin=ENCRYPTED)

    assert plain.returncode == 0
    assert encrypted.stdout.encode() == PEM


@pytest.mark.parametrize("passphrase", [b"", b"x" * 1024], ids=["empty", "long"])
def test_an_unusable_passphrase_is_refused(passphrase: bytes) -> None:
    with pytest.raises(InvalidKey, match="passphrase is empty or too long"):
        dump(KEY, passphrase)


@pytest.mark.parametrize("passphrase", [None, b"secret"], ids=["plain", "secret"])
def test_an_ec_key_with_a_zero_before_its_number_is_read(
    passphrase: bytes | None,
) -> None:
    """GnuTLS writes every other EC key so."""
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.private_numbers()
    number = b"\x04\x20" + numbers.private_value.to_bytes(32, "big")
    longer = b"\x04\x21\x00" + number[2:]
    curve = bytes.fromhex("a00a06082a8648ce3d030107")
    inner = b"\x30\x32\x02\x01\x01" + longer + curve
    algorithm = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    octets = b"\x04\x34" + inner
    body = b"\x02\x01\x00" + algorithm + octets
    der = b"\x30" + bytes([len(body)]) + body

    data = der if passphrase is None else encrypt(der, passphrase)

    assert load(data, passphrase).public_key() == key.public_key()


def test_a_passphrase_is_stretched_as_one_does_today() -> None:
    pem = dump(generate("ec-p256"), b"secret")

    assert b"ENCRYPTED PRIVATE KEY" in pem
    assert ROUNDS >= 600_000
    text = run(program("openssl"), "asn1parse", stdin=pem).stdout
    assert ":PBKDF2" in text
    assert ":hmacWithSHA256" in text
    assert ":aes-256-cbc" in text
    assert f"INTEGER           :{ROUNDS:06X}" in text
