"""Small apps for the tests of what responses get."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_tlsdev import TLSDev

#: Where a browser may remember what it is told.
PUBLIC = "https://www.shop.com"

CSP = "Content-Security-Policy"


def make_app(*, static_folder: Any = None, debug: bool = False, **config: Any) -> Flask:
    """An app with one page, registered with these keys without ``TLSDEV_``."""
    app = Flask("app", static_folder=static_folder)
    app.debug = debug
    app.config.update({f"TLSDEV_{name}": value for name, value in config.items()})
    TLSDev(app)

    @app.route("/", methods=["GET", "POST"])
    def index() -> str:
        return "<p>hello"

    return app


def directives(response: Any, name: str = CSP) -> dict[str, str]:
    """The directives of a response's policy."""
    parts = response.headers[name].split("; ")
    return {part.partition(" ")[0]: part.partition(" ")[2] for part in parts}
