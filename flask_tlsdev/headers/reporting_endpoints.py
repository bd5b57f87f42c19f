"""Reporting-Endpoints: where browsers send what the other headers say to report."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..printable import quoted
from ._reported import group_name
from .base import GLOBALS
from .base import Header
from .base import is_off
from .base import not_possible

NAME = "Reporting-Endpoints"

_ENTRY = r' *([^=", ]+)="([^"]*)" *'

#: A secure URL, or a path of the app's own.
_URL = r"(?i)(?:https://[!-~]+|/(?!/)[!-~]*)"


def make(value: object) -> tuple[Header, ...]:
    """The header for a mapping of names to URLs, or for its text."""
    endpoints = _endpoints(value)
    text = ", ".join(f'{name}="{url}"' for name, url in endpoints.items())
    return (Header(NAME, text, GLOBALS),) if endpoints else ()


def merge(base: object, change: object) -> dict[str, object]:
    """The endpoints of one value with those of another; ``None`` takes one away."""
    old = {} if is_off(base) else _endpoints(base)
    new = change.items() if isinstance(change, Mapping) else ()
    return {**old, **{str(name): url for name, url in new}}


def names_in(text: str) -> frozenset[str]:
    """The endpoints that a header's text has; none in an empty one."""
    return frozenset(_endpoints(text)) if text else frozenset()


def _endpoints(value: object) -> dict[str, str]:
    if isinstance(value, str):
        entries = [re.fullmatch(_ENTRY, entry) for entry in value.split(",")]
        if None in entries:
            raise ValueError('it reads like csp="https://example.com/reports".')
        value = {entry[1]: entry[2] for entry in entries if entry}

    if not isinstance(value, Mapping):
        raise ValueError(not_possible(value))

    return {
        group_name(name): _url(url) for name, url in value.items() if url is not None
    }


def _url(value: object) -> str:
    if (
        isinstance(value, str)
        and re.fullmatch(_URL, value)
        and not set('"\\') & set(value)
    ):
        return value

    raise ValueError(
        f"{quoted(value)} is neither an https URL nor a path such as '/reports':"
        " browsers report to nothing else."
    )
