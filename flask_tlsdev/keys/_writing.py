"""How is a key written into a file?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InvalidKey

if TYPE_CHECKING:
    from ._kinds import PrivateKey


def dump(key: PrivateKey, passphrase: bytes | None = None) -> bytes:
    """The key in PKCS #8, as PEM, which every server and tool reads.

    :param passphrase: Encrypts it, if given.
    """
    from cryptography.hazmat.primitives import serialization

    encryption: serialization.KeySerializationEncryption
    encryption = serialization.NoEncryption()

    if passphrase is not None:
        _check_passphrase(passphrase)
        encryption = serialization.BestAvailableEncryption(passphrase)

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def _check_passphrase(passphrase: bytes) -> None:
    # OpenSSL reads passphrases of up to 1023 bytes.
    if not 0 < len(passphrase) < 1024:
        raise InvalidKey(
            "The key cannot be encrypted: its passphrase is empty or too long.",
            hint="Give one of 1 to 1023 bytes.",
        )
