"""What may a value be? Each parser answers with the value or raises ``ConfigError``.

A value comes from Python or, through JSON, from an environment variable: so a
list may be a text with commas, and a text may have become a number.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from string import ascii_lowercase

from ..errors import ConfigError
from ..keys import check_key_type
from ..names import Name
from ..names import parse as parse_names
from ..printable import printable
from ..printable import quoted
from ..spelling import did_you_mean

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}"

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

#: A shorter life would end while somebody still reads the page.
SHORTEST_LIFETIME = timedelta(minutes=5)

#: Apple's clients refuse a longer one, whoever signed it:
#: https://support.apple.com/103769
LONGEST_LIFETIME = timedelta(days=825)

#: Each connection has a thread.
MOST = 10_000

LONGEST_TIMEOUT = timedelta(hours=1)

MINIMUM_VERSIONS = ("TLSv1.2", "TLSv1.3")

CLIENT_CERTIFICATES = ("optional", "required")


def shown(value: object) -> str:
    """A value for a sentence. Of what is no plain value only the type is said."""
    if isinstance(value, str):
        return quoted(value)

    if value is None or isinstance(value, (bool, float)):
        return printable(repr(value))

    # Python refuses to write out longer ones.
    if isinstance(value, int) and value.bit_length() < 256:
        return str(value)

    return f"this {printable(type(value).__name__)}"


def parse_text(value: object) -> str:
    """A text. A number is one that JSON made of digits."""
    if isinstance(value, str):
        return value

    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return shown(value)

    raise ConfigError(f"{shown(value)} is no text.")


def parse_switch(value: object) -> bool | None:
    """On, off, or nothing said."""
    if value is None or isinstance(value, bool):
        return value

    raise ConfigError(f"{shown(value)} is neither True nor False.")


def parse_choice(value: object, choices: Collection[str]) -> str:
    """One of these texts, exactly."""
    text = parse_text(value)
    if text in choices:
        return text

    raise ConfigError(f"{quoted(text)} is not known.", hint=did_you_mean(text, choices))


def parse_name_list(value: object) -> tuple[Name, ...]:
    """Names, of a list or of one text with commas."""
    if not isinstance(value, (list, tuple)):
        return parse_names(parse_text(value))

    return parse_names([parse_text(each) for each in value])


def parse_duration(value: object, unit: timedelta = DAY) -> timedelta:
    """A duration: a ``timedelta``, a number of units, or such as ``"12h"``.

    :param unit: What a bare number counts.
    :raises ConfigError: It is none, or not longer than nothing.
    """
    try:
        duration = _duration(value, unit)
    except OverflowError:
        raise ConfigError(f"{shown(value)} is too long.") from None

    if duration <= timedelta():
        raise ConfigError(f"{shown(value)} is no time at all.")

    return duration


def _duration(value: object, unit: timedelta) -> timedelta:
    if isinstance(value, timedelta):
        return value

    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ConfigError(f"{shown(value)} is no duration.")
        return value * unit

    if not isinstance(value, str):
        raise ConfigError(f"{shown(value)} is no duration.")

    text = value.strip().lower()
    number = text.rstrip(ascii_lowercase)
    letter = text[len(number) :]
    number = number.removesuffix(" ")
    if not all(map(_is_digits, number.split(".", 1))):
        raise ConfigError(f"{quoted(value)} is no duration.")

    if letter and letter not in _UNITS:
        raise ConfigError(
            f"{quoted(value)} is no duration.", hint=_unit_hint(number, letter)
        )

    return float(number) * (_UNITS[letter] if letter else unit)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _unit_hint(number: str, letters: str) -> str:
    if letters[0] in _UNITS and not letters.startswith("mo"):
        return f"Did you mean {quoted(number + letters[0])}?"

    return "The units are s, m (minutes), h, d and w."


def parse_lifetime(value: object) -> timedelta:
    """How long a certificate is valid."""
    lifetime = parse_duration(value)
    if lifetime < SHORTEST_LIFETIME:
        raise ConfigError(f"{shown(value)} is too short.", hint="Five minutes will do.")

    if lifetime > LONGEST_LIFETIME:
        raise ConfigError(
            f"{shown(value)} is too long: Apple's clients refuse a certificate"
            f" that is valid for more than {LONGEST_LIFETIME.days} days.",
            hint="The default is 90 days, and it renews by itself.",
        )

    return lifetime


def parse_margin(value: object) -> timedelta | None:
    """How long before its end a certificate is renewed; ``None``: we choose."""
    return None if value is None else parse_duration(value)


def parse_timeout(value: object) -> float:
    """Seconds until we give up on a client."""
    timeout = parse_duration(value, SECOND)
    if timeout > LONGEST_TIMEOUT:
        raise ConfigError(f"{shown(value)} is too long: each client holds a thread.")

    return timeout.total_seconds()


def parse_header_names(value: object) -> frozenset[str]:
    """Names of headers, in lower case; ``True``: those that tell of programs."""
    if value is None or value is False:
        return frozenset()

    if value is True:
        return frozenset({"server", "x-powered-by"})

    texts = value if isinstance(value, (list, tuple)) else parse_text(value).split(",")
    names = [parse_text(each).strip() for each in texts]
    for name in names:
        if not re.fullmatch(_HEADER, name):
            raise ConfigError(f"{quoted(name)} is no header's name.")

    return frozenset(name.lower() for name in names)


def parse_count(value: object) -> int:
    """How many of something there may be."""
    text = str(value) if not isinstance(value, bool) else ""
    if not (_is_digits(text) and len(text) <= 5 and 1 <= int(text) <= MOST):
        raise ConfigError(f"{shown(value)} is no number from 1 to {MOST}.")

    return int(text)


def parse_key_type(value: object) -> str:
    """A key type that servers can use."""
    return check_key_type(parse_text(value))


def parse_minimum_version(value: object) -> str:
    """The oldest TLS version that is spoken."""
    text = parse_text(value)
    if text in {"SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"}:
        raise ConfigError(f"No browser speaks {text} any more, and it is not safe.")

    return parse_choice(text, MINIMUM_VERSIONS)


def parse_suffixes(value: object) -> tuple[str, ...]:
    """Domains below which names are served on demand; ``None`` or "" is none."""
    if value is None or value == "" or value == [] or value == ():
        return ()

    return tuple(_suffix(name) for name in parse_name_list(value))


def _suffix(name: Name) -> str:
    if name.kind == "ip":
        raise ConfigError(f"{quoted(name)} is an address: no name lies below it.")

    if name.wildcard:
        raise ConfigError(
            f"{quoted(name)} is a wildcard.",
            hint=f"Did you mean {quoted(name.unicode[2:])}? All names below are meant.",
        )

    return name.value


def parse_client_certificate(value: object) -> str:
    """Whether a client must have a certificate."""
    return parse_choice(value, CLIENT_CERTIFICATES)


def parse_path(value: object) -> Path | None:
    """The absolute path of a folder or file, or ``None``."""
    if value is None:
        return None

    text = os.fspath(value) if isinstance(value, os.PathLike) else parse_text(value)
    return absolute(text)


def absolute(text: str | bytes) -> Path:
    """The absolute path that this text is."""
    path = Path(os.fsdecode(text))
    if "\0" in str(path):
        raise ConfigError(f"{quoted(text)} is no path.")

    if not path.is_absolute():
        raise ConfigError(
            f"{quoted(text)} is not absolute: where it is would change with the"
            " folder that you are in.",
            hint=f"Did you mean {quoted(os.path.abspath(os.path.expanduser(path)))}?",
        )

    return path
