"""What do browsers know by name? ``tools/browser_compat.py`` makes the table."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parents[1] / "data" / "browser_compat.json"


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """MDN's table, with its ``source`` and ``date``."""
    found: dict[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def permissions() -> frozenset[str]:
    """The features that a ``Permissions-Policy`` can name."""
    elsewhere = table()["permissions_elsewhere"]["features"]
    return frozenset((*table()["permissions"], *elsewhere)) - retired_permissions()


@lru_cache(maxsize=1)
def retired_permissions() -> frozenset[str]:
    """Features that browsers are giving up."""
    return _deprecated("permissions") | {"interest-cohort"}


@lru_cache(maxsize=1)
def site_data() -> tuple[str, ...]:
    """The kinds of data that ``Clear-Site-Data`` can name."""
    return tuple(table()["clear_site_data"])


def _deprecated(header: str) -> frozenset[str]:
    entries = table()[header].items()
    return frozenset(name for name, entry in entries if entry.get("deprecated"))
