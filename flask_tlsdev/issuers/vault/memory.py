"""How was a pair obtained, so that it can be renewed where no app is?

No secret is remembered, nor where one lies: the environment has that.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from .. import _memory
from .options import AUTHS
from .options import check_address
from .options import check_path
from .options import Options

FOLDER = ".vault"

_PATHS = ("namespace", "mount", "role", "auth_mount", "auth_role")


def remember(store: Path, options: Options) -> None:
    """Keep what it takes to ask the same server again."""
    content: dict[str, Any] = {
        "address": options.address,
        "auth": options.auth,
        "ca_file": str(options.ca_file) if options.ca_file else None,
        "address_is_own": options.address_is_own,
        "ca_is_own": options.ca_is_own,
    }
    content |= {name: getattr(options, name) for name in _PATHS}
    _memory.keep(store / FOLDER, options.issuer_id, content)


def recall(store: Path, issuer_id: str, own: Options) -> Options | None:
    """The options that this issuer had, or ``None``.

    :param own: Those of now: they have the credentials.
    """
    return _memory.find(store / FOLDER, issuer_id, partial(_options, own))


def _options(own: Options, content: dict[str, Any]) -> Options:
    if content["auth"] not in AUTHS:
        raise ValueError("auth")

    for name in _PATHS:
        if content[name] is not None:
            content[name] = check_path(content[name])

    content["address"] = check_address(content["address"])
    ca_file = content.pop("ca_file")
    content["ca_file"] = Path(ca_file) if ca_file else None
    for name in ("address_is_own", "ca_is_own"):
        if not isinstance(content[name], bool):
            raise TypeError(name)

    return replace(own, **content)
