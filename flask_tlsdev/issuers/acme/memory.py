"""How was a pair obtained, so that it can be renewed where no app is?

::

    <store>/.acme/<issuer id>.json

Neither secrets nor programs are remembered: a hook has to be named again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ... import files
from ...errors import StoreError
from .account import FOLDER
from .options import CHALLENGES
from .options import is_https
from .options import Options

_VERSION = 1
_TEXTS = ("email", "eab_kid", "dns_server", "preferred_chain", "profile")
_PORTS = ("http_port", "tls_port")


def remember(store: Path, options: Options) -> None:
    """Keep what it takes to ask the same server again."""
    content: dict[str, Any] = {
        "version": _VERSION,
        "directory": options.directory,
        "challenge": options.challenge,
        "ca_file": str(options.ca_file) if options.ca_file else None,
    }
    content |= {name: getattr(options, name) for name in (*_TEXTS, *_PORTS)}
    path = _path(store, options.issuer_id)
    data = json.dumps(content, indent=2).encode() + b"\n"
    if not path.exists() or files.read(path) != data:
        files.write(path, data)


def recall(store: Path, issuer_id: str) -> Options | None:
    """The options that this issuer had, or ``None``."""
    try:
        options = _options(json.loads(files.read(_path(store, issuer_id))))
    except (StoreError, ValueError, TypeError, KeyError, RecursionError):
        return None

    return options if options.issuer_id == issuer_id else None


def _path(store: Path, issuer_id: str) -> Path:
    return store.absolute() / FOLDER / f"{issuer_id}.json"


def _options(content: dict[str, Any]) -> Options:
    if content.pop("version") != _VERSION or content["challenge"] not in CHALLENGES:
        raise ValueError("not ours")

    if not is_https(content["directory"]):
        raise ValueError("no URL")

    for name in _TEXTS:
        if not isinstance(content[name], str | None):
            raise TypeError(name)

    for name in _PORTS:
        if not isinstance(content[name], int | None):
            raise TypeError(name)

    ca_file = content.pop("ca_file")
    return Options(**content, ca_file=Path(ca_file) if ca_file else None)
