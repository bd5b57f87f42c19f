"""The WSGI layer that gives each response its headers.

It lies around the whole app, so that a hook that raises takes no header away,
the session cookie is there to be looked at, and whatever a view, a hook or
another extension has set is there to be left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from typing import Protocol
from typing import TYPE_CHECKING
from typing import TypeAlias

from ..headers import Kind
from ..headers import kind_of
from ..headers import Lines
from ..headers import Policy
from ..headers import Reach
from ..names import is_development
from ..printable import printable
from . import fetch_metadata
from .https import is_unheard
from .layers import Overrides
from .nonce import CLOSED
from .nonce import KEY
from .nonce import Nonce
from .nonce import of as nonce_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

    from .cookies import CookiePolicy
    from .fetch_metadata import FetchMetadata
    from .https import ForceHTTPS

logger = logging.getLogger("flask_tlsdev")

Environ: TypeAlias = dict[str, Any]
Pairs: TypeAlias = list[tuple[str, str]]

_WORKERS = frozenset({"worker", "sharedworker", "serviceworker"})
_UNSHARED = ("private", "no-store")

_UNHEARD = (
    "A proxy says that a request came by HTTPS, and nobody told the app to believe"
    " it: no HSTS is sent, no cookie is Secure and nothing is redirected. Put"
    " werkzeug's ProxyFix around app.wsgi_app."
)
_SHARED = (
    "%s has a nonce and says Cache-Control: %s: a shared cache would give everybody"
    " the same nonce. Add private, or do not use csp_nonce()."
)

#: A longer host is no DNS name, and is not worth remembering.
_LONGEST_HOST = 300


class Behaviour(Protocol):
    """What a response depends on beside its headers."""

    @property
    def removed_headers(self) -> frozenset[str]: ...

    @property
    def cookies(self) -> CookiePolicy | None: ...

    @property
    def fetch_metadata(self) -> FetchMetadata | None: ...

    @property
    def force_https(self) -> ForceHTTPS | None: ...


class Rules:
    """What happens to the responses of one app, fixed when it is first used."""

    def __init__(self, app: Flask, behaviour: Behaviour, overrides: Overrides) -> None:
        self.overrides = overrides
        self.fetch_metadata = behaviour.fetch_metadata
        self.force_https = behaviour.force_https
        self._config: Mapping[str, Any] = app.config
        cookies = behaviour.cookies
        session_cookie = app.config["SESSION_COOKIE_NAME"]
        self._cookies = cookies.bind(session_cookie) if cookies else None
        self.reads_cookies = bool(self._cookies and self._cookies.prefixed)
        self._removed = behaviour.removed_headers
        self._mended_names = self._removed | ({"set-cookie"} if cookies else set())
        self.turns_away = bool(self.force_https or self.fetch_metadata)
        self._said: set[str] = set()
        # To find the view of a request takes time, which few apps need.
        self._only = overrides.only()

    def receive(self, environ: Environ) -> None:
        """Give the app its cookies under the names that it knows."""
        if self._cookies and environ.get("wsgi.url_scheme") == "https":
            cookies = environ.get("HTTP_COOKIE")
            if cookies:
                environ["HTTP_COOKIE"] = self._cookies.received(cookies)

    def finish(self, environ: Environ, status: str, headers: Pairs) -> Pairs:
        """The headers of a response with those that it lacks."""
        there = {name.lower(): value for name, value in headers}
        reach = self.reach(environ)
        if reach == "plain" and is_unheard(environ):
            self._warn_once(_UNHEARD)

        if not self._mended_names.isdisjoint(there):
            headers = list(self._mended(headers, reach))

        policy = self._only or self._policy(environ)
        kind = kind_of(there.get("content-type"))
        if kind == "script" and policy.tells_workers_apart:
            kind = _script_kind(environ)
            headers = [*headers, ("Vary", "Sec-Fetch-Dest")]

        if self.fetch_metadata is not None:
            headers = [*headers, ("Vary", fetch_metadata.VARY)]

        lines = policy.lines(kind, reach, revalidated=status.startswith("304"))
        if lines.has_nonce:
            return [*headers, *self._with_nonce(lines, there, environ, status)]

        return [*headers, *lines.missing(there, None)]

    def reach(self, environ: Environ) -> Reach:
        """Whether a browser hears the response by HTTPS, and may remember it."""
        if environ.get("wsgi.url_scheme") != "https":
            return "plain"

        if self._config["DEBUG"] or self._config["TESTING"]:
            return "private"

        # Not request.host, which raises for a host that is not trusted: the
        # page that says so gets headers, too.
        host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
        return _reach_of(host[:_LONGEST_HOST])

    def _policy(self, environ: Environ) -> Policy:
        # Werkzeug's documented place for it; a proxy has to look for it.
        request = environ.get("werkzeug.request")
        rule = getattr(request, "url_rule", None)
        return self.overrides.policy(
            rule.endpoint if rule is not None else None,
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", ""),
        )

    def _mended(self, headers: Pairs, reach: Reach) -> Iterable[tuple[str, str]]:
        for name, value in headers:
            lower = name.lower()
            if lower in self._removed:
                continue
            if lower == "set-cookie" and self._cookies:
                value = self._cookies.mended(value, https=reach != "plain")
            yield name, value

    def _with_nonce(
        self, lines: Lines, there: Mapping[str, str], environ: Environ, status: str
    ) -> Iterable[tuple[str, str]]:
        """The headers that a response lacks, some of which can have a nonce.

        A page that streams is written when they have gone, and may use it then.
        """
        nonce = environ.get(KEY)
        streams = "content-length" not in there and not status.startswith("204")
        if nonce is None and (streams or lines.needs_nonce):
            nonce = nonce_of(environ)

        if not isinstance(nonce, Nonce):
            environ[KEY] = CLOSED
            return lines.missing(there, None)

        added = lines.missing(there, nonce.value)
        if not (nonce.used or streams):
            return added

        said = there.get("cache-control")
        if said is None:
            return [*added, ("Cache-Control", "private")]

        if not any(word in said.lower() for word in _UNSHARED):
            self._warn_once(_SHARED, environ.get("PATH_INFO", ""), said)
        return added

    def _warn_once(self, message: str, *foreign: str) -> None:
        """Say once per app what every request would have us say again."""
        if message not in self._said:
            self._said.add(message)
            logger.warning(message, *map(printable, foreign))


class HeaderNet:
    """A WSGI app around another one.

    :param rules: Asked for at each request.
    """

    def __init__(self, inner: WSGIApplication, rules: Callable[[], Rules]) -> None:
        self._inner = inner
        self._rules = rules

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        rules = self._rules()
        if rules.reads_cookies:
            rules.receive(environ)

        def start(status: str, headers: Pairs, *exc_info: Any) -> Any:
            return start_response(
                status, rules.finish(environ, status, headers), *exc_info
            )

        return self._inner(environ, start)


def _script_kind(environ: Environ) -> Kind:
    """A worker where the browser says so, or does not say."""
    destination = environ.get("HTTP_SEC_FETCH_DEST")
    return "worker" if destination is None or destination in _WORKERS else "script"


@lru_cache(maxsize=256)
def _reach_of(host: str) -> Reach:
    return "private" if is_development(host_without_port(host)) else "public"


def host_without_port(host: str) -> str:
    """The name or address in a Host header, without brackets, lower case."""
    host = host.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]

    return host.partition(":")[0] if host.count(":") == 1 else host
