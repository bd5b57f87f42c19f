"""The panel of the trust stores: who believes the certificate, and what to type."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import files
from ..config import user_environment
from ..config.folders import Folders
from ..errors import TLSDevError
from ..printable import printable
from ..programs import Programs
from ..trust import changes
from ..trust import hosts
from ..trust import machine
from ..trust import owner
from ..trust.root import our_roots_in_pem
from .panel import Panel
from .paths import short
from .paths import typed

if TYPE_CHECKING:
    from ..trust.base import Root
    from ..trust.changes import Outcome
    from .panel import Asked
    from .panel import Run


def state(asked: Asked) -> Mapping[str, object]:
    """What ``flask tls trust status`` says, with the commands for what is missing."""
    root = _root(asked.run)
    if root is None:
        return {
            "root": None,
            "note": "The certificate is self-signed: there is no CA that could be"
            " trusted. The local CA is one, and signs development names only.",
            "command": "flask tls run --issuer local-ca",
        }

    outcomes = _look(root)
    return {
        "root": root.listed_as,
        "note": "" if outcomes is not None else _ELSEWHERE,
        "stores": [_row(each, asked.run) for each in outcomes or ()],
        "install": _flask_tls(asked.run, "trust install"),
        "status": _flask_tls(asked.run, "trust status"),
        "env": _flask_tls(asked.run, "env"),
    }


_ELSEWHERE = (
    "The server runs as root in another user's home, so it does not look at his"
    " browsers' stores. The command below does."
)


def _root(run: Run) -> Root | None:
    """The root of the local CA that the served pair is from."""
    cafile = run.context.files.cafile
    if cafile is None:
        return None

    try:
        found = our_roots_in_pem(files.read(cafile), str(cafile))
    except TLSDevError:
        return None

    return found[0] if found else None


def _look(root: Root) -> tuple[Outcome, ...] | None:
    """What each store makes of it; ``None`` where it is not ours to look."""
    environ = user_environment(os.environ)
    if hosts.through_sudo(environ) or owner.home_owner(environ) is not None:
        return None

    # Nobody is at the terminal to answer a question.
    stores = machine.stores(environ, Programs(environ, interactive=False))
    return tuple(changes.look(store, root) for store in stores)


def _row(outcome: Outcome, run: Run) -> dict[str, object]:
    return {
        "name": outcome.name,
        "clients": machine.CLIENTS.get(outcome.name, outcome.name),
        "path": short(outcome.path),
        "state": outcome.state,
        "detail": printable(outcome.detail, 1000),
        "others": list(outcome.others),
        "hint": outcome.install_hint,
        "command": _command(outcome, run),
    }


def _command(outcome: Outcome, run: Run) -> str | None:
    if outcome.install_hint or outcome.state in ("trusted", "absent"):
        return None

    return _flask_tls(run, f"trust install --store {outcome.name}")


def _flask_tls(run: Run, command: str) -> str:
    """The command for this run's CA, wherever that is."""
    try:
        path = run.settings().ca_path
    except TLSDevError:
        return f"flask tls {command}"

    if path == _default_ca_path():
        return f"flask tls {command}"

    return f"flask tls --ca-path {typed(path)} {command}"


def _default_ca_path() -> object:
    try:
        return Folders.find(user_environment(os.environ)).ca
    except TLSDevError:
        return None


PANEL = Panel(
    "trust",
    "Who trusts it",
    "The trust stores of this machine, and what to type where the root is missing.",
    state,
)
