"""Where does a request over plain HTTP have to go?"""

from __future__ import annotations

import os
from collections.abc import Container
from collections.abc import Mapping
from typing import NamedTuple
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ._options import named
from ._paths import exempt
from ._paths import Prefixes

if TYPE_CHECKING:
    from flask import Request

_OPTIONS = ("status", "port", "exempt")

#: What a browser does with another method under each status; with 301 and 302
#: it would make a GET of a POST.
_KEEPS_METHOD = {301: 308, 302: 307, 307: 307, 308: 308}

#: Not remembered, unlike a 308: a development server comes and goes.
_TEMPORARY = 307
_PERMANENT = 308

_HTTPS_PORT = 443


class ForceHTTPS(NamedTuple):
    """The redirect from plain HTTP to HTTPS."""

    status: int | None
    #: The port that speaks TLS; ``None``: 443 in production, and nobody knows
    #: in development.
    port: int | None
    exempt: Prefixes[bool]

    def target(self, request: Request, *, public: bool) -> tuple[str, int] | None:
        """The URL and the status of the redirect, or ``None``: there is none.

        :param public: Whether the host is one of production.
        """
        port = self.port if self.port is not None else _known_port(public)
        if port is None or not self._is_meant(request):
            return None

        return _at_port(request.url, port), self._status(request.method, public)

    def _is_meant(self, request: Request) -> bool:
        # A browser follows no redirect of a preflight.
        if request.method == "OPTIONS" and (
            "Access-Control-Request-Method" in request.headers
        ):
            return False

        # A proxy has ended TLS and nobody listens to it: it would go round.
        if is_unheard(request.environ):
            return False

        return not self.exempt.has(request.path)

    def _status(self, method: str, public: bool) -> int:
        status = self.status or _PERMANENT
        if not public:
            return _TEMPORARY

        return status if method in {"GET", "HEAD"} else _KEEPS_METHOD[status]


def is_unheard(environ: dict[str, object]) -> bool:
    """Whether a proxy says that it came by HTTPS, and no ``ProxyFix`` is there."""
    return (
        "HTTP_X_FORWARDED_PROTO" in environ
        and "werkzeug.proxy_fix.orig" not in environ
        and "https" in str(environ["HTTP_X_FORWARDED_PROTO"]).lower()
    )


def parse(value: object) -> ForceHTTPS | None:
    """The redirect that a key means, if any.

    :raises ValueError: It cannot be this.
    """
    if value is None or value is False:
        return None

    options = named(value, _OPTIONS)
    return ForceHTTPS(
        _number(options, "status", _KEEPS_METHOD, "301, 302, 307 or 308"),
        _number(options, "port", range(1, 65536), "a number up to 65535"),
        exempt(options.get("exempt", ())),
    )


def _number(
    options: Mapping[str, object], name: str, numbers: Container[int], takes: str
) -> int | None:
    value = options.get(name)
    if value is None:
        return None

    if isinstance(value, int) and not isinstance(value, bool) and value in numbers:
        return value

    raise ValueError(f"{name} is {takes}.")


def _known_port(public: bool) -> int | None:
    # `flask run` speaks no TLS that we know of.
    if not public or os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        return None

    return _HTTPS_PORT


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    netloc = host if port == _HTTPS_PORT else f"{host}:{port}"
    return parts._replace(scheme="https", netloc=netloc).geturl()
