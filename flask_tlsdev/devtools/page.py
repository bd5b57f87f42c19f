"""What is answered below ``/_tlsdev/``, and what is left to the app?"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from ..errors import TLSDevError
from ..printable import printable
from ..server import CONNECTION
from ..server import PAGE_PATH
from ..server import QUIET
from . import devices
from . import document
from .gate import derived
from .gate import Gate
from .gate import is_navigation
from .panel import Asked
from .panel import Download
from .panel import Panel
from .panel import Run
from .registry import PANELS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication

    from .events import Hub

Environ = dict[str, Any]

#: Where the page itself is.
HOME = f"{PAGE_PATH}/"

#: No query of ours is longer.
_LONGEST_QUERY = 16 * 1024

#: Of everything but the page itself: it is shown nowhere as a page.
_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

_HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Vary", "Cookie, Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site"),
)


@dataclass(frozen=True)
class _Answer:
    content_type: str
    body: Iterable[bytes]
    headers: tuple[tuple[str, str], ...] = ()
    status: str = "200 OK"
    policy: str = _POLICY


class Page:
    """The development page in front of the app.

    :param app: Asked whatever is not the page's, and by whoever may not see it.
    :param token: What the banner shows.
    """

    def __init__(self, app: WSGIApplication, run: Run, token: str) -> None:
        self._app = app
        #: What other devices find the root under.
        self.root_token = derived(token, "root")[:22]
        self._run = replace(run, root_token=self.root_token)
        self.gate = Gate(run, token)

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        answer = self._answer(environ)
        if answer is None:
            return self._app(environ, start_response)

        environ[QUIET] = True
        start_response(answer.status, _headers(answer))
        return answer.body

    def _answer(self, environ: Environ) -> _Answer | None:
        path: str = environ["PATH_INFO"]
        if path.startswith(devices.ROOT_PATH) and self.gate.is_on_network(environ):
            return self._root(path.removeprefix(devices.ROOT_PATH))

        query = _query(environ)
        if path == HOME and "token" in query:
            is_known = self.gate.takes(environ, query["token"])
            return self._let_in(environ) if is_known else None

        if not self.gate.admits(environ):
            return None

        if path in (HOME, PAGE_PATH):
            return self._page() if is_navigation(environ) else None

        return self._part(environ, path.removeprefix(HOME), query)

    def _root(self, path: str) -> _Answer | None:
        """What other devices get: the network's root, and nothing else."""
        found = devices.page_for_devices(self._run, path)
        if found is None:
            return None

        file, policy = found
        return replace(_download(file), policy=policy or _POLICY)

    def _let_in(self, environ: Environ) -> _Answer:
        cookie = self.gate.cookie(environ)
        headers = (("Location", HOME), ("Set-Cookie", cookie))
        return _Answer("text/plain; charset=utf-8", [b""], headers, "303 See Other")

    def _page(self) -> _Answer:
        nonce = secrets.token_urlsafe(16)
        html = document.html(self._run, self._panels().values(), nonce)
        return _Answer(
            "text/html; charset=utf-8", [html], policy=document.policy(nonce)
        )

    def _part(
        self, environ: Environ, path: str, query: Mapping[str, str]
    ) -> _Answer | None:
        kind, _, name = path.partition("/")
        if kind == "events" and not name:
            return self._events(environ, query)

        if kind == "static" and (file := document.static(name)) is not None:
            return _Answer(file.content_type, [file.data])

        panels = self._panels()
        asked = _asked(self._run, environ, query)
        if kind == "state" and name in panels:
            return _state(panels[name], asked)

        if kind == "files":
            panel, _, name = name.partition("/")
            return _file(panels.get(panel), asked, name)

        return None

    def _panels(self) -> dict[str, Panel]:
        return {panel.id: panel for panel in PANELS if panel.applies(self._run)}

    def _events(self, environ: Environ, query: Mapping[str, str]) -> _Answer:
        hub: Hub = self._run.hub
        last = environ.get("HTTP_LAST_EVENT_ID") or query.get("after", "")
        is_number = last.isascii() and last.isdigit() and len(last) < 16
        return _Answer(
            "text/event-stream; charset=utf-8",
            hub.stream(int(last) if is_number else hub.last),
        )


def _file(panel: Panel | None, asked: Asked, name: str) -> _Answer | None:
    found = panel.files(asked, name) if panel and panel.files else None
    return None if found is None else _download(found)


def _download(file: Download) -> _Answer:
    saved = f'attachment; filename="{file.name}"' if file.name else "inline"
    return _Answer(file.content_type, [file.data], (("Content-Disposition", saved),))


def _state(panel: Panel, asked: Asked) -> _Answer:
    try:
        state, status = panel.state(asked), "200 OK"
    except TLSDevError as error:
        # The others of the page are shown all the same.
        state = {"error": printable(error, 1000)}
        status = "500 Internal Server Error"

    return _Answer("application/json", [json.dumps(state).encode()], status=status)


def _headers(answer: _Answer) -> list[tuple[str, str]]:
    headers = [
        ("Content-Type", answer.content_type),
        ("Content-Security-Policy", answer.policy),
        *_HEADERS,
        *answer.headers,
    ]
    if isinstance(answer.body, list):
        headers.append(("Content-Length", str(sum(map(len, answer.body)))))

    return headers


def _query(environ: Environ) -> dict[str, str]:
    text: str = environ.get("QUERY_STRING", "")
    if len(text) > _LONGEST_QUERY:
        return {}

    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return {}


def _asked(run: Run, environ: Environ, query: Mapping[str, str]) -> Asked:
    origin = f"https://{environ['HTTP_HOST']}"
    return Asked(run, environ[CONNECTION], query, origin)
