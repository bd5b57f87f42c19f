"""Who may see the development page?

The person at this machine who has read the terminal, in a browser of this machine,
and nobody else: no other device, no other user, no page of a stranger's that makes
its own name point here, and nobody at the far end of a proxy or tunnel.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import Container
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from typing import TYPE_CHECKING
from typing import TypeAlias

from werkzeug.http import parse_cookie

from ..contexts import Connection
from ..contexts import is_loopback
from ..server import CONNECTION
from ..store import sidecar_of

if TYPE_CHECKING:
    from .panel import Run

Environ: TypeAlias = Mapping[str, Any]

#: What only a proxy adds. None of them is on this machine for us.
_FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_X_ORIGINAL",
    "HTTP_X_CLIENT_IP",
    "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_X_ENVOY",
    "HTTP_X_PROXY",
    "HTTP_X_HOST",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_CLIENT_IP",
    "HTTP_CF_",
    "HTTP_CDN_LOOP",
    "HTTP_FASTLY_",
    "HTTP_NGROK_",
    "HTTP_TAILSCALE_",
    "HTTP_DEV_TUNNEL",
)

#: What the cookie's name begins with; the port follows.
COOKIE = "__Host-tlsdev-"

_DEFAULT_PORT = 443


class Gate:
    """Tells who may see the page of this run.

    :param token: What the banner shows.
    """

    def __init__(self, run: Run, token: str) -> None:
        self._run = run
        self._token = token

    def admits(self, environ: Environ) -> bool:
        """Whether this is the developer's own browser, and asks by itself."""
        return (
            self.is_near(environ)
            and _is_of_the_page(environ)
            and self._has_cookie(environ)
        )

    def takes(self, environ: Environ, token: str) -> bool:
        """Whether somebody has come with the URL of the banner."""
        return (
            self.is_near(environ)
            and is_navigation(environ)
            and hmac.compare_digest(token.encode(), self._token.encode())
        )

    def is_near(self, environ: Environ) -> bool:
        """Whether all is as it must be but for what the browser brings."""
        connection = environ.get(CONNECTION)
        return (
            isinstance(connection, Connection)
            and environ["REQUEST_METHOD"] == "GET"
            and self._run.app.debug
            and _is_here(connection)
            and not _is_forwarded(environ)
            and _is_for(environ, connection, self._run.names)
            and self._is_of_our_ca()
        )

    def cookie(self, environ: Environ) -> str:
        """What lets this browser in from now on, for ``Set-Cookie``."""
        return (
            f"{_cookie_name(environ)}={self._session};"
            " Secure; HttpOnly; SameSite=Strict; Path=/"
        )

    def is_on_network(self, environ: Environ) -> bool:
        """Whether another device asks by one of the names that are there for it."""
        lan = self._run.lan
        connection = environ.get(CONNECTION)
        return (
            lan is not None
            and isinstance(connection, Connection)
            and environ["REQUEST_METHOD"] == "GET"
            and self._run.app.debug
            and _is_private(connection)
            and not _is_forwarded(environ)
            and _is_for(environ, connection, {name.value for name in lan.names})
        )

    def has_session(self, environ: Environ) -> bool:
        """Whether a request for another page is the developer's own."""
        return self.is_near(environ) and self._has_cookie(environ)

    def _has_cookie(self, environ: Environ) -> bool:
        found = parse_cookie(environ.get("HTTP_COOKIE")).get(_cookie_name(environ), "")
        return hmac.compare_digest(found.encode(), self._session.encode())

    @property
    def _session(self) -> str:
        # Not the token: what a browser keeps opens no other browser's door.
        return derived(self._token, "session")

    def _is_of_our_ca(self) -> bool:
        sidecar = sidecar_of(self._run.context.files)
        issuer = sidecar.issuer_id if sidecar is not None else ""
        return issuer == "self-signed" or issuer.startswith("local-ca-")


def derived(token: str, purpose: str) -> str:
    """Another secret of the same run, from which the token cannot be told."""
    return hmac.digest(token.encode(), purpose.encode(), hashlib.sha256).hex()


def is_navigation(environ: Environ) -> bool:
    """Whether a person goes to the page, and no other site's page has led there."""
    return (
        _site(environ) in {"same-origin", "none"}
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
    )


def _is_of_the_page(environ: Environ) -> bool:
    return is_navigation(environ) or _site(environ) == "same-origin"


def _site(environ: Environ) -> object:
    return environ.get("HTTP_SEC_FETCH_SITE")


def _is_here(connection: Connection) -> bool:
    # Behind a Unix socket is a proxy.
    is_tcp = connection.family in (socket.AF_INET, socket.AF_INET6)
    return is_tcp and is_loopback(connection)


def _is_private(connection: Connection) -> bool:
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return False

    text = connection.getpeername()[0].partition("%")[0]
    address = ip_address(text.removeprefix("::ffff:"))
    return address.is_private or address.is_link_local


def _is_forwarded(environ: Environ) -> bool:
    return any(name.startswith(_FORWARDED) for name in environ)


def _is_for(environ: Environ, connection: Connection, names: Container[str]) -> bool:
    host, port = _host(environ.get("HTTP_HOST", ""))
    return host in names and port == connection.getsockname()[1]


def _cookie_name(environ: Environ) -> str:
    # Cookies do not know ports: two servers would take each other's away.
    return f"{COOKIE}{environ['SERVER_PORT']}"


def _host(text: str) -> tuple[str, int | None]:
    """The name and the port that a browser has in front of a path."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = text.partition(":")

    if not port:
        return host.lower(), _DEFAULT_PORT

    # No int(): it takes more than digits.
    return host.lower(), int(port) if _is_number(port) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
