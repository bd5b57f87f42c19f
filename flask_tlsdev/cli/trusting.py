"""How trust is changed and reported, for all commands that do so."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

import click

from ..errors import TrustError
from . import group
from .options import echo_json

if TYPE_CHECKING:
    from ..issuers.local_ca import LocalCA
    from ..programs import Runner
    from ..trust.base import Root
    from ..trust.changes import Outcome
    from ..trust.managed import ManagedStore

    Action = Callable[[ManagedStore], Outcome]


@dataclass(frozen=True)
class Stores:
    """The stores of this machine, and which of them a command may change."""

    environ: dict[str, str]
    runner: Runner
    #: What ``--store`` named; empty for all that need no administrator.
    named: tuple[str, ...] = ()

    @classmethod
    def find(cls, named: Sequence[str] = ()) -> Stores:
        """By the user's own environment, and never through ``sudo``."""
        from ..config import user_environment
        from ..programs import Programs
        from ..trust import hosts

        environ = user_environment(os.environ)
        if hosts.through_sudo(environ):
            raise TrustError(
                "This was started through sudo, so that the files of your browsers"
                " could become root's.",
                hint="Type it without sudo; for the system's store add --store"
                " system, which calls sudo for that one command.",
            )

        runner = Programs(environ, interactive=group.is_interactive())
        return cls(environ, runner, tuple(named))

    def all(self) -> tuple[ManagedStore, ...]:
        from ..trust import machine

        return machine.stores(self.environ, self.runner)

    def is_chosen(self, store: ManagedStore) -> bool:
        """Whether this store is to be changed."""
        return store.name in self.named if self.named else not store.needs_root

    def each(self, action: Action) -> tuple[Outcome, ...]:
        """What the action says of each store.

        Those in another user's home are left to a child that has become him.
        """
        from ..trust import owner

        found = owner.home_owner(self.environ)
        if found is None:
            return tuple(map(action, self.all()))

        def in_their_home() -> list[Outcome]:
            from ..programs import Programs

            runner = Programs(found.environ, interactive=False)
            own = Stores(found.environ, runner, self.named)
            return [action(store) for store in own.all() if not store.needs_root]

        outcomes = owner.as_owner(found, in_their_home)
        # Not even looked at as root: his files may be links.
        machine = Stores({**self.environ, "HOME": os.devnull}, self.runner, self.named)
        of_root = [store for store in machine.all() if store.needs_root]
        return (*outcomes, *map(action, of_root))


def root_of(active: LocalCA) -> Root:
    """The root of a CA, after it was held against our profile."""
    return _read(active.root_pem(), str(active.root_path))


def retired_roots(active: LocalCA) -> tuple[Root, ...]:
    """The roots of earlier CAs. What cannot be read is none."""
    from .. import files
    from ..trust.root import our_roots_in_pem

    return tuple(
        root
        for path in active.retired_roots()
        for root in our_roots_in_pem(files.read(path), str(path))
    )


def _read(pem: bytes, file: str) -> Root:
    from ..trust.root import our_roots_in_pem

    (root,) = our_roots_in_pem(pem, file)
    return root


def fingerprint(root: Root) -> str:
    """SHA-256, as browsers and phones show it."""
    import hashlib

    return hashlib.sha256(root.der).digest().hex(":").upper()


def show(outcomes: Sequence[Outcome]) -> None:
    """A line for each store."""
    from ..printable import printable

    for each in outcomes:
        line = f"{each.name:<9} {each.state:<12} {printable(each.path, 1024)}"
        if each.others and each.state == "trusted":
            line += f" (and another root of ours: {', '.join(each.others)})"
        elif each.others:
            line += f" ({', '.join(each.others)})"
        if each.changed:
            line += " - changed"
        click.echo(line)
        if each.detail:
            click.echo(f"{'':<9} {printable(each.detail, 1000)}")


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "store": outcome.name,
        "path": outcome.path,
        "state": outcome.state,
        "detail": outcome.detail,
        "other_roots": list(outcome.others),
        "changed": outcome.changed,
        "needs_root": outcome.needs_root,
    }


def report(outcomes: Sequence[Outcome], root: Root | None, *, as_json: bool) -> None:
    from ..trust import changes

    if as_json:
        echo_json(
            {
                "root_sha256": fingerprint(root) if root else None,
                "summary": changes.summary(outcomes),
                "stores": [_as_dict(each) for each in outcomes],
            }
        )
        return

    show(outcomes)


def sum_of_trust(outcomes: Sequence[Outcome]) -> str:
    """One line: full, partial or none, and what to type."""
    from ..trust import changes

    word = changes.summary(outcomes)
    if word == "full":
        return "Full: every trust store here trusts the local CA."

    here = [each for each in outcomes if each.state != "absent"]
    if not here:
        return "None: there is no trust store here."

    others = [each for each in here if each.state != "trusted"]
    begin = (
        "None: no trust store here trusts the local CA."
        if word == "none"
        else f"Partial: not trusted by {_listed(others)}."
    )
    return f"{begin} {_next(others, 'install')}"


def sum_of_removal(outcomes: Sequence[Outcome]) -> str:
    """One line: what is left of our roots, and what to type."""
    left = [each for each in outcomes if each.state in ("another root", "failed")]
    if not left:
        return "None: no trust store here holds a root of a local CA."

    return f"Partial: left in {_listed(left)}. {_next(left, 'uninstall')}"


def _listed(outcomes: Sequence[Outcome]) -> str:
    from ..trust.machine import CLIENTS

    names = dict.fromkeys(each.name for each in outcomes)
    return ", ".join(f"{name} ({CLIENTS[name]})" for name in names)


def _next(outcomes: Sequence[Outcome], verb: str) -> str:
    hints = list(dict.fromkeys(each.install_hint for each in outcomes))
    if hints and hints != [""]:
        return f"{' '.join(filter(None, hints))}, then: flask tls trust {verb}"

    names = dict.fromkeys(each.name for each in outcomes if each.needs_root)
    chosen = "".join(f" --store {name}" for name in names)
    own = any(not each.needs_root and each.state != "failed" for each in outcomes)
    if own:
        chosen = ""
    elif not chosen:
        return "The lines above say why."

    return f"Type: flask tls trust {verb}{chosen}"


def note_container(environ: dict[str, str]) -> None:
    """Say that the browser is somewhere else, where it is."""
    from ..trust import hosts

    kind = hosts.container(environ)
    if kind:
        click.echo(
            f"This is {kind}: the browser that you look at runs on the host, where"
            " nothing was changed. Give it the root. Here, type: flask tls ca export"
            " --out tlsdev-root.crt, and on the host add that file as an authority"
            " for websites, as the documentation shows.",
            err=True,
        )
