"""Strict-Transport-Security: browsers come back by HTTPS only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from .base import doubt
from .base import Header
from .base import is_off
from .base import not_possible
from .base import unknown

NAME = "Strict-Transport-Security"

YEAR = 31536000

#: Nobody means more; it is a slip of the unit.
LONGEST = 100 * YEAR

_OPTIONS = ("max_age", "include_subdomains", "preload", "force")
_DIRECTIVES = ("max-age", "includeSubDomains", "preload")


def make(value: object) -> tuple[Header, ...]:
    """The header for seconds, its text, or a mapping of its parts.

    A mapping may have ``max_age`` (seconds or a ``timedelta``),
    ``include_subdomains``, ``preload`` and ``force``, which sends the header to
    development names, in debug and in tests, too. ``max_age`` 0 always goes to
    them: it tells browsers to forget. It never goes to plain HTTP: RFC 6797
    forbids it and browsers ignore it there.
    """
    options = _options(value)
    forgets = options.get("max_age") in (0, timedelta())
    forced = _flag(options, "force") or forgets
    return (Header(NAME, _text(options), when="secure" if forced else "public"),)


def merge(base: object, change: object) -> dict[str, object]:
    """The parts of one value with those of another on top of it."""
    old = {} if is_off(base) else _options(base)
    return {**old, **_options(change)}


def _options(value: object) -> dict[str, object]:
    if value is True:
        return {"include_subdomains": True}

    if isinstance(value, str):
        return _read(value)

    if isinstance(value, Mapping):
        return _named(value)

    return {"max_age": value}


def _named(mapping: Mapping[object, object]) -> dict[str, object]:
    """The mapping with the names as we write them: variables are upper case."""
    options: dict[str, object] = {}
    for key, value in mapping.items():
        name = str(key).lower().replace("-", "_")
        if name not in _OPTIONS:
            raise ValueError(unknown(str(key), _OPTIONS))
        if name in options:
            raise ValueError(f"'{name}' is given twice.")
        options[name] = value

    return options


def _read(text: str) -> dict[str, object]:
    """The parts of a header's text."""
    if text.strip().isdecimal():
        return {"max_age": int(text.strip()[:20])}

    options: dict[str, object] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, argument = (each.strip() for each in part.partition("="))
        option = _option(name, argument)
        if option in options:
            raise ValueError(f"'{name}' is given twice.")
        options[option] = _seconds_of(argument) if option == "max_age" else True

    if "max_age" not in options:
        raise ValueError("'max-age' is missing: browsers ignore the header then.")

    return options


def _option(name: str, argument: str) -> str:
    for directive, option in zip(_DIRECTIVES, _OPTIONS, strict=False):
        if name.lower() == directive.lower():
            if argument and option != "max_age":
                raise ValueError(f"'{directive}' takes no value.")
            return option

    raise ValueError(unknown(name, _DIRECTIVES))


def _seconds_of(argument: str) -> int:
    digits = argument.strip('"')
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("'max-age' takes seconds, such as max-age=31536000.")

    return int(digits[:20])


def _text(options: Mapping[str, object]) -> str:
    seconds = _seconds(options.get("max_age", YEAR))
    below = _flag(options, "include_subdomains")
    preload = _flag(options, "preload")

    # https://hstspreload.org/#submission-requirements
    if preload and not (below and seconds >= YEAR):
        doubt(
            "browsers put a name on the preload list only with include_subdomains"
            f" and a max_age of at least {YEAR}, a year."
        )

    parts = (f"max-age={seconds}", "includeSubDomains" * below, "preload" * preload)
    return "; ".join(filter(None, parts))


def _seconds(value: object) -> int:
    if isinstance(value, timedelta):
        value = int(value.total_seconds())

    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"max_age: {not_possible(value)}")

    if not 0 <= value <= LONGEST:
        raise ValueError("max_age is between 0 and a hundred years, in seconds.")

    return value


def _flag(options: Mapping[str, object], name: str) -> bool:
    value = options.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is True or False.")

    return value
