"""The panel of what each route sends, why, and what would be better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from typing import TYPE_CHECKING

from ..web.audit import audit
from .panel import Panel

if TYPE_CHECKING:
    from ..headers import HeaderProblem
    from ..web.audit import Route
    from .panel import Asked


def state(asked: Asked) -> Mapping[str, object]:
    """What ``flask tls headers`` says, routes that send the same together."""
    run = asked.run
    if "tlsdev" not in run.app.extensions:
        return {"registered": False}

    problems: list[HeaderProblem] = []
    found = audit(run.app, run.settings(), problems)
    said = found.as_dict()
    return {
        "registered": True,
        "groups": [_group(routes) for routes in found.groups],
        "problems": said["problems"],
        "findings": said["findings"],
    }


def _group(routes: list[Route]) -> Mapping[str, Any]:
    """What one of the routes sends, and the routes that send it."""
    one = routes[0].as_dict()
    return {
        "routes": [
            {
                "path": each.path,
                "methods": list(each.methods),
                "endpoint": each.endpoint,
            }
            for each in routes
        ],
        **{name: one[name] for name in ("grade", "score", "improvements", "headers")},
    }


PANEL = Panel(
    "headers",
    "Headers, route by route",
    "What goes out in production, which key or override says so, and what would gain"
    " points. No view is run: what a view sets itself is not seen, and wins.",
    state,
)
