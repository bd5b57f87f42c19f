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
from flask.helpers import get_debug_flag

from . import acme
from . import issuers
from . import options
from . import passphrases
from . import serving
from .group import usage_error
from .settings import project_settings

if TYPE_CHECKING:
    from ..config import Settings
    from ..names import Name
    from ..store import PairFiles
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
    lan: bool,
    client_ca: Path | None,
    client_certificate: str | None,
    redirect_port: int | None,
    page: bool | None,
    open_app: bool,
    passphrase_file: Path | None,
    **flask_options: Any,
) -> None:
    """Run the development server over HTTPS.

    The pair comes from the store and is made, or made anew, when needed. Every
    option of `flask run` works here too.
    """
    if (certfile is None) != (keyfile is None):
        usage_error("--cert and --key go together: give both files or neither.")
    if passphrase_file is not None and keyfile is None:
        usage_error("--passphrase-file opens --key: give that, too.")

    from ..store import PairFiles
    from .served import Served
    from .served import VARIABLE

    typed = issuers.take(flask_options)
    served = Served.from_parent(os.environ)
    if served is None:
        # Without an app there is nothing to serve, nor to make a pair for.
        ctx.ensure_object(ScriptInfo).load_app()
        settings = project_settings(ctx).with_options(
            issuer=issuer,
            add_names=names,
            client_ca=client_ca,
            client_certificate=client_certificate,
            **typed,
            talk=acme.talk(),
        )
        brought = PairFiles(certfile, keyfile, None) if certfile and keyfile else None
        if keyfile is not None:
            passphrases.ask_for_server(keyfile, passphrase_file)
        asked = None if serving.is_default(ctx, "host") else flask_options["host"]
        token = _page_token(settings, brought is not None, asked or "", page)
        served = _serve(settings, brought, lan, asked, flask_options["port"])
        served = served._replace(passphrase_file=passphrase_file, page_token=token)
        os.environ[VARIABLE] = served.to_environ()

    def source() -> Settings:
        return project_settings(ctx).with_options(issuer=issuer, **typed)

    if served.extras.host:
        flask_options["host"] = served.extras.host

    serving.start(
        ctx,
        served,
        source,
        redirect_port=redirect_port,
        open_app=open_app,
        **flask_options,
    )


def _page_token(
    settings: Settings, brought: bool, host: str, asked: bool | None
) -> str | None:
    if asked is None and not settings.page and not get_debug_flag():
        return None

    from .page import token_for

    return token_for(settings, brought=brought, host=host, asked=asked)


def _serve(
    settings: Settings,
    brought: PairFiles | None,
    lan: bool,
    host: str | None,
    port: int,
) -> Served:
    """Find or make the pairs, and say so. Runs once, before any reloader.

    :param brought: The certificate that the user has.
    :param host: The address that was asked for, if one was.
    """
    from ..provision import obtain_or_keep
    from ..provision import Provided
    from . import lan as on_lan
    from .banner import show_banner
    from .expiry import announce_ca_end
    from .expiry import announce_imported_end
    from .extras import Extras
    from .served import Served

    settings.clients()
    settings, planned = on_lan.prepare(settings) if lan else (settings, None)

    if brought:
        provided = Provided(brought, None)
    else:
        provided = obtain_or_keep(settings, settings.names)
        announce_ca_end(settings, provided)
        announce_imported_end(provided)

    names = None if brought else settings.names
    lan_host = on_lan.host_for(planned) if planned and not host else None
    lan_pair = on_lan.obtain_pair(settings, planned) if planned else None
    show_banner(provided, names or (), lan_host or host or "127.0.0.1", port)

    if planned:
        on_lan.show(planned, port)

    return Served.of(
        settings, provided.files, names, Extras.of(settings, lan_pair, lan_host)
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
            ["--passphrase-file"],
            type=click.Path(
                exists=True, dir_okay=False, resolve_path=True, path_type=Path
            ),
            allow_from_autoenv=False,
            help="Opens --key. Its first line counts.",
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
            ["--lan"],
            is_flag=True,
            allow_from_autoenv=False,
            help="Serve your network too, with a certificate from a CA of its own.",
        ),
        click.Option(
            ["--client-ca"],
            type=click.Path(
                exists=True, dir_okay=False, resolve_path=True, path_type=Path
            ),
            help="Ask clients for a certificate from the CA in this file (PEM).",
        ),
        click.Option(
            ["--client-certificate"],
            type=click.Choice(["optional", "required"]),
            help="Whether a client without one gets in.",
        ),
        click.Option(
            ["--redirect-port"],
            type=click.IntRange(0, 65535),
            help="Send plain HTTP on this port to HTTPS.",
        ),
        click.Option(
            ["--open", "open_app"],
            is_flag=True,
            allow_from_autoenv=False,
            help="Open the app in the browser when it is ready.",
        ),
        click.Option(
            ["--page/--no-page"],
            default=None,
            help="Show the development page at /_tlsdev/, as debug does by itself.",
        ),
        *issuers.make_options(),
    ],
)
