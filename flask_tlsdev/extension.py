"""``TLSDev``: what an app factory calls."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from flask import current_app
from flask import has_app_context

from .config import Settings
from .errors import ConfigError
from .names import parse
from .web import AcmeHook
from .web import HeaderHooks
from .web import ReportHook
from .web import ValidationHooks
from .web import warn

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from collections.abc import Mapping

    from flask import Flask

    from .contexts import DevContext
    from .headers import HeaderProblem
    from .issuers.base import IssuerFactory
    from .on_demand import OnDemand
    from .store import PairFiles

EXTENSION = "tlsdev"


class AppState:
    """What belongs to one app; lives in ``app.extensions["tlsdev"]``."""

    def __init__(self, app: Flask, issuers: Mapping[str, IssuerFactory]) -> None:
        self._app = weakref.proxy(app)
        #: Issuers that are not ours, by the name for ``TLSDEV_ISSUER``.
        self.own_issuers = issuers
        self._frozen: Settings | None = None
        self._seen: dict[str, Any] = {}
        #: The server's context, once there is one, and who may make it.
        self.context: DevContext | None = None
        self.lock = threading.Lock()
        #: What sends the app's headers.
        self.headers = HeaderHooks(self)
        #: What takes the reports of what breaks them.
        self.reports = ReportHook(self)
        self._said: set[str] = set()
        #: Tells the development page of what has happened: the id of a panel, and
        #: what it is to show. ``None`` while there is no page.
        self.tell: Callable[[str, Mapping[str, object]], object] | None = None
        # Bad values are said where the app is made, not at the first request.
        self._read()

    @property
    def settings(self) -> Settings:
        """The app's settings, fixed the first time that anybody needs them.

        :raises ConfigError: A key is wrong or, in debug, was changed later.
        """
        if self._frozen is None:
            self._frozen = self._read()
            self._seen = self._keys()
        elif self._app.debug and self._keys() != self._seen:
            raise ConfigError(
                f"{self._changed()} was changed after it had been used.",
                key=self._changed(),
                hint="Set it before the first request, command or ssl_context().",
            )

        return self._frozen

    def _read(self) -> Settings:
        strict = self._app.debug or self._app.testing
        return Settings.from_mapping(
            self._app.config,
            environ=os.environ,
            issuers=self.own_issuers,
            on_problem=None if strict else self._say,
        )

    def _say(self, problem: HeaderProblem) -> None:
        # The keys are read where the app is made, and when they are first used.
        if problem.message not in self._said:
            self._said.add(problem.message)
            warn(problem)

    def _keys(self) -> dict[str, Any]:
        config = self._app.config
        return {key: config[key] for key in config if key.startswith("TLSDEV_")}

    def _changed(self) -> str:
        now = self._keys()
        return next(
            key
            for key in sorted(now | self._seen)
            if now.get(key) != self._seen.get(key)
        )


class TLSDev:
    """Real HTTPS and the right security headers for a Flask app.

    ::

        tls = TLSDev()

        def create_app():
            app = Flask(__name__)
            tls.init_app(app)
            return app

    :param app: Register this app at once.
    :param issuers: Issuers of your own: a name for ``TLSDEV_ISSUER`` and a
        function that takes the settings and returns an
        :class:`~flask_tlsdev.issuers.Issuer`.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        issuers: Mapping[str, IssuerFactory] | None = None,
    ) -> None:
        self._issuers = dict(issuers or {})
        # Only to find out whether there is one app that can be meant; all that
        # belongs to an app is in its own extensions.
        self._apps: weakref.WeakSet[Flask] = weakref.WeakSet()

        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read the configuration, send the headers, add ``flask tls``.

        The keys are in the documentation's configuration page; each begins
        with ``TLSDEV_``.

        :raises ConfigError: A key is unknown or has a bad value.
        :raises RuntimeError: The app is registered already.
        """
        if EXTENSION in app.extensions:
            raise RuntimeError(
                f"TLSDev is registered on the app {app.name!r} already: call"
                " init_app() once for each app."
            )

        state = AppState(app, self._issuers)
        app.extensions[EXTENSION] = state
        self._apps.add(app)
        # Before the redirect of plain HTTP: an authority asks for http.
        ValidationHooks(state).init_app(app)
        # Before the same redirect, and before a log-in.
        state.reports.init_app(app)
        state.headers.finish_with(state.reports.finish)
        state.headers.init_app(app)
        AcmeHook(state).init_app(app)

        from .cli import tls

        app.cli.add_command(tls)

    def obtain(self, *names: str, app: Flask | None = None) -> PairFiles:
        """The files of a good pair: from the store, or issued and stored.

        :param names: DNS names and addresses; ``TLSDEV_NAMES`` where none is given.
        :param app: The app whose settings count; see :meth:`ssl_context`.
        :raises TLSDevError: There is none and none could be made.
        """
        from .provision import obtain_or_keep

        settings = self._settings(app)
        return obtain_or_keep(settings, parse(names) if names else settings.names).files

    def ssl_context(self, app: Flask | None = None) -> DevContext:
        """A server's SSL context with the app's pair, which follows its renewals.

        For ``app.run(ssl_context=...)``, Werkzeug, Gunicorn and asyncio. Every
        call gives the same one: some servers ask for it at each connection.

        :param app: The app whose settings count. It can be left out inside an
            app context, or while this object is registered on one app only.
        :raises ConfigError: Outside development nothing is made up: neither
            debug is on nor is ``TLSDEV_ISSUER`` set.
        """
        app = self._app(app)
        settings = self._settings(app)
        _check_development(app, settings)
        state: AppState = app.extensions[EXTENSION]

        with state.lock:
            if state.context is None:
                state.context = _make_context(app, settings)

            return state.context

    def client_context(
        self,
        certfile: str | os.PathLike[str] | None = None,
        keyfile: str | os.PathLike[str] | None = None,
        *,
        cafile: str | os.PathLike[str] | None = None,
        app: Flask | None = None,
    ) -> ssl.SSLContext:
        """A context for calling other servers, which verifies who they are.

        It trusts what this system trusts, the root of the local CA, and that of
        the app's own pair. There is nothing to switch verification off.

        :param certfile: What is shown to a server that asks who is calling: the
            certificate (PEM), with its chain.
        :param keyfile: Its key, where that is not in the same file.
        :param cafile: One more file (PEM) with roots to trust.
        :param app: The app whose settings count; see :meth:`ssl_context`.
        :raises StoreError: A file cannot be read.
        :raises CertificateError: The files are no pair, or no roots.
        """
        from .contexts import client_context
        from .store import PairFiles

        settings = self._settings(app)
        roots = [*settings.roots(), *([Path(cafile)] if cafile else [])]
        pair = certfile and PairFiles(Path(certfile), Path(keyfile or certfile), None)
        return client_context(
            roots, pair=pair or None, minimum_version=settings.minimum_version
        )

    def _settings(self, app: Flask | None) -> Settings:
        state: AppState = self._app(app).extensions[EXTENSION]
        return state.settings

    def _app(self, app: Flask | None) -> Flask:
        if app is not None:
            return app

        if has_app_context():
            return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]  # werkzeug's documented way

        if len(self._apps) == 1:
            return next(iter(self._apps))

        raise RuntimeError(
            "TLSDev cannot tell which app is meant: pass app=... or use an app context."
        )


def _is_development(app: Flask) -> bool:
    from flask.helpers import get_debug_flag

    return app.debug or get_debug_flag()


def _on_name(app: Flask, settings: Settings) -> OnDemand | None:
    """What makes pairs for names on demand, which is for development only."""
    if not _is_development(app) or not settings.names_on_demand:
        return None

    from .on_demand import OnDemand

    return OnDemand(settings.names_on_demand, settings.ca_path)


def _make_context(app: Flask, settings: Settings) -> DevContext:
    """The context of the app's pair, which renews it while it serves."""
    from .contexts import server_context
    from .provision import obtain_or_keep
    from .renewal import KeptPair
    from .renewal import Renewal

    provided = obtain_or_keep(settings, settings.names)
    context = server_context(
        provided.files,
        names=settings.names,
        minimum_version=settings.minimum_version,
        handshake_timeout=settings.handshake_timeout,
        max_connections=settings.max_connections,
        clients=settings.clients(),
        on_name=_on_name(app, settings),
        challenges=settings.challenges,
    )
    kept = KeptPair(
        provided.files,
        settings.names,
        settings.renew_before,
        lambda: settings,
        context.replace,
    )
    context.before_serving = Renewal([kept]).ensure_running
    return context


def _check_development(app: Flask, settings: Settings) -> None:
    if _is_development(app) or settings.issuer_is_named:
        return

    raise ConfigError(
        "Outside development no CA and no certificate is made up: debug is off and"
        " TLSDEV_ISSUER is not set.",
        key="TLSDEV_ISSUER",
        hint="Set TLSDEV_ISSUER, to 'local-ca' for this machine's own CA, or switch"
        " debug on with FLASK_DEBUG=1.",
    )
