from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask import request
from flask import Response
from flask import session

from flask_tlsdev import ConfigError

from .apps import make_app
from .apps import PUBLIC


def make(**config: Any) -> Flask:
    app = make_app(**config)
    app.secret_key = "x"

    @app.get("/login")
    def login() -> str:
        session["user"] = 1
        return "<p>"

    @app.get("/me")
    def me() -> dict[str, Any]:
        return {"user": session.get("user"), "cookies": dict(request.cookies)}

    @app.get("/logout")
    def logout() -> str:
        session.clear()
        return "<p>"

    @app.get("/set/<path:cookie>")
    def set_cookie(cookie: str) -> Response:
        return Response("<p>", headers={"Set-Cookie": cookie})

    return app


def attributes(app: Flask, path: str, base_url: str = PUBLIC) -> list[str]:
    response = app.test_client().get(path, base_url=base_url)
    (cookie,) = response.headers.getlist("Set-Cookie")
    return cookie.split("; ")[1:]


def test_the_session_cookie_is_secure_and_for_this_site() -> None:
    app = make()

    assert attributes(app, "/login") == ["HttpOnly", "Path=/", "Secure", "SameSite=Lax"]


def test_over_plain_http_a_cookie_is_not_secure() -> None:
    assert "Secure" not in attributes(make(), "/login", "http://localhost")


@pytest.mark.parametrize(
    ("config", "given", "sent"),
    [
        (True, "a=1", ["Secure", "SameSite=Lax"]),
        (True, "a=1; SameSite=None", ["SameSite=None", "Secure"]),
        (True, "a=1; samesite=strict; secure", ["samesite=strict", "secure"]),
        ({"httponly": True}, "a=1", ["Secure", "HttpOnly", "SameSite=Lax"]),
        ({"samesite": "strict"}, "a=1", ["Secure", "SameSite=Strict"]),
        ({"samesite": None}, "a=1", ["Secure"]),
        ({"secure": False}, "a=1", ["SameSite=Lax"]),
        ({"except": ["a"]}, "a=1", []),
        ({"except": "b, a"}, "a=1", []),
        (None, "a=1", []),
    ],
)
def test_every_cookie_gets_what_it_does_not_say(
    config: object, given: str, sent: list[str]
) -> None:
    assert attributes(make(COOKIES=config), f"/set/{given}") == sent


def test_with_the_prefix_a_sibling_domain_cannot_set_the_session() -> None:
    app = make(COOKIES={"host_prefix": True})
    client = app.test_client()

    answer = client.get("/login", base_url=PUBLIC)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    mine = {"Cookie": cookie.partition(";")[0] + "; other=2"}
    forged = {"Cookie": cookie.partition(";")[0].removeprefix("__Host-")}
    fresh = app.test_client(use_cookies=False)
    seen = fresh.get("/me", base_url=PUBLIC, headers=mine).get_json()
    refused = fresh.get("/me", base_url=PUBLIC, headers=forged).get_json()

    assert cookie.startswith("__Host-session=")
    assert seen["user"] == 1
    assert seen["cookies"]["other"] == "2"
    assert refused["user"] is None
    assert "session" not in refused["cookies"]


def test_a_browser_that_follows_the_prefix_stays_logged_in_and_logs_out() -> None:
    client = make(COOKIES={"host_prefix": True}).test_client()

    client.get("/login", base_url=PUBLIC)
    assert client.get("/me", base_url=PUBLIC).json["user"] == 1  # type: ignore[index]
    client.get("/logout", base_url=PUBLIC)
    assert client.get("/me", base_url=PUBLIC).json["user"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    "given", ["a=1; Path=/x", "a=1; Path=/; Domain=shop.com", "b=1; Path=/", "a=1"]
)
def test_the_prefix_goes_only_where_browsers_take_it(given: str) -> None:
    app = make(COOKIES={"host_prefix": ["a"]})

    response = app.test_client().get(f"/set/{given}", base_url=PUBLIC)

    assert "__Host-" not in response.headers["Set-Cookie"]


def test_over_plain_http_there_is_no_prefix() -> None:
    client = make(COOKIES={"host_prefix": True}).test_client()

    client.get("/login", base_url="http://localhost")

    assert client.get_cookie("session") is not None
    assert client.get("/me", base_url="http://localhost").json["user"] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"same_site": "Lax"}, "Did you mean 'samesite'"),
        ({"samesite": "Lux"}, "Did you mean 'Lax'"),
        ({"secure": "yes"}, "secure is True or False"),
        ({"host_prefix": 1}, "not a type"),
        ("Lax", "'str' is not what it can be"),
    ],
)
def test_what_cannot_be_is_refused(value: object, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        make(COOKIES=value)

    assert caught.value.key == "TLSDEV_COOKIES"
