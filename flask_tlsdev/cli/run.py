"""``flask tls run``: Flask's own ``run``, over HTTPS that a browser can trust."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import click
from flask.cli import run_command
from flask.cli import ScriptInfo

from . import options
from . import serving
from .group import usage_error
from .settings import project_settings

if TYPE_CHECKING:
    from ..config import Settings
    from ..names import Name
    from .served import Served


def _flask_options() -> list[click.Parameter]:
    """Every option of this Flask's ``run`` but the two that we have ourselves.

    ``FLASK_TLS_RUN_PORT`` is heard first, then ``FLASK_RUN_PORT``.
    """
    taken = []
    for param in run_command.params:
        if param.name == "key" or (
            param.expose_value and param.name not in serving.UNDERSTOOD
        ):
            continue

        param = copy.copy(param)
        if param.expose_value and param.name:
            param.envvar = _variables(param.name, param)
        taken.append(param)

    return taken


def _variables(name: str, param: click.Parameter | None = None) -> list[str]:
    given = param.envvar if param is not None else None
    own = [given] if isinstance(given, str) else list(given or ())
    return [*own, f"FLASK_TLS_RUN_{name.upper()}", f"FLASK_RUN_{name.upper()}"]


class CertFile(click.Path):
    """A certificate file; ``adhoc``, from a plain ``flask run``, is no file."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        if str(value).lower() == "adhoc":
            return None

        return super().convert(value, param, ctx)


@click.pass_context
def _run(
    ctx: click.Context,
    /,
    certfile: Path | None,
    keyfile: Path | None,
    issuer: str | None,
    names: Sequence[Name],
    redirect_port: int | None,
    **flask_options: Any,
) -> None:
    """Run the development server over HTTPS.

    The pair comes from the store and is made, or made anew, when needed. Every
    option of `flask run` works here too.
    """
    if (certfile is None) != (keyfile is None):
        usage_error("--cert and --key go together: give both files or neither.")

    from .served import Served
    from .served import VARIABLE

    served = Served.from_parent(os.environ)
    if served is None:
        # Without an app there is nothing to serve, nor to make a pair for.
        ctx.ensure_object(ScriptInfo).load_app()
        settings = project_settings(ctx).with_options(issuer=issuer, add_names=names)
        served = _serve(settings, certfile, keyfile, flask_options)
        os.environ[VARIABLE] = served.to_environ()

    serving.start(ctx, served, redirect_port=redirect_port, **flask_options)


def _serve(
    settings: Settings,
    certfile: Path | None,
    keyfile: Path | None,
    flask_options: dict[str, Any],
) -> Served:
    """Find or make the pair, and say so. Runs once, before any reloader."""
    from ..provision import obtain
    from ..provision import Provided
    from ..store import PairFiles
    from .banner import show_banner
    from .served import Served

    if certfile is not None and keyfile is not None:
        provided = Provided(PairFiles(certfile, keyfile, None), None)
        names = None
    else:
        provided = obtain(settings, settings.names)
        names = settings.names

    show_banner(provided, names or (), flask_options["host"], flask_options["port"])
    return Served(
        provided.files,
        names,
        settings.minimum_version,
        settings.handshake_timeout,
        settings.head_timeout,
        settings.idle_timeout,
        settings.max_connections,
    )


run = click.Command(
    "run",
    callback=_run,
    short_help="Run the development server over HTTPS.",
    help=_run.__doc__,
    params=[
        *_flask_options(),
        click.Option(
            ["--cert", "certfile"],
            type=CertFile(
                exists=True, dir_okay=False, resolve_path=True, path_type=Path
            ),
            envvar=_variables("cert"),
            help="Serve this certificate (chain, leaf first) with --key.",
        ),
        click.Option(
            ["--key", "keyfile"],
            type=click.Path(
                exists=True, dir_okay=False, resolve_path=True, path_type=Path
            ),
            envvar=_variables("key"),
            help="The private key of --cert.",
        ),
        click.Option(
            ["--issuer"], help="Who issues the pair, instead of TLSDEV_ISSUER."
        ),
        click.Option(
            ["--name", "names"],
            multiple=True,
            type=options.NAME,
            help="Serve this name too. Repeat for more.",
        ),
        click.Option(
            ["--redirect-port"],
            type=click.IntRange(0, 65535),
            help="Send plain HTTP on this port to HTTPS.",
        ),
    ],
)
