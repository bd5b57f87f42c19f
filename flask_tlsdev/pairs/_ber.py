"""How is BER, which NSS and older Windows write, made into DER?"""

from __future__ import annotations

_OCTETS, _CONSTRUCTED, _END = 0x04, 0x20, b"\0\0"
_CONSTRUCTED_OCTETS = _OCTETS | _CONSTRUCTED
_DEPTH = 24


def to_der(data: bytes) -> bytes:
    """The same elements with definite lengths and octet strings in one piece.

    That is all of BER that programs use.

    :raises ValueError: It is no BER, or it is nested too deeply.
    """
    if b"\x80" not in data:
        return data

    element, end = _convert(data, 0, len(data), _DEPTH)
    if end != len(data):
        raise ValueError("something follows")

    return element


def _convert(data: bytes, at: int, end: int, depth: int) -> tuple[bytes, int]:
    """The element that begins here, as DER, and where it ends."""
    if not depth:
        raise ValueError("nested too deeply")

    tag, length, at = _header(data, at, end)
    if not tag & _CONSTRUCTED:
        if length is None:
            raise ValueError("no end")
        return _element(tag, data[at : at + length]), at + length

    end = end if length is None else at + length
    parts, at = _children(data, at, end, length is None, depth)
    if tag == _CONSTRUCTED_OCTETS:
        return _element(_OCTETS, b"".join(map(_content, parts))), at

    return _element(tag, b"".join(parts)), at


def _children(
    data: bytes, at: int, end: int, until_mark: bool, depth: int
) -> tuple[list[bytes], int]:
    parts: list[bytes] = []

    while at < end:
        if until_mark and data[at : at + 2] == _END:
            return parts, at + 2
        part, at = _convert(data, at, end, depth - 1)
        parts.append(part)

    if until_mark:
        raise ValueError("no end")

    return parts, at


def _header(data: bytes, at: int, end: int) -> tuple[int, int | None, int]:
    """Tag, length (``None``: until the mark) and where the content begins."""
    head = data[at : min(at + 6, end)]
    if len(head) < 2 or head[0] & 0x1F == 0x1F:
        raise ValueError("cut off, or a tag of a strange size")

    length, size = head[1], 0
    if length == 0x80:
        return head[0], None, at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(head[2 : 2 + size], "big")
    if size > 4 or at + 2 + size + length > end:
        raise ValueError("cut off")

    return head[0], length, at + 2 + size


def _content(element: bytes) -> bytes:
    tag, length, at = _header(element, 0, len(element))
    if tag != _OCTETS or length is None:
        raise ValueError("no octet string")

    return element[at:]


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content

    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content
