"""How is a key encrypted with a passphrase today, and opened again?

RFC 8018's PBES2 in an EncryptedPrivateKeyInfo. cryptography writes it with 2048
rounds, and cannot give out what it has decrypted where it is no key to it.
"""

from __future__ import annotations

import os
from typing import Any

from ._der import element
from ._der import elements

#: OWASP's figure for PBKDF2 with HMAC-SHA-256 since 2023; OpenSSL's own default
#: is 2048. Opening such a key takes a fifth of a second.
ROUNDS = 600_000

_PBES2 = bytes.fromhex("2a864886f70d01050d")
_PBKDF2 = bytes.fromhex("2a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("2a864886f70d0209")
_AES_256_CBC = bytes.fromhex("60864801650304012a")

#: The hash of each HMAC; without one it is SHA-1.
_HASHES = {
    bytes.fromhex("2a864886f70d0207"): "SHA1",
    _HMAC_SHA256: "SHA256",
    bytes.fromhex("2a864886f70d020a"): "SHA384",
    bytes.fromhex("2a864886f70d020b"): "SHA512",
}
_KEY_SIZES = {
    bytes.fromhex("608648016503040102"): 16,
    bytes.fromhex("608648016503040116"): 24,
    _AES_256_CBC: 32,
}

_INTEGER, _OCTETS, _NULL, _OID, _SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30


def encrypt(plain: bytes, passphrase: bytes) -> bytes:
    """An EncryptedPrivateKeyInfo (DER) that holds this key."""
    from cryptography.hazmat.primitives import padding

    salt, vector = os.urandom(16), os.urandom(16)
    secret = _derive(passphrase, salt, ROUNDS, 32, "SHA256")
    padder = padding.PKCS7(128).padder()
    encryptor = _cipher(secret, vector).encryptor()
    padded = padder.update(plain) + padder.finalize()
    encrypted = encryptor.update(padded) + encryptor.finalize()

    return _sequence(_algorithm(salt, vector), element(_OCTETS, encrypted))


def decrypt(der: bytes, passphrase: bytes) -> bytes:
    """The key in an EncryptedPrivateKeyInfo.

    The caller has looked at how much work that is.

    :raises ValueError: The passphrase is wrong, or it is encrypted otherwise.
    """
    from cryptography.hazmat.primitives import padding

    algorithm, encrypted = _values(_only(der))
    scheme, parameters = _values(algorithm)
    derivation, encryption = _values(parameters)
    function, options = _values(derivation)
    cipher, vector = _values(encryption)
    if scheme != _PBES2 or function != _PBKDF2 or cipher not in _KEY_SIZES:
        raise ValueError("not PBES2 with AES")

    salt, rounds, *rest = _values(options)
    hash_ = next(_values(each)[0] for each in [*rest, _default_hash()] if len(each) > 2)
    secret = _derive(
        passphrase,
        salt,
        int.from_bytes(rounds, "big"),
        _KEY_SIZES[cipher],
        _HASHES.get(hash_, "SHA1"),
    )
    decryptor = _cipher(secret, vector).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    padded = decryptor.update(encrypted) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def _derive(
    passphrase: bytes, salt: bytes, rounds: int, size: int, hash_: str
) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    algorithm = getattr(hashes, hash_)()
    return PBKDF2HMAC(algorithm, size, salt, rounds).derive(passphrase)


def _cipher(secret: bytes, vector: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers import algorithms
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers import modes

    return Cipher(algorithms.AES(secret), modes.CBC(vector))


def _algorithm(salt: bytes, vector: bytes) -> bytes:
    derivation = _sequence(
        element(_OCTETS, salt),
        element(_INTEGER, ROUNDS.to_bytes(3, "big")),
        _sequence(element(_OID, _HMAC_SHA256), element(_NULL, b"")),
    )
    return _sequence(
        element(_OID, _PBES2),
        _sequence(
            _sequence(element(_OID, _PBKDF2), derivation),
            _sequence(element(_OID, _AES_256_CBC), element(_OCTETS, vector)),
        ),
    )


def _default_hash() -> bytes:
    return element(_OID, b"") + element(_NULL, b"")


def _sequence(*parts: bytes) -> bytes:
    return element(_SEQUENCE, b"".join(parts))


def _only(der: bytes) -> bytes:
    ((_, content),) = elements(der)
    return content


def _values(content: bytes) -> list[bytes]:
    return [value for _, value in elements(content)]
