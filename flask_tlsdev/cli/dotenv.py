"""What may a dotenv file say to our commands? It comes with the repository."""

from __future__ import annotations

import os
import sys

import click
from click.core import ParameterSource

#: How click calls the variables that stand for options of ``flask tls``.
_OPTIONS = "FLASK_TLS_"


def note_env_file(ctx: click.Context) -> None:
    """Let the rest of the package know the file of ``flask --env-file``.

    Whoever types the option wants the app to have its variables. That a file
    out of the repository also moves his CA is not what he typed.
    """
    if file := _env_file(ctx.find_root()):
        # What Flask reads the option from otherwise, and our configuration too.
        os.environ["FLASK_ENV_FILE"] = file


def _env_file(root: click.Context) -> str | None:
    # Flask does not keep the option's value in the context.
    if root.get_parameter_source("env_file") is not ParameterSource.COMMANDLINE:
        return None

    try:
        options, _, _ = root.command.make_parser(root).parse_args(sys.argv[1:])
    except click.UsageError:
        return None

    file = options.get("env_file")
    return file if isinstance(file, str) else None


def forget_options() -> None:
    """Take away the options that dotenv files have set.

    For commands that act on the machine: there each option is the user's own.
    """
    from ..config import user_environment

    own = user_environment(os.environ)
    for name in list(os.environ):
        if name.startswith(_OPTIONS) and name not in own:
            del os.environ[name]
