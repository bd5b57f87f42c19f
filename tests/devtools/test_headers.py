from __future__ import annotations

import json
from typing import Any

from flask import Flask

from flask_tlsdev import tls_headers
from flask_tlsdev.web.audit import audit

from .serving import make_app
from .serving import serving


def state(app: Flask) -> Any:
    with serving(app) as served:
        return json.loads(served.state("headers").body)


def shop(**config: Any) -> Flask:
    """An app whose map sends something else than the other pages."""
    app = make_app(**config)

    @app.get("/about")
    def about() -> str:
        return ""

    @app.get("/map")
    @tls_headers(csp={"img-src": {"add": "https://tiles.test"}})
    def map() -> str:
        return ""

    return app


def header(group: Any, name: str) -> Any:
    (found,) = (each for each in group["headers"] if each["name"] == name)
    return found


def test_routes_that_send_the_same_are_together() -> None:
    found = state(shop())

    paths = [[route["path"] for route in each["routes"]] for each in found["groups"]]
    assert paths == [["/", "/about"], ["/map"]]


def test_it_says_what_the_command_says() -> None:
    app = shop(CSP={"img-src": "'self'"})
    settings = app.extensions["tlsdev"].settings

    found = state(app)

    for group, routes in zip(
        found["groups"], audit(app, settings, []).groups, strict=True
    ):
        said = routes[0].as_dict()
        assert {name: group[name] for name in said if name in group} == {
            name: said[name] for name in ("grade", "score", "improvements", "headers")
        }


def test_each_word_of_the_road_to_a_header_is_named() -> None:
    found = state(shop(CSP={"img-src": "'self'"}))

    policy = header(found["groups"][1], "Content-Security-Policy")
    assert policy["origins"] == [
        "TLSDEV_HEADERS = 'balanced'",
        "TLSDEV_CSP",
        "tls_headers on shop.<locals>.map",
    ]
    assert "img-src 'self' https://tiles.test" in policy["text"]


def test_what_only_production_sends_is_told_apart() -> None:
    (group, _) = state(shop())["groups"]

    hsts = header(group, "Strict-Transport-Security")
    policy = header(group, "Content-Security-Policy")
    assert (hsts["sent"], hsts["development"]) == (True, "")
    assert policy["development"] == policy["text"].removesuffix(
        "; upgrade-insecure-requests"
    )


def test_an_app_without_the_extension_is_told_what_it_lacks() -> None:
    app = make_app()
    with serving(app) as served:
        del app.extensions["tlsdev"]

        for panel in ("headers", "violations"):
            found = json.loads(served.state(panel).body)
            assert found["registered"] is False
