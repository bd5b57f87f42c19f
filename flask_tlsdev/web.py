"""What touches a Flask app: the hooks that send the headers."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol
from typing import TYPE_CHECKING
from typing import TypeVar

from flask import current_app
from flask import request

from .headers import Facts
from .headers import Policy

if TYPE_CHECKING:
    from flask import Flask
    from flask import Response
    from werkzeug.wrappers import Request

T = TypeVar("T")


class _Settings(Protocol):
    @property
    def policy(self) -> Policy: ...


class HasSettings(Protocol):
    """Whatever knows an app's settings; they are asked for at each response."""

    @property
    def settings(self) -> _Settings: ...


class HeaderHooks:
    """The hooks of one app.

    :param state: Where the app's policy is found.
    """

    def __init__(self, state: HasSettings) -> None:
        self._state = state

    def init_app(self, app: Flask) -> None:
        """Send the headers with every response of this app."""
        app.after_request(self.send_headers)

    def send_headers(self, response: Response) -> Response:
        """Add the headers that the response lacks."""
        facts = facts_of(_object(request), _object(current_app))
        self._state.settings.policy.apply(facts, response)
        return response


def _object(proxy: T) -> T:
    # A proxy looks for its object at every attribute: half a microsecond each.
    return proxy._get_current_object()  # type: ignore[attr-defined,no-any-return]  # werkzeug documents it


def facts_of(request: Request, app: Flask) -> Facts:
    """What the headers have to know of a request."""
    environ = request.environ
    return Facts(
        # X-Forwarded-Proto is not looked at: that is ProxyFix's job, which
        # changes these two.
        secure=environ.get("wsgi.url_scheme") == "https",
        # Not request.host, which raises for a host that is not trusted: the
        # page that says so gets headers, too.
        host=_without_port(environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")),
        path=request.path,
        debug=app.debug,
        testing=app.testing,
    )


@lru_cache(maxsize=128)
def _without_port(host: str) -> str:
    """The name or address in a Host header, without brackets, lower case."""
    host = host.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]

    return host.partition(":")[0] if host.count(":") == 1 else host
