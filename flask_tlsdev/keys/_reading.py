"""Which private key is in this file, and if none, what is it instead?"""

from __future__ import annotations

import base64
import binascii
from typing import NoReturn
from typing import TYPE_CHECKING

from ..errors import InvalidKey
from ..printable import printable
from ._der import encryption_work
from ._der import kind_of
from ._der import with_short_scalar
from ._kinds import key_type_of
from ._kinds import RSA_LARGEST
from ._pbes2 import decrypt
from ._pem import Block
from ._pem import blocks

if TYPE_CHECKING:
    from ._kinds import PrivateKey

#: A key of the largest size, and some room. Larger ones take many seconds to
#: check, so the size is looked at before.
_KEY_SIZE = 5 * 1024
#: A key among certificates and text.
_FILE_SIZE = 1024 * 1024

#: OpenSSL writes 2048 rounds of PBKDF2, careful tools up to a million; with
#: scrypt this is 128 MB.
_WORK = 5_000_000

_KEY_LABELS = frozenset(
    {
        "PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "DSA PRIVATE KEY",
    }
)

#: What the other labels of PEM hold.
_OTHER_LABELS = {
    "CERTIFICATE": "a certificate",
    "X509 CERTIFICATE": "a certificate",
    "TRUSTED CERTIFICATE": "a certificate",
    "CERTIFICATE REQUEST": "a CSR",
    "NEW CERTIFICATE REQUEST": "a CSR",
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "PKCS7": "a PKCS #7 file",
    "X509 CRL": "a revocation list",
    "EC PARAMETERS": "only the name of a curve",
    "OPENSSH PRIVATE KEY": "an OpenSSH key",
}

_NEW_KEY = (
    "Make a new one with 'openssl genpkey -algorithm EC -pkeyopt"
    " ec_paramgen_curve:P-256 -out KEY'."
)
_HINTS = {
    "an OpenSSH key": "Convert a copy of it with 'ssh-keygen -p -m PKCS8 -f COPY'.",
    "a PKCS #12 file": "Take the key out with 'openssl pkcs12 -nocerts -in FILE'.",
}


def load(data: bytes, passphrase: bytes | None = None, what: str = "key") -> PrivateKey:
    """The one private key that is in this PEM or DER.

    PKCS #8, PKCS #1 and SEC 1 are read, encrypted or not. In PEM, text and
    certificates may stand around it. How strong the key is, is another
    question: :func:`check_strength`.

    :param passphrase: Is not looked at if the key is not encrypted.
    :param what: What the data is, for the sentence, such as a file's name.
    :raises InvalidKey: if there is no key, more than one, or one that cannot
        be read or used in TLS.
    """
    if len(data) > _FILE_SIZE:
        _refuse(what, "it is too large", "A key file has a few kilobytes.")

    try:
        parts = list(blocks(data))
    except ValueError as error:
        _refuse(what, f"it is cut off: there is no END {error}", cause=error)

    if not parts:
        return _load_der(data, passphrase, what)

    keys = [part for part in parts if part.label in _KEY_LABELS]

    if len(keys) != 1:
        _refuse_count(parts, len(keys), what)

    return _load_block(keys[0], passphrase, what)


def is_encrypted(der: bytes) -> bool:
    """Whether this DER is an encrypted key."""
    return len(der) <= _KEY_SIZE and kind_of(der) == "an encrypted private key"


def looks_like_key(der: bytes) -> bool:
    """Whether this DER can be a private key: it is nothing else that we know."""
    return len(der) > _KEY_SIZE or kind_of(der) in ("", "an encrypted private key")


def _refuse(
    what: str, reason: str, hint: str = "", cause: Exception | None = None
) -> NoReturn:
    message = f"{printable(what)} cannot be used as private key: {reason}."
    raise InvalidKey(message, hint=hint) from cause


def _refuse_count(parts: list[Block], keys: int, what: str) -> NoReturn:
    if keys:
        _refuse(what, f"it holds {keys} keys", "Leave only the right one in the file.")

    label = parts[0].label
    _refuse_kind(_OTHER_LABELS.get(label, printable(label)), what)


def _refuse_kind(kind: str, what: str) -> NoReturn:
    hint = _HINTS.get(kind, "Name the file that holds the private key.")
    _refuse(what, f"it holds {kind}", hint)


