"""Which headers have what breaks them reported, and where?"""

from __future__ import annotations

from collections.abc import Mapping

from . import reporting_endpoints
from ._csp_directives import names_in
from .base import lenient
from .recipe import HeaderProblem
from .recipe import Recipe

ORIGIN = "TLSDEV_REPORTS"

#: The endpoint's name, in the headers that can name one.
GROUP = "tlsdev"

#: Where browsers send what is broken of a header that names none, such as
#: Permissions-Policy.
DEFAULT_GROUP = "default"

_CSP = ("CSP", "CSP_REPORT_ONLY")
_WITH_GROUP = ("COOP", "COOP_REPORT_ONLY", "COEP", "COEP_REPORT_ONLY")
_INTEGRITY = ("INTEGRITY_POLICY", "INTEGRITY_POLICY_REPORT_ONLY")

#: A header that names an endpoint keeps it.
_REPORTS = {"report-to", "report-uri"}


def reporting(recipe: Recipe, path: str, *, at_once: bool = False) -> Recipe:
    """The recipe with all that breaks its headers reported to a path.

    A header that says where it is reported, an endpoint that has its name
    already, and a header that is off stay as they are.

    :param at_once: A CSP names the path in the older way alone. Chromium sends
        such a report at once, and also to a certificate that it does not trust;
        others it collects for a minute, and sends to a trusted one only.
    """
    changes: dict[str, object] = {}
    for key, text in _texts(recipe).items():
        change = _change(key, text, path, at_once)
        if change is not None:
            changes[key] = change

    entry = recipe.entries.get("REPORTING_ENDPOINTS")
    there = entry.headers[0].text if entry and entry.headers else ""
    changes["REPORTING_ENDPOINTS"] = {
        name: path
        for name in (GROUP, DEFAULT_GROUP)
        if name not in reporting_endpoints.names_in(there)
    }
    return recipe.changed(changes, ORIGIN, _told)


def _texts(recipe: Recipe) -> Mapping[str, str]:
    return {
        key: entry.headers[0].text
        for key, entry in recipe.entries.items()
        if entry.headers
    }


def _change(key: str, text: str, path: str, at_once: bool) -> object:
    """What makes a header report; ``None``: nothing, or it does already."""
    if key in _CSP:
        with lenient():
            said = names_in(text)

        # Beside another's report-uri, our report-to would silence it.
        both = {"report-uri": path, **({} if at_once else {"report-to": GROUP})}
        return both if _REPORTS.isdisjoint(said) else None

    if key in _WITH_GROUP and "report-to=" not in text:
        return {"policy": text, "report_to": GROUP}

    if key in _INTEGRITY and "endpoints=" not in text:
        return f"{text}, endpoints=({GROUP})"

    return None


def _told(problem: HeaderProblem) -> None:
    """Say nothing: who set the header has been told what is wrong with it."""
