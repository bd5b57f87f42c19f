"""What becomes of a root in each store, one by one: looked up, put in, taken out.

A store that fails never stops the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import TrustError
from ..errors import TrustStoreMissing
from .base import Root
from .managed import Command
from .managed import ManagedStore

#: ``another root``: one of ours, but not the one that was asked about.
OutcomeState = Literal["trusted", "not trusted", "another root", "absent", "failed"]
Summary = Literal["full", "partial", "none"]


@dataclass(frozen=True)
class Outcome:
    """What a store makes of a root, after the change if there was one."""

    name: str
    path: str
    state: OutcomeState
    #: The reason, in the store's own words where it failed; printable.
    detail: str = ""
    #: The ids of the local CAs whose roots it holds besides.
    others: tuple[str, ...] = ()
    changed: bool = False
    #: Whether only root can change it.
    needs_root: bool = False
    #: What to type to get a missing program.
    install_hint: str = ""


def look(store: ManagedStore, root: Root | None) -> Outcome:
    """What the store makes of the root, and which others of ours it holds.

    :param root: ``None`` where there is no CA now.
    """
    try:
        return _look(store, root)
    except TrustError as error:
        return _failed(store, error)


def _look(store: ManagedStore, root: Root | None, changed: bool = False) -> Outcome:
    if not store.available():
        return Outcome(store.name, store.path, "absent")

    ours = store.ours()
    others = tuple(each.ca_id for each in ours if each != root)
    found = None if root is None else store.state(root)

    if found is not None and found.state == "unreadable":
        raise TrustError(f"It cannot be read: {found.detail}.")

    state: OutcomeState = "another root" if others else "not trusted"
    if found is not None and found.state in ("trusted", "absent"):
        state = found.state

    detail = found.detail if found is not None and not others else ""
    return Outcome(
        store.name, store.path, state, detail, others, changed, store.needs_root
    )


def _failed(store: ManagedStore, error: TrustError) -> Outcome:
    hint = error.install_hint if isinstance(error, TrustStoreMissing) else ""
    return Outcome(
        store.name,
        store.path,
        "failed",
        str(error),
        needs_root=store.needs_root,
        install_hint=hint,
    )


def install(store: ManagedStore, root: Root, retired: Iterable[Root] = ()) -> Outcome:
    """Make the store trust the root; then take out those that it follows.

    :param retired: The roots of earlier CAs.
    """
    try:
        before = _look(store, root)
        if before.state == "absent":
            return before

        put_in = before.state != "trusted" and _put_in(store, root)
        old = [each for each in store.ours() if each in tuple(retired)]
        if old:
            _take_out(store, old)

        return _look(store, root, changed=put_in or bool(old))
    except TrustError as error:
        return _failed(store, error)


def _put_in(store: ManagedStore, root: Root) -> bool:
    was_there = root in store.ours()

    try:
        for step in store.install_steps(root):
            step.run(store.runner)
        if store.state(root).state != "trusted":
            raise TrustError(_unmoved(store, root))
    except TrustError:
        # Half is worse than nothing: some tools add first and trust afterwards.
        if not was_there and root in store.ours():
            _take_out(store, [root])
        raise

    return True


def _unmoved(store: ManagedStore, root: Root) -> str:
    found = store.state(root)
    reason = f" ({found.detail})" if found.detail else ""
    return f"Every command ended well, but the root is not trusted there{reason}."


def remove(store: ManagedStore) -> Outcome:
    """Take every root of a local CA out of the store."""
    try:
        if not store.available():
            return Outcome(store.name, store.path, "absent")

        if found := store.ours():
            _take_out(store, found)

        return _look(store, None, changed=bool(found))
    except TrustError as error:
        return _failed(store, error)


def _take_out(store: ManagedStore, roots: Sequence[Root]) -> None:
    for step in store.remove_steps(roots):
        step.run(store.runner)
    store.sweep(roots)

    left = [each.listed_as for each in store.ours() if each in roots]
    if left:
        raise TrustError(
            f"Every command ended well, but {', '.join(left)} is still there."
        )


def install_commands(
    store: ManagedStore, root: Root, retired: Iterable[Root] = ()
) -> tuple[Command, ...]:
    """What :func:`install` would run now."""
    before = _look(store, root)
    if before.state == "absent":
        return ()

    steps = () if before.state == "trusted" else tuple(store.install_steps(root))
    old = [each for each in store.ours() if each in tuple(retired)]
    return (*steps, *(store.remove_steps(old) if old else ()))


def remove_commands(store: ManagedStore) -> tuple[Command, ...]:
    """What :func:`remove` would run now."""
    found = store.ours() if store.available() else ()
    return tuple(store.remove_steps(found)) if found else ()


def summary(outcomes: Iterable[Outcome]) -> Summary:
    """All of that in one word: ``full`` is trusted by every store that is here."""
    here = [each.state for each in outcomes if each.state != "absent"]

    if "trusted" not in here:
        return "none"

    return "full" if set(here) == {"trusted"} else "partial"