def _load_block(block: Block, passphrase: bytes | None, what: str) -> PrivateKey:
    if block.has_old_encryption:
        return _load_old_encryption(block, passphrase, what)

    try:
        der = base64.b64decode(b"".join(block.body.split()), validate=True)
    except binascii.Error as error:
        _refuse(what, "it is damaged, its text is no base64", cause=error)

    return _load_der(der, passphrase, what)


def _load_der(der: bytes, passphrase: bytes | None, what: str) -> PrivateKey:
    from cryptography.hazmat.primitives import serialization

    kind = kind_of(der)

    if kind == "an encrypted private key":
        return _load_encrypted(der, passphrase, what)

    if kind:
        _refuse_kind(kind, what)

    _check_size(der, what)

    try:
        key = serialization.load_der_private_key(der, password=None)
    except _unreadable() as error:
        if shorter := with_short_scalar(der):
            return _load_der(shorter, passphrase, what)
        _refuse(
            what,
            "no private key can be read from it",
            _NEW_KEY,
            cause=error,
        )

    return _checked(key, what)


def _load_encrypted(der: bytes, passphrase: bytes | None, what: str) -> PrivateKey:
    from cryptography.hazmat.primitives import serialization

    password = _needed(passphrase, what)
    _check_size(der, what)
    _check_work(der, what)

    try:
        key = serialization.load_der_private_key(der, password)
    except _unreadable() as error:
        if shorter := _decrypted_short(der, password):
            return _load_der(shorter, None, what)
        _refuse_passphrase(what, error)

    return _checked(key, what)


def _decrypted_short(der: bytes, password: bytes) -> bytes | None:
    """The key, if it is one that cannot be read only for a zero too many."""
    try:
        return with_short_scalar(decrypt(der, password))
    except (ValueError, StopIteration):
        return None


def _load_old_encryption(
    block: Block, passphrase: bytes | None, what: str
) -> PrivateKey:
    from cryptography.hazmat.primitives import serialization

    password = _needed(passphrase, what)
    # Base64 makes four characters of three bytes; the headers are the room.
    _check_size(block.body[: len(block.body) * 3 // 4], what)

    try:
        key = serialization.load_pem_private_key(block.pem, password)
    except _unreadable() as error:
        _refuse_passphrase(what, error)

    return _checked(key, what)


def _needed(passphrase: bytes | None, what: str) -> bytes:
    if not passphrase:
        _refuse(
            what,
            "it is encrypted and no passphrase was given",
            "Give its passphrase, or decrypt a copy with 'openssl pkey -in KEY'.",
        )

    return passphrase


def _check_size(der: bytes, what: str) -> None:
    if len(der) > _KEY_SIZE:
        _refuse(what, f"it is larger than an RSA key of {RSA_LARGEST} bits")


def _check_work(der: bytes, what: str) -> None:
    try:
        work = encryption_work(der)
    except ValueError as error:
        _refuse(what, "it is damaged", cause=error)

    if not 0 <= work <= _WORK:
        _refuse(
            what,
            "to decrypt it would take too long",
            "Encrypt it anew with 'openssl pkcs8 -topk8 -in KEY'.",
        )


def _refuse_passphrase(what: str, error: Exception) -> NoReturn:
    from cryptography.exceptions import UnsupportedAlgorithm

    if isinstance(error, UnsupportedAlgorithm):
        _refuse(
            what,
            "it is encrypted in a way that is not supported",
            "Encrypt it anew with 'openssl pkcs8 -topk8 -in KEY'.",
            cause=error,
        )

    _refuse(
        what,
        "the passphrase is wrong, or the file is damaged",
        "'openssl pkey -in KEY -noout' asks for the passphrase and tries it.",
        cause=error,
    )


def _unreadable() -> tuple[type[Exception], ...]:
    """What cryptography raises for data that it cannot make a key of."""
    from cryptography.exceptions import UnsupportedAlgorithm

    return (ValueError, TypeError, UnsupportedAlgorithm)


def _checked(key: object, what: str) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.asymmetric import rsa

    kinds = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)

    if isinstance(key, kinds):
        return key

    _refuse(
        what,
        f"a key of type {key_type_of(key)} is not for TLS certificates",
        _NEW_KEY,
    )
