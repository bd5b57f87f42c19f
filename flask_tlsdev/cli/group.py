"""The group of all commands: how an error is said, and where our files lie."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EPIPE
from importlib import import_module
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import NoReturn

import click

from ..errors import TLSDevError
from ..printable import printable
from ..printable import printable_lines
from . import dotenv
from .variables import name_variables
from .variables import variable

#: The commands that run the project's own code. What that raises is the
#: project's to see whole, so only our own errors are made into a sentence.
PROJECT_COMMANDS = frozenset({"run", "issue", "renew", "manifest"})

#: The exit codes beside click's 0, 1 and 2.
FOUND_WANTING, USER_SAID_NO = 3, 5


class Failure(click.ClickException):
    """An error as one paragraph on stderr, exit code 1."""

    def show(self, file: Any = None) -> None:
        click.secho(f"Error: {printable_lines(self.message)}", err=True, file=file)


class TLSGroup(click.Group):
    """Ends with a sentence where a command raised one of our errors.

    A command's module is imported when the command is asked for.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Commands that nobody has asked for: the module of each, beside this
        #: one, and what it is called there.
        self.later: dict[str, tuple[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *self.later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.later:
            module, name = self.later[cmd_name]
            command = getattr(import_module(f".{module}", __package__), name)
            name_variables(command, f"FLASK_TLS_{variable(cmd_name)}")
            self.add_command(command)
            del self.later[cmd_name]

        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        _print_what_can_be_printed()
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            # It repeats values, which may have come from a dotenv file.
            said = error.format_message()
            if printable_lines(said) == said:
                raise
            raise click.UsageError(printable_lines(said), error.ctx) from error
        except TLSDevError as error:
            raise Failure(str(error)) from error
        except OSError as error:
            # A pipe that nobody reads any more is click's to end quietly.
            if ctx.invoked_subcommand in PROJECT_COMMANDS or error.errno == EPIPE:
                raise
            raise Failure(_os_error(error)) from error


def _print_what_can_be_printed() -> None:
    """Escape what the terminal's encoding lacks: a name may be of any script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _os_error(error: OSError) -> str:
    where = f"{printable(error.filename)}: " if error.filename else ""
    return f"{where}{error.strerror or error}."


@contextmanager
def answering() -> Iterator[None]:
    """What a project command prints at its end: that is our work, too."""
    try:
        yield
    except OSError as error:
        if error.errno == EPIPE:
            raise
        raise Failure(f"The answer could not be written: {_os_error(error)}") from error


class Locations(NamedTuple):
    """The folders that were given on the command line."""

    store: Path | None = None
    ca: Path | None = None


_FOLDER = click.Path(file_okay=False, path_type=Path, resolve_path=True)


@click.group("tls", cls=TLSGroup)
@click.option(
    "--store-path",
    type=_FOLDER,
    allow_from_autoenv=False,
    help="Keep pairs in this folder instead of your data folder.",
)
@click.option(
    "--ca-path",
    type=_FOLDER,
    allow_from_autoenv=False,
    help="Keep the local CA in this folder instead of your data folder.",
)
@click.pass_context
def tls(ctx: click.Context, store_path: Path | None, ca_path: Path | None) -> None:
    """Certificates for development, and a dev server that uses them."""
    dotenv.note_env_file(ctx)
    if ctx.invoked_subcommand not in PROJECT_COMMANDS:
        dotenv.forget_options()

    ctx.meta[__name__] = Locations(store_path, ca_path)


def locations(ctx: click.Context) -> Locations:
    """The folders from the command line, for commands of the group."""
    found = ctx.meta.get(__name__)
    return found if isinstance(found, Locations) else Locations()


def is_interactive() -> bool:
    """Whether a person can be asked: both ends are a terminal."""
    return os.isatty(0) and os.isatty(1)


def confirm(question: str, *, yes: bool) -> None:
    """Go on, or end with exit code 5.

    :param question: What will be done, as a question.
    :param yes: The ``--yes`` option: do not ask.
    """
    if yes:
        return

    if not is_interactive():
        raise click.UsageError(
            "This asks before it acts, and there is no terminal to ask on."
            " Add --yes if you mean it."
        )

    if not click.confirm(question, err=True):
        click.echo("Nothing was changed.", err=True)
        raise click.exceptions.Exit(USER_SAID_NO)


def shown(path: Path) -> str:
    """A path for people, hardly ever cut. A folder's name may be a stranger's."""
    return printable(path, 1024)


def usage_error(message: str) -> NoReturn:
    """End with exit code 2 and the usage line."""
    raise click.UsageError(message)
