"""What will each route of an app send in production, and why?

No view is run: what a view sets itself is not seen, and would win.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from typing import Protocol
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException

from ..headers import Explanation
from ..headers import grading
from ..headers import HeaderProblem
from ..headers import Kind
from ..headers import Override
from ..headers import Recipe
from ..headers.reporting import reporting
from .layers import Overrides
from .reports import PATH
from .templates import Finding
from .templates import findings_in

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

#: Routes that send files and no pages.
_FILES = "static"


class HasHeaders(Protocol):
    """The settings that the headers come from."""

    @property
    def recipe(self) -> Recipe: ...

    @property
    def paths(self) -> Mapping[str, Override]: ...

    @property
    def reports(self) -> object | None: ...


@dataclass(frozen=True)
class Route:
    """What one route sends over HTTPS to a name that is not for development."""

    path: str
    methods: tuple[str, ...]
    endpoint: str
    kind: Kind
    explanations: tuple[Explanation, ...]
    #: What it sends over HTTPS in development.
    in_development: tuple[Explanation, ...] = ()

    @property
    def sent(self) -> dict[str, str]:
        """The headers that go out, by lower-case name."""
        return {each.name.lower(): each.text for each in self.explanations if each.sent}

    @property
    def grade(self) -> grading.Grade | None:
        """The grade of a page; a file has none."""
        return grading.grade(self.sent) if self.kind == "document" else None

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        grade = self.grade
        here = {each.name: each.text for each in self.in_development if each.sent}
        return {
            "path": self.path,
            "methods": list(self.methods),
            "endpoint": self.endpoint,
            "grade": grade.letter if grade else None,
            "score": grade.score if grade else None,
            "improvements": list(grade.improvements) if grade else [],
            "headers": [
                {
                    "name": each.name,
                    "text": each.text,
                    "key": each.key,
                    "origins": list(each.origins),
                    "sent": each.sent,
                    "reason": each.reason,
                    "development": here.get(each.name, ""),
                }
                for each in self.explanations
            ],
        }


@dataclass(frozen=True)
class Audit:
    """What was found in an app."""

    routes: tuple[Route, ...]
    #: Keys and overrides that are wrong.
    problems: tuple[HeaderProblem, ...]
    #: What the policy would stop in the app's templates.
    findings: tuple[Finding, ...]

    @property
    def groups(self) -> list[list[Route]]:
        """Routes that send the same for the same reasons, together."""
        groups: dict[tuple[Explanation, ...], list[Route]] = {}
        for route in self.routes:
            groups.setdefault(route.explanations, []).append(route)

        return list(groups.values())

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "routes": [route.as_dict() for route in self.routes],
            "problems": [
                {
                    "key": f"TLSDEV_{each.key}",
                    "origin": each.origin,
                    "text": each.message,
                }
                for each in self.problems
            ],
            "findings": [
                {"template": each.template, "line": each.line, "text": each.text}
                for each in self.findings
            ],
        }


def audit(
    app: Flask,
    settings: HasHeaders,
    problems: list[HeaderProblem],
    path: str | None = None,
) -> Audit:
    """Look at every route of the app, and at its templates.

    :param problems: What reading the settings found; more is added.
    :param path: Look at the route that serves this path only.
    """
    overrides = Overrides(
        app,
        settings.recipe,
        settings.paths,
        problems.append,
        partial(reporting, path=PATH) if settings.reports else None,
    )
    overrides.check()
    routes = tuple(_routes(app, overrides, path))
    policies = {
        route.sent.get("content-security-policy", "")
        for route in routes
        if route.kind == "document"
    }
    # A template does not say which route shows it: what some policy lets run
    # is nobody's fault.
    return Audit(routes, tuple(problems), tuple(findings_in(app, policies)))


def _routes(app: Flask, overrides: Overrides, path: str | None) -> Iterator[Route]:
    if path is not None:
        rule = _rule_for(app, path)
        yield _route(overrides, rule.endpoint if rule else None, rule, path)
        return

    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        yield _route(overrides, rule.endpoint, rule, rule.rule)


def _rule_for(app: Flask, path: str) -> Rule | None:
    adapter = app.url_map.bind("localhost")
    try:
        rule, _ = adapter.match(path, return_rule=True)
    except HTTPException:
        return None

    return rule


def _route(
    overrides: Overrides, endpoint: str | None, rule: Rule | None, path: str
) -> Route:
    methods = (rule.methods if rule else None) or {"GET"}
    shown = tuple(sorted(methods - {"HEAD", "OPTIONS"})) or ("OPTIONS",)
    is_file = endpoint is not None and endpoint.split(".")[-1] == _FILES
    kind: Kind = "other" if is_file else "document"
    policy = overrides.policy(endpoint, shown[0], path)
    return Route(
        path,
        shown,
        endpoint or "(none)",
        kind,
        policy.explain(kind, "public"),
        policy.explain(kind, "private"),
    )
