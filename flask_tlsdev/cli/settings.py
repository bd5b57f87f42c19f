"""Which settings a command works with: the app's, the environment's, or none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from flask.cli import NoAppException
from flask.cli import ScriptInfo

from .group import locations

if TYPE_CHECKING:
    from flask import Flask

    from ..config import Settings


def machine_settings(ctx: click.Context) -> Settings:
    """Settings with the user's folders and our defaults.

    For commands that act on the machine: no app is imported, and nothing that
    a repository says is heard.
    """
    from ..config import Settings

    where = locations(ctx)
    return Settings.from_mapping(
        {},
        environ=os.environ,
        store_path=where.store,
        ca_path=where.ca,
    )


def project_settings(ctx: click.Context) -> Settings:
    """The settings of the app that ``flask`` was pointed to.

    Without an app they come from ``FLASK_TLSDEV_...`` variables. An app that
    is named or lies here but cannot be imported is an error: it might have
    asked for another issuer.
    """
    info = ctx.ensure_object(ScriptInfo)
    try:
        app = info.load_app()
    except NoAppException:
        if _names_an_app(info):
            raise

        from ..config import Settings

        return _placed(ctx, Settings.from_environment(os.environ))

    return settings_of(ctx, app)


def settings_of(ctx: click.Context, app: Flask) -> Settings:
    """An app's settings, whether or not it has registered ``TLSDev``."""
    state = app.extensions.get("tlsdev")
    if state is not None:
        settings: Settings = state.settings
        return _placed(ctx, settings)

    from ..config import Settings

    return _placed(ctx, Settings.from_mapping(app.config, environ=os.environ))


def _placed(ctx: click.Context, settings: Settings) -> Settings:
    """The settings, with the folders from the command line."""
    where = locations(ctx)
    return settings.with_paths(store_path=where.store, ca_path=where.ca)


def _names_an_app(info: ScriptInfo) -> bool:
    if info.app_import_path or info.create_app is not None:
        return True

    return any(os.path.exists(name) for name in ("wsgi.py", "app.py"))
