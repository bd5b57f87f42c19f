"""How does what was typed become a running server? As in Flask's own ``run``."""

from __future__ import annotations

import traceback
from functools import partial
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource
from flask import Flask
from flask.cli import ScriptInfo
from flask.cli import show_server_banner
from flask.helpers import get_debug_flag
from werkzeug.serving import is_running_from_reloader

from .hangup import reloading_on_hangup

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Sequence

    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

    from ..config import Settings
    from ..contexts import DevContext
    from .page import Door
    from .served import Served

#: Flask's options that :func:`start` does something with.
UNDERSTOOD = frozenset(
    {
        "host",
        "port",
        "reload",
        "debugger",
        "with_threads",
        "extra_files",
        "exclude_patterns",
    }
)


def start(
    ctx: click.Context,
    served: Served,
    source: Callable[[], Settings],
    *,
    host: str,
    port: int,
    reload: bool | None,
    debugger: bool | None,
    with_threads: bool,
    extra_files: Sequence[str] | None,
    exclude_patterns: Sequence[str] | None,
    redirect_port: int | None = None,
    open_app: bool = False,
) -> None:
    """Serve the app that ``flask`` was pointed to until somebody ends it.

    The parameters are those of ``flask run``, and some of ours.

    :param source: What pairs are renewed from.
    :param open_app: Show the app in a browser when it answers.
    :raises TLSDevError: A port cannot be had.
    """
    from ..server import Options
    from ..server import serve

    info = ctx.ensure_object(ScriptInfo)
    app = _load(info)
    debug = get_debug_flag()
    debugger = debug if debugger is None else debugger

    reload = debug if reload is None else reload
    context = served.context(source)

    # A pair is renewed also while no client comes.
    if context.before_serving and (is_running_from_reloader() or not reload):
        context.before_serving()

    door = _door(app, served, context, source)
    show_server_banner(debug, info.app_import_path)
    with reloading_on_hangup(context.reload):
        serve(
            app,
            Options(
                host,
                port,
                context,
                served.limits,
                # Nobody who names an address wants another one too.
                is_localhost=host == "localhost" or is_default(ctx, "host"),
                reload=reload,
                debugger_names=_trusted_names(served, host) if debugger else None,
                threads=with_threads,
                extra_files=extra_files,
                exclude_patterns=exclude_patterns,
                redirect_port=redirect_port,
                guard=_guard if served.extras.lan else None,
                say=_say,
                page=door.around if door is not None else None,
                links=door.with_badge if door is not None else None,
                announce=partial(_announce, served, host, open_app),
            ),
        )


def _say(text: str) -> None:
    click.echo(f" * {text}")


def _announce(served: Served, host: str, open_app: bool, port: int) -> None:
    """Say and do what takes the port. Not in the reloader's child: once a run."""
    if served.page_token is not None:
        from .page import url

        _say(f"Development page, for this machine only: {url(served, port)}")

    if open_app:
        from .opening import open_app_at

        open_app_at(served.names or (), host, port, _say)


def _door(
    app: WSGIApplication,
    served: Served,
    context: DevContext,
    source: Callable[[], Settings],
) -> Door | None:
    """What leads to the development page, if there is one and an app to show."""
    token = served.page_token
    if token is None or not isinstance(app, Flask):
        return None

    from .page import Door

    door = Door(app, token, served, context, source)
    door.listen()
    return door


def _trusted_names(served: Served, host: str) -> frozenset[str]:
    # It is large, and few runs need it.
    from ..server.debugger import trusted_names

    return trusted_names(served.names or (), host)


def _guard(app: WSGIApplication, debugged: WSGIApplication) -> WSGIApplication:
    from ..lan import LanGuard

    return LanGuard(app, debugged)


def is_default(ctx: click.Context, name: str) -> bool:
    """Whether nobody has given this option a value."""
    return ctx.get_parameter_source(name) is ParameterSource.DEFAULT


def _load(info: ScriptInfo) -> WSGIApplication:
    """The app. One that cannot be imported after a change shows why instead."""
    try:
        app = info.load_app()
    except Exception as error:
        if not is_running_from_reloader():
            raise

        traceback.print_exc()
        return _showing(error)

    # For URLs that are built outside a request.
    app.config["PREFERRED_URL_SCHEME"] = "https"
    return app


def _showing(error: Exception) -> WSGIApplication:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise error from None

    return app
