"""How is a key written into a file?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import InvalidKey

if TYPE_CHECKING:
    from ._kinds import PrivateKey

#: OWASP's figure for PBKDF2 with HMAC-SHA-256 since 2023; OpenSSL's own default
#: is 2048. Opening such a key takes a fifth of a second.
ROUNDS = 600_000

# The elements of RFC 8018's PBES2 whose content never changes.
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("300c06082a864886f70d02090500")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


def dump(key: PrivateKey, passphrase: bytes | None = None) -> bytes:
    """The key in PKCS #8, as PEM, which every server and tool reads.

    :param passphrase: Encrypts it, if given.
    """
    from cryptography.hazmat.primitives import serialization

    encoding = serialization.Encoding.PEM
    if passphrase is not None:
        check_passphrase(passphrase)
        encoding = serialization.Encoding.DER

    plain = key.private_bytes(
        encoding,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return plain if passphrase is None else _encrypt(plain, passphrase)


def check_passphrase(passphrase: bytes) -> None:
    """Refuse a passphrase that other programs could not type or read."""
    # OpenSSL reads passphrases of up to 1023 bytes.
    if not 0 < len(passphrase) < 1024:
        raise InvalidKey(
            "The key cannot be encrypted: its passphrase is empty or too long.",
            hint="Give one of 1 to 1023 bytes.",
        )


def _encrypt(plain: bytes, passphrase: bytes) -> bytes:
    """An EncryptedPrivateKeyInfo. cryptography's own has 2048 rounds."""
    from base64 import encodebytes

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import padding
    from cryptography.hazmat.primitives.ciphers import algorithms
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers import modes
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    salt, vector = os.urandom(16), os.urandom(16)
    secret = PBKDF2HMAC(hashes.SHA256(), 32, salt, ROUNDS).derive(passphrase)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
    padded = padder.update(plain) + padder.finalize()
    encrypted = encryptor.update(padded) + encryptor.finalize()

    der = _sequence(_algorithm(salt, vector), _octets(encrypted))
    lines = encodebytes(der).replace(b"\n", b"")
    body = b"\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    label = b"ENCRYPTED PRIVATE KEY-----\n"
    return b"-----BEGIN " + label + body + b"\n-----END " + label


def _algorithm(salt: bytes, vector: bytes) -> bytes:
    rounds = ROUNDS.to_bytes(3, "big")
    derivation = _sequence(_octets(salt), _element(0x02, rounds), _HMAC_SHA256)
    return _sequence(
        _PBES2,
        _sequence(
            _sequence(_PBKDF2, derivation), _sequence(_AES_256_CBC, _octets(vector))
        ),
    )


def _sequence(*elements: bytes) -> bytes:
    return _element(0x30, b"".join(elements))


def _octets(content: bytes) -> bytes:
    return _element(0x04, content)


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content

    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content
