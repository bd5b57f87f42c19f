"""What does a mapping of options say?"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping

from ..printable import quoted
from ..spelling import did_you_mean


def named(value: object, known: Iterable[str]) -> dict[str, object]:
    """The options of a mapping, by our spelling: variables are upper case.

    ``True`` has none.

    :raises ValueError: There is no such option, or it is no mapping.
    """
    if value is True:
        return {}

    if not isinstance(value, Mapping):
        raise ValueError(f"{quoted(type(value).__name__)} is not what it can be.")

    options: dict[str, object] = {}
    for key, each in value.items():
        name = str(key).lower().replace("-", "_")
        if name not in known:
            raise ValueError(f"{quoted(key)} is not known. {did_you_mean(name, known)}")
        options[name] = each

    return options


def flag(options: Mapping[str, object], name: str, default: bool) -> bool:
    """An option that is ``True`` or ``False``."""
    value = options.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is True or False.")

    return value
