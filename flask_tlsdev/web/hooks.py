"""What touches a Flask app: its WSGI layer, its hook and its templates."""

from __future__ import annotations

import logging
from threading import Lock
from typing import Protocol
from typing import TYPE_CHECKING
from typing import TypeVar

from flask import abort
from flask import current_app
from flask import redirect
from flask import request

from ..headers import Facts
from ..headers import HeaderProblem
from ..headers import Override
from ..headers import Recipe
from ..printable import printable
from .integrity import static_integrity
from .layers import Overrides
from .net import Behaviour
from .net import HeaderNet
from .net import host_without_port
from .net import Rules
from .nonce import csp_nonce

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from flask import Flask
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Request

    from .fetch_metadata import FetchMetadata
    from .https import ForceHTTPS

logger = logging.getLogger("flask_tlsdev")

T = TypeVar("T")


class _Settings(Behaviour, Protocol):
    @property
    def recipe(self) -> Recipe: ...

    @property
    def paths(self) -> Mapping[str, Override]: ...


class HasSettings(Protocol):
    """Whatever knows an app's settings; they are asked for at each request."""

    @property
    def settings(self) -> _Settings: ...


class HeaderHooks:
    """The headers of one app.

    :param state: Where the app's settings are found.
    """

    def __init__(self, state: HasSettings) -> None:
        self._state = state
        self._added: tuple[Override, ...] = ()
        self._finish: Callable[[Recipe], Recipe] | None = None
        self._seen: _Settings | None = None
        self._rules: Rules | None = None
        self._turns_away = False
        # The first requests may come at once.
        self._lock = Lock()

    def init_app(self, app: Flask) -> None:
        """Send the headers with every response of this app."""
        self._app = app
        app.wsgi_app = HeaderNet(app.wsgi_app, self.rules)  # type: ignore[method-assign]  # Flask documents it
        app.jinja_env.globals["csp_nonce"] = csp_nonce
        app.jinja_env.globals["static_integrity"] = static_integrity

    def add(self, override: Override) -> None:
        """Change the app's own headers, on top of what its keys say.

        For other parts of this package, before the first request.
        """
        self._added = (*self._added, override)
        self._rules = None

    def finish_with(self, finish: Callable[[Recipe], Recipe]) -> None:
        """Change all headers once more, when the views' overrides are on them.

        For other parts of this package, before the first request.
        """
        self._finish = finish
        self._rules = None

    def rules(self) -> Rules:
        """What happens to the app's responses.

        :raises ConfigError: In debug, an override is wrong.
        """
        if self._rules is not None and not self._app.config["DEBUG"]:
            return self._rules

        settings = self._state.settings
        with self._lock:
            if self._rules is None or settings is not self._seen:
                self._rules = self._make(settings)
                self._seen = settings

            return self._rules

    def _make(self, settings: _Settings) -> Rules:
        strict = self._app.debug or self._app.testing
        on_problem = None if strict else warn
        recipe = settings.recipe
        for override in self._added:
            recipe = recipe.changed(override.changes, override.origin)

        overrides = Overrides(
            self._app, recipe, settings.paths, on_problem, self._finish
        )
        if strict:
            overrides.check()

        rules = Rules(self._app, settings, overrides)
        if rules.turns_away and not self._turns_away:
            # Not before, since a hook that does nothing costs time as well. This
            # is before Flask has seen its first request.
            self._app.before_request(self.turn_away)
            self._turns_away = True

        return rules

    def turn_away(self) -> ResponseReturnValue | None:
        """Redirect plain HTTP and refuse other sites, where that is asked for."""
        rules = self.rules()
        force = rules.force_https
        if force is not None and not request.is_secure and not current_app.testing:
            answer = self._redirect(force)
            if answer is not None:
                return answer

        if rules.fetch_metadata is not None:
            self._check_site(rules, rules.fetch_metadata)

        return None

    def _redirect(self, force: ForceHTTPS) -> ResponseReturnValue | None:
        facts = facts_of(_object(request), _object(current_app), secure=True)
        target = force.target(_object(request), public=facts.reach == "public")
        return None if target is None else redirect(*target)

    def _check_site(self, rules: Rules, isolation: FetchMetadata) -> None:
        if not isolation.refuses(request.environ, request.path):
            return

        if rules.overrides.lets_in(request.endpoint, request.method, request.path):
            return

        logger.warning(
            "%s %s comes from another site: Sec-Fetch-Site: %s, -Mode: %s, -Dest: %s.",
            printable(request.method),
            printable(request.path),
            *(
                printable(request.headers.get(f"Sec-Fetch-{each}", ""))
                for each in ("Site", "Mode", "Dest")
            ),
        )
        if not isolation.only_log:
            abort(403, "This cannot be requested from another site's page.")


def warn(problem: HeaderProblem) -> None:
    """Say in production what would be an error in development."""
    logger.warning(
        "%s: %s: %s %s",
        problem.origin,
        f"TLSDEV_{problem.key}",
        problem.message,
        "It is sent as it is." if problem.sent else "It is passed over.",
    )


def _object(proxy: T) -> T:
    # A proxy looks for its object at every attribute: half a microsecond each.
    return proxy._get_current_object()  # type: ignore[attr-defined,no-any-return]  # werkzeug documents it


def facts_of(request: Request, app: Flask, *, secure: bool | None = None) -> Facts:
    """What the headers have to know of a request.

    :param secure: What to take for granted of how it came.
    """
    environ = request.environ
    # X-Forwarded-Proto is not looked at: that is ProxyFix's job, which changes
    # the scheme and the host.
    by_https = environ.get("wsgi.url_scheme") == "https"
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
    return Facts(
        secure=by_https if secure is None else secure,
        host=host_without_port(host),
        path=request.path,
        debug=app.debug,
        testing=app.testing,
    )
