"""What do the trust stores say, as findings?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from ..printable import printable
from ..trust.changes import Outcome
from .finding import Finding

_INSTALL = "Type: flask tls trust install"


def check_stores(outcomes: Sequence[Outcome], *, has_ca: bool) -> Iterator[Finding]:
    """One finding for each store that is here.

    An administrator's may lack the root: it is put there only by name.
    """
    here = [each for each in outcomes if each.state != "absent"]
    if not has_ca:
        # There is no root to be trusted, but there may be old ones.
        here = [each for each in here if each.others or each.state == "failed"]
    elif not here:
        yield Finding("trust", "ok", "There is no trust store here.")

    for each in here:
        yield _finding(each)


def _finding(outcome: Outcome) -> Finding:
    where = f"{outcome.name} ({printable(outcome.path, 1024)})"
    install = f"{_INSTALL} --store {outcome.name}" if outcome.needs_root else _INSTALL

    if outcome.state == "failed":
        hint = outcome.install_hint
        fix = f"{hint}, then: flask tls trust install" if hint else install
        return Finding("trust", "failed", f"{where}: {outcome.detail}", fix)

    if outcome.others:
        old = ", ".join(outcome.others)
        text = f"{where} trusts the root of another CA of yours: {old}."
        fix = install if outcome.state == "trusted" else _for_old(outcome, install)
        status = "warning" if outcome.state == "trusted" else "failed"
        return Finding("trust", status, text, fix)  # type: ignore[arg-type]

    if outcome.state == "trusted":
        return Finding("trust", "ok", f"{where} trusts the CA.")

    status = "warning" if outcome.needs_root else "failed"
    return Finding(
        "trust",
        status,  # type: ignore[arg-type]
        f"{where} does not trust the CA.",
        install,
    )


def _for_old(outcome: Outcome, install: str) -> str:
    uninstall = install.replace(" install", " uninstall")
    return f"{install}, or without a CA: {uninstall.removeprefix('Type: ')}"
