"""What do other devices not get to see?"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..contexts import is_loopback
from ..web import ELSEWHERE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

#: Our own pages, which know of this machine's certificates and requests.
_OURS = re.compile(r"/+_tlsdev(?:/|$)")


class LanGuard:
    """An app with its debugger for this machine, and without it for all others.

    Who is on this machine is told by the accepted socket alone. Werkzeug's
    debugger looks at ``Host``, which anybody can send as ``localhost``.

    :param app: The app.
    :param debugged: The same app in Werkzeug's debugger.
    """

    def __init__(self, app: WSGIApplication, debugged: WSGIApplication) -> None:
        self._app = app
        self._debugged = debugged

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        connection = environ.get("werkzeug.socket")

        if isinstance(connection, socket.socket) and is_loopback(connection):
            return self._debugged(environ, start_response)

        if _OURS.match(environ.get("PATH_INFO", "")):
            # As if there was nothing: the app says what it says of such a path.
            environ[ELSEWHERE] = True

        # What the app raises ends in the log and a page that says nothing of it.
        return self._app(environ, start_response)
