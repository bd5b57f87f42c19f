"""Gunicorn's configuration for our pairs: ``gunicorn -c python:flask_tlsdev.gunicorn``.

The pair is that of the ``FLASK_TLSDEV_...`` variables, and it is obtained once,
before the workers start. A ``gunicorn.conf.py`` of your own can take it over::

    from flask_tlsdev.gunicorn import certfile, keyfile, post_worker_init, ssl_context

Every worker serves a renewed pair to its next client, without a restart. One of
them renews it when it is due.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from typing import Any

from .config import Settings
from .contexts import server_context
from .errors import ConfigError
from .provision import obtain_or_keep
from .renewal import KeptPair
from .renewal import Renewal

_settings = Settings.from_environment(os.environ)

if not _settings.issuer_is_named:
    raise ConfigError(
        "In production nothing is made up: FLASK_TLSDEV_ISSUER is not set.",
        key="TLSDEV_ISSUER",
        hint="Set FLASK_TLSDEV_ISSUER, such as 'files' with FLASK_TLSDEV_FILES_PATH.",
    )

_files = obtain_or_keep(_settings, _settings.names).files

_context = server_context(
    _files,
    names=_settings.names,
    minimum_version=_settings.minimum_version,
    clients=_settings.clients(),
)
_renewal = Renewal(
    [
        KeptPair(
            _files,
            _settings.names,
            _settings.renew_before,
            lambda: _settings,
            _context.replace,
        )
    ]
)

#: Without these Gunicorn would not speak TLS at all.
certfile = os.fspath(_files.certfile)
keyfile = os.fspath(_files.keyfile)


def ssl_context(
    config: Any, default_ssl_context_factory: Callable[[], ssl.SSLContext]
) -> ssl.SSLContext:
    """The same context for every client, so that sessions can be resumed."""
    return _context


def post_worker_init(worker: Any) -> None:
    """Look after the pair in each worker: the master's threads end with the fork."""
    _renewal.ensure_running()
