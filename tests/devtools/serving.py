"""The page of a server in this process, and browsers that ask as a test says."""

from __future__ import annotations

import contextlib
import http.client
import os
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from flask_tlsdev import TLSDev
from flask_tlsdev.config import Settings
from flask_tlsdev.contexts import Connection
from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.devtools import Asked
from flask_tlsdev.devtools import Hub
from flask_tlsdev.devtools import Page
from flask_tlsdev.devtools import Run
from flask_tlsdev.provision import obtain
from flask_tlsdev.server import Limits
from flask_tlsdev.server.handler import handler

from ..contexts.serving import settle
from ..contexts.serving import trusting

TOKEN = "the-token-of-this-run"

#: How a browser goes to a page that was typed in.
TYPED = {
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
#: How the page's own script asks.
FETCHED = {
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Served:
    """A server with a page."""

    run: Run
    page: Page
    port: int
    address: str = "127.0.0.1"

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        host: str = "",
    ) -> Answer:
        """What the server answers to exactly these headers."""
        with self.connect() as connection:
            sent = {"Host": host or f"localhost:{self.port}", **(headers or {})}
            connection.request(method, path, headers=sent)
            found = connection.getresponse()
            return Answer(found.status, found.read(), dict(found.getheaders()))

    @contextlib.contextmanager
    def connect(self) -> Iterator[http.client.HTTPSConnection]:
        connection = http.client.HTTPSConnection(
            self.address, self.port, context=trusting(), timeout=20
        )
        try:
            yield connection
        finally:
            connection.close()

    def cookie(self) -> dict[str, str]:
        """What a browser has that has been let in."""
        found = self.ask(f"/_tlsdev/?token={TOKEN}", TYPED)
        assert found.status == 303
        return {"Cookie": found.headers["Set-Cookie"].partition(";")[0]}

    def state(self, panel: str) -> Answer:
        return self.ask(f"/_tlsdev/state/{panel}", {**self.cookie(), **FETCHED})


def make_app(**config: Any) -> Flask:
    app = Flask("shop", static_folder=None)
    app.debug = True
    app.config.update({f"TLSDEV_{name}": value for name, value in config.items()})
    TLSDev(app)

    @app.get("/")
    def index() -> str:
        return "<!doctype html><title>shop</title><p>hello"

    @app.errorhandler(404)
    def nothing(error: object) -> tuple[str, int]:
        return "the app has no such page", 404

    return app


def make_run(app: Flask, context: DevContext, settings: Settings, **more: Any) -> Run:
    names = frozenset(name.value for name in settings.names if not name.wildcard)
    return Run(app, context, names, lambda: settings, Hub(), **more)


@contextlib.contextmanager
def serving(
    app: Flask | None = None,
    host: str = "127.0.0.1",
    change: Callable[[Run], Run] = lambda run: run,
    context: DevContext | None = None,
) -> Iterator[Served]:
    """A server whose page is that of this app.

    :param change: Another run than the server's own.
    """
    app = app or make_app()
    settings = Settings.from_mapping(app.config, environ=os.environ)
    if context is None:
        files = obtain(settings, settings.names).files
        context = server_context(files, names=settings.names)

    run = change(make_run(app, context, settings))
    page = Page(app, run, TOKEN)
    server = make_server(
        host,
        0,
        app,
        threaded=True,
        ssl_context=context,
        request_handler=handler(Limits(), page),
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    try:
        yield Served(run, page, server.port)
    finally:
        run.hub.close()
        server.shutdown()
        thread.join()
        server.server_close()
        settle(lambda: threading.active_count() <= 1)


def asked(run: Run, connection: Connection, **args: str) -> Asked:
    return Asked(run, connection, args, "https://localhost:5000")
