"""The panel of what browsers have stopped, and of what another policy would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..headers import what_if
from .panel import Panel

if TYPE_CHECKING:
    from ..headers.ledger import Ledger
    from .panel import Asked

ID = "violations"


def state(asked: Asked) -> Mapping[str, object]:
    """What was reported; or what the policy in the query would have done with it."""
    ledger = asked.run.ledger
    policy = asked.args.get("policy")
    if policy is not None:
        return _tried(ledger, policy)

    return {
        "registered": "tlsdev" in asked.run.app.extensions,
        "entries": ledger.entries(),
        "totals": asdict(ledger.totals),
    }


def _tried(ledger: Ledger, text: str) -> Mapping[str, object]:
    try:
        policy = what_if.read(text)
    except ValueError as error:
        return {"error": str(error), "doubts": [], "verdicts": {}}

    verdicts = {
        number: policy.judge(report) for number, report in ledger.reports().items()
    }
    return {
        "error": None,
        "doubts": list(policy.doubts),
        "verdicts": {
            number: asdict(verdict)
            for number, verdict in verdicts.items()
            if verdict is not None
        },
    }


PANEL = Panel(
    ID,
    "What browsers have stopped",
    "Violations of the policies as browsers report them. Anybody can send a report:"
    " allow what you know to be yours.",
    state,
)
