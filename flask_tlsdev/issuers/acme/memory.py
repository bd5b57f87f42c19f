"""How was a pair obtained, so that it can be renewed where no app is?

Neither secrets nor programs are remembered: a hook has to be named again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import _memory
from .account import FOLDER
from .options import CHALLENGES
from .options import is_https
from .options import Options

_TEXTS = ("email", "eab_kid", "dns_server", "preferred_chain", "profile")
_PORTS = ("http_port", "tls_port")


def remember(store: Path, options: Options) -> None:
    """Keep what it takes to ask the same server again."""
    content: dict[str, Any] = {
        "directory": options.directory,
        "challenge": options.challenge,
        "ca_file": str(options.ca_file) if options.ca_file else None,
    }
    content |= {name: getattr(options, name) for name in (*_TEXTS, *_PORTS)}
    _memory.keep(store / FOLDER, options.issuer_id, content)


def recall(store: Path, issuer_id: str) -> Options | None:
    """The options that this issuer had, or ``None``."""
    return _memory.find(store / FOLDER, issuer_id, _options)


def _options(content: dict[str, Any]) -> Options:
    if content["challenge"] not in CHALLENGES:
        raise ValueError("challenge")

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
