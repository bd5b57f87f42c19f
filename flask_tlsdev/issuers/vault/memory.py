"""How was a pair obtained, so that it can be renewed where no app is?

::

    <store>/.vault/<issuer id>.json

No secret is remembered, nor where one lies: the environment has that.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ... import files
from ...errors import TLSDevError
from .options import AUTHS
from .options import check_address
from .options import check_path
from .options import Options

FOLDER = ".vault"

_VERSION = 1
_PATHS = ("namespace", "mount", "role", "auth_mount", "auth_role")


def remember(store: Path, options: Options) -> None:
    """Keep what it takes to ask the same server again."""
    content: dict[str, Any] = {
        "version": _VERSION,
        "address": options.address,
        "auth": options.auth,
        "ca_file": str(options.ca_file) if options.ca_file else None,
        "address_is_own": options.address_is_own,
        "ca_is_own": options.ca_is_own,
    }
    content |= {name: getattr(options, name) for name in _PATHS}
    path = _path(store, options.issuer_id)
    data = json.dumps(content, indent=2).encode() + b"\n"
    if not path.exists() or files.read(path) != data:
        files.make_data_folder(store.absolute())
        files.make_private_folder(path.parent)
        files.write(path, data)


def recall(store: Path, issuer_id: str, own: Options) -> Options | None:
    """The options that this issuer had, or ``None``.

    :param own: Those of now: they have the credentials.
    """
    try:
        content = json.loads(files.read(_path(store, issuer_id)))
        options = _options(content, own)
    except (
        TLSDevError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
    ):
        return None

    return options if options.issuer_id == issuer_id else None


def _path(store: Path, issuer_id: str) -> Path:
    return store.absolute() / FOLDER / f"{issuer_id}.json"


def _options(content: dict[str, Any], own: Options) -> Options:
    if content.pop("version") != _VERSION or content["auth"] not in AUTHS:
        raise ValueError("not ours")

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
