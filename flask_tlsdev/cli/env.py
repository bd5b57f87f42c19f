"""``flask tls env``: how do Python, Node, curl, git and Go trust the local CA?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn
from typing import TYPE_CHECKING

import click

from ..errors import TrustError
from ..printable import quoted
from . import bundling
from . import options
from . import trusting
from .group import usage_error
from .settings import machine_settings

if TYPE_CHECKING:
    from ..trust.runtimes import Bundles

_HOW_TO = {
    "bash": 'eval "$(flask tls env --shell bash)"',
    "fish": "flask tls env --shell fish | source",
    "powershell": "flask tls env --shell powershell | Out-String | Invoke-Expression",
    "dotenv": "flask tls env --shell dotenv > tlsdev.env",
}


@click.command("env", context_settings={"ignore_unknown_options": True})
@click.option(
    "--shell",
    type=click.Choice(tuple(_HOW_TO)),
    help="Print the variables for this shell. By default for yours.",
)
@options.as_json
@click.argument("command", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def env(
    ctx: click.Context, shell: str | None, as_json: bool, command: Sequence[str]
) -> None:
    """Let Python, Node, curl, git and Go trust the local CA.

    Prints the variables that do so, or runs COMMAND with them. They name a
    bundle of the public roots and the CA's own, which is kept up to date.
    """
    from ..config import user_environment

    if command and (shell or as_json):
        usage_error("Print the variables, or run a command.")

    environ = user_environment(os.environ)
    made = _make(ctx, environ)
    if command:
        _run(command, {**environ, **made.variables})
    elif as_json:
        options.echo_json(made.variables)
    else:
        _print(shell or _shell_of(environ), made)


def _make(ctx: click.Context, environ: dict[str, str]) -> Bundles:
    from ..issuers.local_ca import LocalCA

    root = trusting.root_of(LocalCA.open(machine_settings(ctx).ca_path))
    found = bundling.bundles(environ)
    found.make(root, environ)
    return found


def _print(shell: str, made: Bundles) -> None:
    from ..trust import shells

    click.echo(shells.lines(shell, made.variables), nl=False)
    if sys.stdout.isatty():
        click.echo(f"# To use it, type: {_HOW_TO[shell]}", err=True)


def _shell_of(environ: dict[str, str]) -> str:
    if sys.platform == "win32":
        return "powershell"

    return "fish" if os.path.basename(environ.get("SHELL", "")) == "fish" else "bash"


def _run(command: Sequence[str], environ: dict[str, str]) -> NoReturn:
    """Become the command; on Windows, end as it ends."""
    path = shutil.which(command[0], path=environ.get("PATH"))
    if path is None:
        raise TrustError(f"There is no program {quoted(command[0])} to run.")

    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":
        done = subprocess.run([path, *command[1:]], env=environ, check=False)
        sys.exit(done.returncode)

    try:
        os.execve(path, list(command), environ)  # noqa: S606 - that is the point
    except OSError as error:
        raise TrustError(
            f"The program {quoted(path)} cannot be run: {error.strerror}."
        ) from error
