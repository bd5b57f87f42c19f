"""How was a pair obtained, so that it can be renewed where no app is?

No credentials are remembered: kubeconfigs and pods have them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from .. import _memory
from .options import check_context
from .options import check_group
from .options import check_kind
from .options import check_namespace
from .options import check_resource_name
from .options import check_signer
from .options import Options

FOLDER = ".kubernetes"

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
        "seconds": options.seconds,
        "context_is_own": options.context_is_own,
        "kubeconfigs": [str(each) for each in options.kubeconfigs],
    }
    content |= {name: getattr(options, name) for name in _TEXTS}
    _memory.keep(store / FOLDER, options.issuer_id, content)


def recall(store: Path, issuer_id: str, own: Options) -> Options | None:
    """The options that this issuer had, or ``None``.

    :param own: Those of now: they know the pod and the user's environment.
    """
    return _memory.find(store / FOLDER, issuer_id, partial(_options, own))


def _options(own: Options, content: dict[str, Any]) -> Options:
    for name, check in _TEXTS.items():
        if content[name] is not None:
            content[name] = check(content[name])

    content["seconds"] = float(content["seconds"])
    content["kubeconfigs"] = tuple(map(Path, content.pop("kubeconfigs")))
    if not isinstance(content["context_is_own"], bool):
        raise TypeError("context_is_own")

    return replace(own, **content)
