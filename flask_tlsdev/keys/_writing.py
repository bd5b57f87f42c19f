"""How is a key written into a file?"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from ..errors import InvalidKey
from ._pbes2 import encrypt

if TYPE_CHECKING:
    from ._kinds import PrivateKey


def dump(key: PrivateKey, passphrase: bytes | None = None) -> bytes:
    """The key in PKCS #8, as PEM, which every server and tool reads.

    :param passphrase: Encrypts it, if given.
    """
    from cryptography.hazmat.primitives import serialization

    if passphrase is not None:
        check_passphrase(passphrase)

    encoding = serialization.Encoding
    plain = key.private_bytes(
        encoding.PEM if passphrase is None else encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return plain if passphrase is None else _pem(encrypt(plain, passphrase))


def check_passphrase(passphrase: bytes) -> None:
    """Refuse a passphrase that other programs could not type or read."""
    # OpenSSL reads passphrases of up to 1023 bytes.
    if not 0 < len(passphrase) < 1024:
        raise InvalidKey(
            "The key cannot be encrypted: its passphrase is empty or too long.",
            hint="Give one of 1 to 1023 bytes.",
        )


def _pem(der: bytes) -> bytes:
    text = b64encode(der)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    label = b"ENCRYPTED PRIVATE KEY-----"
    begin, end = b"-----BEGIN " + label, b"-----END " + label
    return b"\n".join([begin, *lines, end, b""])
