"""What is in this DER, judged by its outer structure?

Enough is read to say what a file holds instead of a key, and how much work
an encrypted key asks for, before any of that work is done.
"""

from __future__ import annotations

from collections.abc import Iterator

_INTEGER, _OCTETS, _BITS, _OID, _SEQUENCE = 0x02, 0x04, 0x03, 0x06, 0x30
_EXPLICIT_0 = 0xA0

#: 1.3.6.1.4.1.11591.4.11, RFC 7914 section 7.
_SCRYPT = bytes.fromhex("2b06010401da47040b")

#: What the parts of the outer sequence say.
_KINDS: dict[tuple[int, ...], str] = {
    (_SEQUENCE, _OCTETS): "an encrypted private key",
    (_SEQUENCE, _BITS): "a public key",
    (_INTEGER, _INTEGER): "a public key",
    (_INTEGER, _SEQUENCE): "a PKCS #12 file",
    (_INTEGER, _SEQUENCE, _SEQUENCE): "a PKCS #12 file",
    (_OID, _EXPLICIT_0): "a PKCS #7 file",
}

#: Bytes of a private key on P-256, P-384 and P-521.
_SCALARS = (32, 48, 66)

#: Algorithm parameters nest four deep.
_DEPTH = 8


def kind_of(der: bytes) -> str:
    """What it looks like, ``a certificate``; empty where that is unknown."""
    try:
        parts = list(elements(_content(der)))
    except ValueError:
        return ""

    tags = tuple(tag for tag, _ in parts)

    if tags == (_SEQUENCE, _SEQUENCE, _BITS):
        return "a certificate" if parts[0][1][:1] == b"\xa0" else "a CSR"

    return _KINDS.get(tags, "")


def encryption_work(der: bytes) -> int:
    """How many rounds it takes to make the key that decrypts this key.

    For scrypt it is five for each block of 128 bytes that it fills, N * r * p:
    what is too much of it is the memory.

    :param der: An EncryptedPrivateKeyInfo (RFC 5958 section 3).
    :raises ValueError: if it is none.
    """
    algorithm = next(elements(_content(der)))[1]
    leaves = list(_leaves(algorithm, _DEPTH))
    numbers = [
        int.from_bytes(value, "big", signed=True)
        for tag, value in leaves
        if tag == _INTEGER
    ]

    if (_OID, _SCRYPT) in leaves:
        cost, block_size, parallel, *_ = [*numbers, 1, 1, 1]
        return 5 * cost * block_size * parallel

    return max(numbers, default=0)


def with_short_scalar(der: bytes) -> bytes | None:
    """A plain EC key in PKCS #8 or SEC 1 without the zeros before its number.

    GnuTLS writes one before every other number; RFC 5915 section 3 says how
    long the number is, and OpenSSL alone does not mind. ``None`` if it is not
    such a key.
    """
    try:
        parts = list(elements(_content(der)))
        if [tag for tag, _ in parts[:2]] == [_INTEGER, _OCTETS]:
            (_, number), *rest = parts[1:]
            if number[:1] != b"\0" or len(number) - 1 not in _SCALARS:
                return None
            parts[1:] = [(_OCTETS, number[1:]), *rest]
        elif [tag for tag, _ in parts[:3]] == [_INTEGER, _SEQUENCE, _OCTETS]:
            inner = with_short_scalar(parts[2][1])
            if inner is None:
                return None
            parts[2] = (_OCTETS, inner)
        else:
            return None
    except ValueError:
        return None

    return element(_SEQUENCE, b"".join(element(tag, value) for tag, value in parts))


def element(tag: int, content: bytes) -> bytes:
    """One element of DER."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content

    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def _content(der: bytes) -> bytes:
    ((tag, content),) = elements(der)

    if tag != _SEQUENCE:
        raise ValueError("no sequence")

    return content


def _leaves(data: bytes, depth: int) -> Iterator[tuple[int, bytes]]:
    if not depth:
        raise ValueError("nested too deeply")

    for tag, content in elements(data):
        if tag == _SEQUENCE:
            yield from _leaves(content, depth - 1)
        else:
            yield tag, content


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element; all of the data must be elements."""
    at = 0

    while at < len(data):
        tag, length, size = _header(data[at : at + 6])
        start = at + size
        at = start + length

        if at > len(data):
            raise ValueError("cut off")

        yield tag, data[start:at]


def _header(data: bytes) -> tuple[int, int, int]:
    """Tag, length of the content, and where it starts, from the first six bytes."""
    if len(data) < 2:
        raise ValueError("cut off")

    tag, length = data[0], data[1]

    if length < 0x80:
        return tag, length, 2

    size = length & 0x7F
    if not 0 < size <= 4 or len(data) < 2 + size:
        raise ValueError("no length of DER")

    return tag, int.from_bytes(data[2 : 2 + size], "big"), 2 + size
