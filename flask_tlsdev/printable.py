"""Makes foreign text safe for a terminal and a log."""

from __future__ import annotations

import unicodedata

#: Longer text is cut: one certificate field may hold a megabyte.
LIMIT = 240

#: Cc control, Cf format (zero-width, bidi), Cs surrogate, Co private use,
#: Cn unassigned, Zl and Zp line breaks: none has a glyph of its own, and a
#: terminal or a log viewer acts on most of them.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _escape(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else f"\\x{ord(character):02x}"

    if unicodedata.category(character) not in _UNSAFE:
        return character

    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(text: object, limit: int = LIMIT) -> str:
    """The text on one line, with nothing in it that a terminal would act on.

    Certificate fields, names from a client, request lines, file names, output
    of other programs and answers of issuers go through here on their way to a
    person. Ordinary text of any script is left as it is; control, escape,
    line-break, bidirectional and zero-width characters become ``\\x1b``-like
    escapes.

    :param text: Anything; ``bytes`` are read as UTF-8, bad bytes escaped.
    :param limit: The longest answer, in characters of the input. What is cut
        off is shown as ``…``.
    """
    if isinstance(text, (bytes, bytearray)):
        # Each character is four bytes at most: no need to decode a megabyte.
        text = bytes(text[: 4 * limit + 4]).decode("utf-8", "backslashreplace")

    text = str(text)
    shown = "".join(map(_escape, text[:limit]))
    return f"{shown}…" if len(text) > limit else shown


def without_hidden(text: str) -> str:
    """The text with what has no glyph escaped, but for ASCII, which stays.

    For what somebody else has made fit for a terminal, colours included, without
    a thought of bidirectional and zero-width characters.
    """
    if text.isascii():
        return text

    return "".join(each if each.isascii() else _escape(each) for each in text)


def quoted(text: object, limit: int = LIMIT) -> str:
    """:func:`printable` between quotation marks, for use in a sentence."""
    return f"'{printable(text, limit)}'"


def printable_lines(text: str) -> str:
    """:func:`printable` for our own text of several lines with foreign parts."""
    return "\n".join(printable(line, 4000) for line in text.split("\n"))
