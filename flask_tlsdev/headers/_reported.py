"""A policy in one word, and who is told of what breaks it."""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Mapping

from ..printable import quoted
from .base import choose
from .base import unknown

_OPTIONS = ("policy", "report_to")

#: An endpoint's name, as ``Reporting-Endpoints`` has it.
GROUP = r"[a-z*][a-z0-9_.*-]*"

_TEXT = r"([^;]+); *report-to=\"([^\"]*)\""


def reported(value: object, policies: Collection[str], default: str) -> str:
    """The text for a policy, or for a mapping of ``policy`` and ``report_to``."""
    if isinstance(value, str) and (found := re.fullmatch(_TEXT, value.strip())):
        value = {"policy": found[1], "report_to": found[2]}

    if not isinstance(value, Mapping):
        return choose(value, policies, default)

    options = {
        str(name).lower().replace("-", "_"): each for name, each in value.items()
    }
    for name in options:
        if name not in _OPTIONS:
            raise ValueError(unknown(name, _OPTIONS))

    text = choose(options.get("policy", True), policies, default)
    group = options.get("report_to")
    return text if group is None else f'{text}; report-to="{group_name(group)}"'


def group_name(value: object) -> str:
    """An endpoint's name.

    :raises ValueError: It cannot be one.
    """
    if isinstance(value, str) and re.fullmatch(GROUP, value):
        return value

    raise ValueError(
        f"{quoted(value)} is no endpoint's name, such as 'csp': lower-case letters,"
        " digits, '-' and '_'."
    )
