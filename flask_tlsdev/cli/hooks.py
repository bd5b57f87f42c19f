"""``flask tls hooks``: may the project's file name programs to run?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import PairNotFound
from ..printable import printable
from ..printable import quoted
from . import options
from .group import confirm

if TYPE_CHECKING:
    from ..hooks import ProjectHooks


@click.group("hooks")
def hooks() -> None:
    """The programs that a project's tlsdev-hooks.json names.

    None of them runs before you have approved the file. A change of it, or of
    a program of the project that it names, has to be approved again.
    """


@hooks.command("show")
@options.as_json
def show(as_json: bool) -> None:
    """Say what the file in this folder names, and whether it is approved."""
    from ..config.acme import approvals_folder

    found = _find()
    is_approved = found.is_approved(approvals_folder())
    if as_json:
        listed = {kind: list(hook.arguments) for kind, hook in found.hooks.items()}
        report = {"path": str(found.path), "hooks": listed, "approved": is_approved}
        options.echo_json(report)
        return

    click.echo(_as_text(found))
    click.echo("Approved." if is_approved else "Not approved.")


@hooks.command("approve")
@options.yes
def approve(yes: bool) -> None:
    """Let the file in this folder name programs, as it is now."""
    from ..config.acme import approvals_folder

    found = _find()
    confirm(f"{_as_text(found)}\nMay these programs run as you?", yes=yes)
    found.approve(approvals_folder())
    click.echo(f"Approved {printable(found.path, 1024)} as it is now.")


@hooks.command("revoke")
def revoke() -> None:
    """Take the approval back."""
    from ..config.acme import approvals_folder

    found = _find()
    found.take_back(approvals_folder())
    click.echo(f"{printable(found.path, 1024)} is not approved any more.")


def _find() -> ProjectHooks:
    from ..hooks import PROJECT_FILE
    from ..hooks import ProjectHooks

    found = ProjectHooks.read(Path.cwd())
    if found is None:
        raise PairNotFound(
            f"There is no {PROJECT_FILE} in {quoted(Path.cwd())}.",
            hint="Hooks can be named on the command line, too: --dns-hook",
        )

    return found


def _as_text(found: ProjectHooks) -> str:
    lines = [f"{printable(found.path, 1024)} names:"]
    lines += [
        f"  {kind}: {printable(hook.as_typed, 1000)}"
        for kind, hook in found.hooks.items()
    ]
    return "\n".join(lines)
