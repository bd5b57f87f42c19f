"""How was a pair obtained, so that it can be renewed where no app is?

::

    <store>/.kubernetes/<issuer id>.json

No credentials are remembered: kubeconfigs and pods have them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ... import files
from ...errors import TLSDevError
from .options import check_context
from .options import check_group
from .options import check_kind
from .options import check_namespace
from .options import check_resource_name
from .options import check_signer
from .options import Options

FOLDER = ".kubernetes"

_VERSION = 1

#: What is remembered, and what it must be.
_TEXTS: dict[str, Callable[[str], str]] = {
    "issuer": check_resource_name,
    "kind": check_kind,
    "group": check_group,
    "signer": check_signer,
    "namespace": check_namespace,
    "context": check_context,
}


def remember(store: Path, options: Options) -> None:
    """Keep what it takes to ask the same issuer again."""
    content: dict[str, Any] = {
        "version": _VERSION,
        "seconds": options.seconds,
        "context_is_own": options.context_is_own,
        "kubeconfigs": [str(each) for each in options.kubeconfigs],
    }
    content |= {name: getattr(options, name) for name in _TEXTS}
    path = _path(store, options.issuer_id)
    data = json.dumps(content, indent=2).encode() + b"\n"
    if not path.exists() or files.read(path) != data:
        files.make_data_folder(store.absolute())
        files.make_private_folder(path.parent)
        files.write(path, data)


def recall(store: Path, issuer_id: str, own: Options) -> Options | None:
    """The options that this issuer had, or ``None``.

    :param own: Those of now: they know the pod and the user's environment.
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
    if content.pop("version") != _VERSION:
        raise ValueError("not ours")

    for name, check in _TEXTS.items():
        if content[name] is not None:
            content[name] = check(content[name])

    content["seconds"] = float(content["seconds"])
    content["kubeconfigs"] = tuple(map(Path, content.pop("kubeconfigs")))
    if not isinstance(content["context_is_own"], bool):
        raise TypeError("context_is_own")

    return replace(own, **content)
