"""Permissions-Policy: which of the browser's abilities a page and its frames have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ..printable import quoted
from ._compat import permissions
from ._compat import retired_permissions
from .base import DOCUMENTS
from .base import doubt
from .base import Header
from .base import is_defaults
from .base import is_off
from .base import keeps_defaults
from .base import not_possible
from .base import unknown

NAME = "Permissions-Policy"

#: What few pages need and a script that got in would like to have. Each is
#: known to Chromium on every system, so none makes a line in its console.
BALANCED: Mapping[str, object] = MappingProxyType(
    dict.fromkeys(
        (
            "accelerometer",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "hid",
            "idle-detection",
            "local-fonts",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "serial",
            "usb",
            "xr-spatial-tracking",
        ),
        "()",
    )
)

_FEATURE = r"[a-z][a-z0-9-]{0,99}"
_KEYWORDS = ("self", "src", "none", "*")
_ORIGIN = r"(?i)https?://(?:\*\.)?[a-z0-9_.-]+(?::[0-9]{1,5})?"
_ENTRY = r" *([A-Za-z0-9-]+) *= *(\*|\([^()]*\)|[^(),; ]+) *"


def make(value: object) -> tuple[Header, ...]:
    """The header for a mapping of features to who has them, or for its text.

    Who has a feature is ``"()"`` (nobody), ``"self"``, ``"*"``, origins, or a
    list of these.
    """
    features = _features(value)
    text = ", ".join(f"{name}={who}" for name, who in features.items())
    return (Header(NAME, text, DOCUMENTS),) if features else ()


def merge(base: object, change: object) -> dict[str, object]:
    """The features of one value with those of another; ``None`` leaves one out."""
    whole = not keeps_defaults(change)
    old = {} if whole or is_off(base) else _features(base)
    new = change.items() if isinstance(change, Mapping) else ()
    return {
        **old,
        **{_name(name): who for name, who in new if not is_defaults(name)},
    }


def _features(value: object) -> dict[str, str]:
    if value is True:
        value = BALANCED

    if isinstance(value, str):
        found = [
            re.fullmatch(_ENTRY, each) for each in value.split(",") if each.strip()
        ]
        if None in found:
            raise ValueError("it reads like camera=(), geolocation=(self).")
        value = {each[1]: each[2] for each in found if each}

    if not isinstance(value, Mapping):
        raise ValueError(not_possible(value))

    features: dict[str, str] = {}
    for key, who in value.items():
        if who is not None:
            name = _name(key)
            features[name] = _allowed(name, who)

    return features


def _name(key: object) -> str:
    name = str(key).lower().replace("_", "-")
    if not re.fullmatch(_FEATURE, name):
        raise ValueError(unknown(str(key), permissions()))

    if name in retired_permissions():
        doubt(f"browsers are giving {name} up.")
    elif name not in permissions():
        doubt(unknown(str(key), permissions()))

    return name


def _allowed(name: str, who: object) -> str:
    """An allow-list as the header writes it."""
    if who is False:
        return "()"

    texts = [who] if isinstance(who, str) else who
    if not isinstance(texts, (list, tuple)):
        raise ValueError(f"{name}: {not_possible(who)}")

    words: list[str] = []
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"{name}: {not_possible(text)}")
        words += [_word(name, each) for each in text.strip("() ").split(" ") if each]

    if words == ["*"]:
        return "*"

    if len(words) > 1 and {"*", "none"} & set(words):
        doubt(f"{name}: '*' and 'none' stand alone.")

    return f"({' '.join(word for word in words if word != 'none')})"


def _word(name: str, word: str) -> str:
    bare = word.strip("\"'")
    if bare.lower() in _KEYWORDS:
        return bare.lower()

    if not re.fullmatch(_ORIGIN, bare):
        raise ValueError(
            f"{name}: {quoted(word)} is neither one of {', '.join(_KEYWORDS)} nor an"
            " origin, such as https://maps.example.com."
        )

    return f'"{bare}"'
