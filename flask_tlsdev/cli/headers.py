"""``flask tls headers``: what each route sends, why, and what would be better."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from flask.cli import ScriptInfo

from . import options
from .group import FOUND_WANTING

if TYPE_CHECKING:
    from flask import Flask

    from ..web.audit import Audit
    from ..web.audit import Route


@click.command("headers")
@click.argument("path", required=False)
@click.option(
    "--check",
    is_flag=True,
    help="End with 3 where a key is wrong or a template would be stopped.",
)
@options.as_json
@click.pass_context
def headers(ctx: click.Context, path: str | None, check: bool, as_json: bool) -> None:
    """Say what each route, or the one that serves PATH, sends in production.

    Why, which key or override says so, a grade, what would improve it, and what
    in the templates the policy would stop. No view is run.
    """
    app = ctx.ensure_object(ScriptInfo).load_app()
    found = _audit(app, path)

    if as_json:
        options.echo_json(found.as_dict())
    else:
        for line in _lines(found):
            click.echo(line)

    if check and (found.problems or found.findings):
        raise click.exceptions.Exit(FOUND_WANTING)


def _audit(app: Flask, path: str | None) -> Audit:
    from ..config import Settings
    from ..errors import ConfigError
    from ..headers import HeaderProblem
    from ..web.audit import audit

    state = app.extensions.get("tlsdev")
    if state is None:
        raise ConfigError(
            "This app has not registered TLSDev, so none of our headers is sent.",
            hint="Call TLSDev(app), or init_app(app) in the app factory.",
        )

    problems: list[HeaderProblem] = []
    settings = Settings.from_mapping(
        app.config,
        environ=os.environ,
        issuers=state.own_issuers,
        on_problem=problems.append,
    )
    return audit(app, settings, problems, path)


def _lines(found: Audit) -> Iterator[str]:
    for group in found.groups:
        yield from _group_lines(group)
        yield ""

    for problem in found.problems:
        yield f"Wrong: {problem.origin}: {problem.message}"

    for finding in found.findings:
        yield f"{finding.template}:{finding.line}: {finding.text}"

    if not found.problems and not found.findings:
        yield "Nothing is wrong with the keys, and the templates keep to the policy."


def _group_lines(group: list[Route]) -> Iterator[str]:
    for route in group:
        yield f"{','.join(route.methods)} {route.path} ({route.endpoint})"

    grade = group[0].grade
    if grade is not None:
        yield f"  Grade {grade.letter} ({grade.score} points)"

    for each in group[0].explanations:
        if each.sent:
            yield f"  {each.name}: {each.text}"
            yield f"    because of {' and '.join(each.origins)}"

    for each in group[0].explanations:
        if not each.sent and each.text:
            yield f"  not {each.name}: {each.reason}"

    for text in grade.improvements if grade else ():
        yield f"  {text}"
