"""When is there a development page, and what stands for it until somebody asks?"""

from __future__ import annotations

import dataclasses
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from datetime import timezone
from typing import Any
from typing import TYPE_CHECKING

from flask import Flask
from flask.helpers import get_debug_flag

from ..errors import ConfigError
from ..printable import quoted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication

    from ..config import Settings
    from ..contexts import DevContext
    from ..contexts.events import Event
    from ..devtools import Page
    from ..headers.ledger import Ledger
    from ..headers.reports import Report
    from .served import Served

#: Who issues for development only.
_ISSUERS = ("local-ca", "self-signed")

#: How many events are kept until somebody looks.
_KEPT = 200


def token_for(
    settings: Settings, *, brought: bool, host: str, asked: bool | None
) -> str | None:
    """What lets a browser in to the page of this run; ``None``: there is no page.

    :param brought: Whether the certificate is one of the user's own.
    :param asked: What the command line says.
    :raises ConfigError: It was asked for where it is not shown.
    """
    wanted = settings.page if asked is None else asked
    if wanted is False:
        return None

    why, hint = _against(settings, brought, host)
    if not why:
        return secrets.token_urlsafe(32)

    if not wanted:
        return None

    raise ConfigError(
        f"There is no development page here: {why}",
        key="TLSDEV_PAGE",
        hint=f"{hint}, or leave out --page and TLSDEV_PAGE.",
    )


def _against(settings: Settings, brought: bool, host: str) -> tuple[str, str]:
    """What keeps the page from being shown, and what to do; else empty."""
    if not get_debug_flag():
        return "debug is off.", "Type: flask --debug tls run --page"

    if brought:
        return "the certificate is one of your own.", "Leave out --cert and --key"

    if settings.issuer not in _ISSUERS:
        issuer = quoted(settings.issuer)
        return (
            f"{issuer} issues the certificate, and it may be one for production.",
            "Add --issuer local-ca",
        )

    if host.startswith("unix://"):
        return "nobody comes to a Unix socket but a proxy.", "Give --host an address"

    return "", ""


class Door:
    """The page of one run, which is imported when somebody goes there.

    :param app: The app that ``flask`` was pointed to.
    :param token: What lets a browser in.
    :param settings: Gives the settings of this run.
    """

    def __init__(
        self,
        app: Flask,
        token: str,
        served: Served,
        context: DevContext,
        settings: Callable[[], Settings],
    ) -> None:
        self._app = app
        self._token = token
        self._served = served
        self._context = context
        self._settings = settings
        self._inner: WSGIApplication = app
        self._page: Page | None = None
        self._lock = threading.Lock()
        # Until there is a page: what it is to show.
        self._early: deque[tuple[str, Mapping[str, object], datetime]]
        self._early = deque(maxlen=_KEPT)
        self._tell: Callable[..., object] | None = None
        self._ledger: Ledger | None = None

    def around(self, inner: WSGIApplication) -> WSGIApplication:
        """What is asked in the app's place below the page's path.

        :param inner: The app as it is served, in its debugger.
        """
        self._inner = inner
        return self

    def with_badge(self, inner: WSGIApplication) -> WSGIApplication:
        """The app with links to the page, where it asks for them.

        :param inner: The app as it is served.
        """
        state = self._app.extensions.get("tlsdev")
        if state is None or not state.settings.badge:
            return inner

        from ..devtools.badge import Badge

        return Badge(inner, lambda environ: self._made().gate.has_session(environ))

    def listen(self) -> None:
        """Keep what happens in this process."""
        self._context.listener = self._hear
        state = self._app.extensions.get("tlsdev")
        if state is not None:
            state.tell = self.tell
            state.reports.watch(self._count)

    def tell(self, panel: str, data: Mapping[str, object]) -> None:
        """Show something in a panel: to who watches, and to who comes later."""
        with self._lock:
            if self._tell is None:
                self._early.append((panel, data, datetime.now(timezone.utc)))
                return

        self._tell(panel, data)

    def __call__(
        self, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        return self._made()(environ, start_response)

    def _count(self, reports: list[Report]) -> None:
        ledger = self._kept()
        for entry in ledger.take(reports):
            totals = dataclasses.asdict(ledger.totals)
            self.tell("violations", {**entry, "totals": totals})

    def _kept(self) -> Ledger:
        from ..headers.ledger import Ledger

        with self._lock:
            self._ledger = self._ledger or Ledger()
            return self._ledger

    def _hear(self, event: Event) -> None:
        self.tell("handshakes", as_data(event))

    def _made(self) -> Page:
        ledger = self._kept()
        with self._lock:
            if self._page is None:
                self._page = self._make(ledger)

            return self._page

    def _make(self, ledger: Ledger) -> Page:
        from ..devtools import Hub
        from ..devtools import Page
        from ..devtools import Run

        hub = Hub()
        for early in self._early:
            hub.tell(*early)
        self._tell = hub.tell

        run = Run(
            self._app,
            self._context,
            frozenset(
                name.value for name in self._served.names or () if not name.wildcard
            ),
            self._settings,
            hub,
            ledger,
            self._served.extras.lan,
        )
        return Page(self._inner, run, self._token)


def as_data(event: Event) -> Mapping[str, object]:
    """An event, as its panel shows it."""
    # Shown pages get around, and whose home it is concerns nobody.
    home = os.path.join(os.path.expanduser("~"), "")
    sentence = event.sentence.replace(home, "~/") if home != "/" else event.sentence
    return {"kind": event.kind, "sentence": sentence, "peer": event.peer}


def url(served: Served, port: int) -> str:
    """What the developer opens, once for each browser."""
    from .banner import urls

    (first, *_) = urls(served.names or (), "", port) or [f"https://localhost:{port}"]
    return f"{first}/_tlsdev/?token={served.page_token}"
