"""What is in a ``.p12`` file, and how is one made?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.hazmat.primitives.serialization import PrivateFormat

from .. import keys
from ..certificates import quietly
from ..errors import CertificateError
from ..errors import InvalidKey
from ._ber import to_der

if TYPE_CHECKING:
    from ..keys import PrivateKey

LARGEST = 1 << 20

#: Of the work that the passphrase's derivation may ask for. OpenSSL writes
#: 2048 iterations, careful programs a million; a file could ask for years.
MOST_ITERATIONS = 5_000_000

#: Java, Windows and NSS each read more; none of them waits for long with these.
ROUNDS = 100_000
_CURRENT = (pkcs12.PBES.PBESv2SHA256AndAES256CBC, SHA256())
_LEGACY = (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, SHA1())  # noqa: S303

_KINDS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)

_INTEGER, _OCTETS, _EXPLICIT_0, _CONSTRUCTED = 0x02, 0x04, 0xA0, 0x20
_VERSION = b"\x02\x01\x03"
#: 1.2.840.113549.1.7.1, with its tag and length.
_DATA = bytes.fromhex("06092a864886f70d010701")
_DEPTH = 24


def load_pkcs12(
    data: bytes, passphrase: bytes | None, what: str = "The PKCS #12 file"
) -> tuple[PrivateKey | None, tuple[x509.Certificate, ...]]:
    """The private key of the file, if it has one, and all its certificates."""
    if len(data) > LARGEST:
        raise CertificateError(
            f"{what} is larger than {LARGEST >> 20} MiB.", reason="malformed"
        )

    _check_work(data, what)

    try:
        with quietly():
            # It warns of BER, which NSS writes.
            key, leaf, others = pkcs12.load_key_and_certificates(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unreadable(what, passphrase) from error

    if key is not None and not isinstance(key, _KINDS):
        kind = keys.key_type_of(key)
        raise InvalidKey(
            f"The key in {what} is of type {kind}, which TLS has no use for."
        )

    return key, (leaf, *others) if leaf else tuple(others)


def dump_pkcs12(
    key: PrivateKey,
    chain: Sequence[x509.Certificate],
    passphrase: bytes,
    name: str,
    *,
    legacy: bool = False,
) -> bytes:
    """Key and certificates, leaf first, encrypted with AES-256.

    :param legacy: With triple DES and SHA-1 instead, for programs from before
        2018: Windows Server 2016, Java 8 before update 301, macOS before 15.
    """
    if not passphrase:
        raise InvalidKey(
            "A PKCS #12 file with a private key needs a passphrase.",
            hint="Name a file that holds one: --passphrase-file FILE",
        )

    scheme, hash_ = _LEGACY if legacy else _CURRENT
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS)
        .key_cert_algorithm(scheme)
        .hmac_hash(hash_)
        .build(passphrase)
    )
    return pkcs12.serialize_key_and_certificates(
        name.encode(), key, chain[0], chain[1:], encryption
    )


def is_pkcs12(data: bytes) -> bool:
    """Whether it begins like a PFX, with version 3 (RFC 7292), in DER or BER."""
    if data[:2] == b"\x30\x80":
        return data[2:5] == _VERSION

    try:
        _, start, _ = _header(data, 0, len(data))
    except ValueError:
        return False

    return data[:1] == b"\x30" and data[start : start + 3] == _VERSION


def _check_work(data: bytes, what: str) -> None:
    """Raise if deriving a key from the passphrase would take more than seconds.

    What lies under the encryption cannot be seen, but whoever put something
    there gave the passphrase as well.
    """
    try:
        der = to_der(data)
        costs = list(_costs(der, 0, len(der), _DEPTH))
    except ValueError as error:
        raise InvalidKey(
            f"{what} is damaged: it is not the DER or BER of a PKCS #12 file.",
            hint="Export it again where it comes from.",
        ) from error

    if any(cost > MOST_ITERATIONS for cost in costs):
        raise InvalidKey(
            f"{what} asks for more work than any honest program does to derive a "
            "key from the passphrase.",
            hint="Export it again where it comes from.",
        )


def _costs(data: bytes, start: int, end: int, depth: int) -> Iterator[int]:
    """Every iteration count: PBKDF2, scrypt and the MAC write salt, then counts."""
    if not depth:
        raise ValueError("nested too deeply")

    elements = list(_elements(data, start, end))
    numbers: list[int] = []

    for index, (tag, first, last) in enumerate(elements):
        if tag & _CONSTRUCTED:
            yield from _costs(data, first, last, depth - 1)
        if tag == _INTEGER and index and elements[index - 1][0] in (_OCTETS, _INTEGER):
            numbers.append(int.from_bytes(data[first:last], "big"))
        is_pair = len(elements) == 2
        if tag == _EXPLICIT_0 and is_pair and data[start : start + len(_DATA)] == _DATA:
            # What is not encrypted lies in a string, as DER or BER of its own.
            for _, inner_first, inner_last in _elements(data, first, last):
                inner = to_der(data[inner_first:inner_last])
                yield from _costs(inner, 0, len(inner), depth - 1)

    # A version and a number are no salt and count; scrypt's three multiply, and
    # each block of 128 bytes counts five: it is the memory that is too much.
    if numbers and any(tag == _OCTETS for tag, _, _ in elements):
        yield numbers[0] if len(numbers) < 3 else 5 * prod(numbers[:3])


def _elements(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Tag, begin and end of each element, which must be DER."""
    while start < end:
        tag, first, last = _header(data, start, end)
        yield tag, first, last
        start = last


def _header(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    head = data[start : min(start + 6, end)]

    if len(head) < 2:
        raise ValueError("cut off")

    length, size = head[1], 0

    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(head[2 : 2 + size], "big")

    first = start + 2 + size

    if head[1] == 0x80 or size > 4 or first + length > end:
        raise ValueError("not DER, or cut off")

    return head[0], first, first + length


def _unreadable(what: str, passphrase: bytes | None) -> InvalidKey:
    if passphrase is None:
        return InvalidKey(
            f"{what} is encrypted, or it is damaged.",
            hint="Name the file that holds its passphrase: --passphrase-file FILE",
        )

    return InvalidKey(f"{what} cannot be opened: wrong passphrase, or it is damaged.")
