"""How is a name in any script written in a certificate, and how read back?

Browsers follow UTS 46, non-transitional: a name is folded (``BÜCHER`` is
``bücher``, full-width letters are letters, ``。`` is a dot), and what is not
ASCII becomes an A-label. The tables of UTS 46 are approximated with
:mod:`unicodedata`; where the two differ, a name is refused, not changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ..printable import quoted
from ._refusal import Refusal

#: The full stops of UTS 46 beside ".".
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})

#: Case folding would turn these into other letters ("ss", "σ", nothing);
#: registries sell them as letters of their own, and browsers keep them.
_KEPT = "([ß\u03c2\u200c\u200d])"

#: RFC 5892 section 2.1. Cherokee is the one script that folds to capitals.
_LETTERS = frozenset({"Ll", "Lu", "Lo", "Lm", "Mn", "Mc", "Nd"})

#: RFC 5892 section 2.6: symbols that are letters to those who use them ...
_ALSO_ALLOWED = frozenset("\u06fd\u06fe\u0f0b\u3007")
#: ... and letters that are none.
_NOT_ALLOWED = frozenset(
    "\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b"
    # Section 2.5, characters that show nothing.
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
)
#: More of the same: marks on symbols and notes, variation selectors, and the
#: Hangul letters of which syllables are made (section 2.9).
_NOT_ALLOWED_RANGES = (
    (0x20D0, 0x20FF),
    (0x1D165, 0x1D244),
    (0xFE00, 0xFE0F),
    (0xE0100, 0xE01EF),
    (0x1100, 0x11FF),
    (0xA960, 0xA97F),
    (0xD7B0, 0xD7FF),
)

_VIRAMA = 9

#: Letters of Arabic that do not join to the next one.
_NOT_JOINING = frozenset("اأإآٱءدذرزژڑڈوؤةىے")


def split(text: str) -> list[str]:
    """The labels, at any character that a browser takes for a dot."""
    return text.translate(_DOTS).split(".")


def fold(label: str) -> str:
    """The label as UTS 46 maps it: one form for all that look the same."""
    if label.isascii():
        return label.lower()

    parts = re.split(_KEPT, label.replace("ẞ", "ß"))
    parts[::2] = map(_fold_case, parts[::2])
    return unicodedata.normalize("NFC", "".join(parts))


def _fold_case(text: str) -> str:
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text.casefold())

    return text


def to_ascii(label: str) -> str:
    """The folded label as it stands in a certificate.

    :raises Refusal: if it may not be in a name.
    """
    if label.startswith("xn--"):
        return _checked_a_label(label)

    if label.isascii():
        return label

    _check_u_label(label)
    return f"xn--{label.encode('punycode').decode('ascii')}"


def to_unicode(domain: str) -> str:
    """The domain as a person writes it; labels that cannot be read stay."""
    return ".".join(_u_label(label) or label for label in domain.split("."))


def check_direction(labels: list[str]) -> None:
    """Check U-labels against RFC 5893: a name must not look like another one
    because some of its letters run from right to left.

    :raises Refusal: if one could.
    """
    if all(label.isascii() for label in labels):
        return

    directions = [[unicodedata.bidirectional(c) for c in label] for label in labels]

    if not any({"R", "AL", "AN"} & set(label) for label in directions):
        return

    for label, text in zip(directions, labels, strict=True):
        if not _reads_one_way(label):
            raise Refusal(f"{quoted(text)} mixes two directions of writing")


def _u_label(label: str) -> str | None:
    if not label.startswith("xn--") or len(label) > 63:
        return None

    try:
        text = label[4:].encode("ascii").decode("punycode")
        _check_u_label(text)
        back = text.encode("punycode").decode("ascii")
    except ValueError:
        return None

    # Punycode can also spell ASCII and capitals; a browser refuses those.
    good = not text.isascii() and fold(text) == text and f"xn--{back}" == label
    return text if good else None


def _checked_a_label(label: str) -> str:
    if _u_label(label) is None:
        raise Refusal(f"{quoted(label)} is no name of another script in ASCII")

    return label


def _check_u_label(label: str) -> None:
    if label[2:4] == "--":
        raise Refusal(f"{quoted(label)} has hyphens as third and fourth character")

    if unicodedata.category(label[0]).startswith("M"):
        raise Refusal(f"{quoted(label)} begins with an accent, {_shown(label[0])}")

    for position, character in enumerate(label):
        if not _is_allowed(label, position):
            raise Refusal(f"{_shown(character)} is no letter or digit there")


def _shown(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def _is_allowed(label: str, position: int) -> bool:
    character = label[position]

    if character in _IN_CONTEXT:
        return _IN_CONTEXT[character](label, position)

    if character in _ALSO_ALLOWED or character == "-":
        return True

    code = ord(character)
    if character in _NOT_ALLOWED or any(a <= code <= z for a, z in _NOT_ALLOWED_RANGES):
        return False

    return unicodedata.category(character) in _LETTERS


def _script(character: str) -> str:
    """The first word of its Unicode name, which is a script or ``CJK``."""
    return unicodedata.name(character, "").partition(" ")[0]


def _after_virama(label: str, position: int) -> bool:
    return position > 0 and unicodedata.combining(label[position - 1]) == _VIRAMA


def _may_not_join(label: str, position: int) -> bool:
    # Persian ends a letter's join inside a word with it. The joining types of
    # Unicode are not in unicodedata: Arabic letters stand for them.
    if _after_virama(label, position):
        return True

    around = label[position - 1 : position] + label[position + 1 : position + 2]
    arabic = [unicodedata.bidirectional(c) == "AL" for c in around]
    return arabic == [True, True] and around[0] not in _NOT_JOINING


def _between_ls(label: str, position: int) -> bool:
    return label[max(position - 1, 0) : position + 2] == "l\u00b7l"


def _beside_japanese(label: str, position: int) -> bool:
    others = label[:position] + label[position + 1 :]
    return any(
        _script(c) in {"HIRAGANA", "KATAKANA", "CJK"} for c in others if c != "\u30fb"
    )


def _after_hebrew(label: str, position: int) -> bool:
    return position > 0 and _script(label[position - 1]) == "HEBREW"


def _before_greek(label: str, position: int) -> bool:
    return _script(label[position + 1 : position + 2] or " ") == "GREEK"


#: RFC 5892 appendix A: allowed only beside certain others.
_IN_CONTEXT: dict[str, Callable[[str, int], bool]] = {
    "\u00b7": _between_ls,
    "\u0375": _before_greek,
    "\u05f3": _after_hebrew,
    "\u05f4": _after_hebrew,
    "\u200c": _may_not_join,
    "\u200d": _after_virama,
    "\u30fb": _beside_japanese,
}


#: RFC 5893 section 2: what a label may hold and how it may end, by its first
#: character. Accents (NSM) at the end do not count.
_NEUTRAL = frozenset({"EN", "ES", "CS", "ET", "ON", "BN", "NSM"})
_LEFT_TO_RIGHT = (_NEUTRAL | {"L"}, {"L", "EN"})
_RIGHT_TO_LEFT = (_NEUTRAL | {"R", "AL", "AN"}, {"R", "AL", "EN", "AN"})
_DIRECTIONS = {"L": _LEFT_TO_RIGHT, "R": _RIGHT_TO_LEFT, "AL": _RIGHT_TO_LEFT}


def _reads_one_way(directions: list[str]) -> bool:
    if directions[0] not in _DIRECTIONS:
        return False

    allowed, ends = _DIRECTIONS[directions[0]]
    last = next(d for d in reversed(directions) if d != "NSM")
    found = set(directions)
    return found <= allowed and last in ends and not {"EN", "AN"} <= found
