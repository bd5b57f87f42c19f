from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_tlsdev import ConfigError
from flask_tlsdev import TLSDev

from .apps import make_app

HTTP = "http://www.shop.com"


def asked(
    value: object, base_url: str = HTTP, path: str = "/", **request: Any
) -> tuple[int, str | None]:
    """The status and the place that a request is sent to."""
    debug = request.pop("debug", False)
    app = make_app(FORCE_HTTPS=value, debug=debug)
    response = app.test_client().open(path, base_url=base_url, **request)
    return response.status_code, response.headers.get("Location")


@pytest.mark.parametrize(
    ("value", "base_url", "path", "status", "location"),
    [
        (True, HTTP, "/a?b=1", 308, "https://www.shop.com/a?b=1"),
        (True, "http://www.shop.com:8080", "/", 308, "https://www.shop.com/"),
        ({"port": 8443}, HTTP, "/", 308, "https://www.shop.com:8443/"),
        ({"status": 301}, HTTP, "/", 301, "https://www.shop.com/"),
        ({"status": 302}, HTTP, "/", 302, "https://www.shop.com/"),
        ({"port": 5443}, "http://app.test:5000", "/", 307, "https://app.test:5443/"),
        ({"port": 5443}, "http://[::1]:5000", "/", 307, "https://[::1]:5443/"),
        ({"port": 443}, "http://localhost:5000", "/", 307, "https://localhost/"),
    ],
)
def test_plain_http_is_sent_to_the_port_that_speaks_tls(
    value: object, base_url: str, path: str, status: int, location: str
) -> None:
    assert asked(value, base_url, path) == (status, location)


def test_a_browser_remembers_no_redirect_in_debug() -> None:
    assert asked({"port": 5443}, debug=True)[0] == 307


def test_a_post_stays_a_post() -> None:
    assert asked({"status": 301}, method="POST")[0] == 308
    assert asked({"status": 302}, method="POST")[0] == 307


@pytest.mark.parametrize(
    ("value", "base_url"),
    [
        (None, HTTP),
        (True, "https://www.shop.com"),
        (True, "http://localhost:5000"),
        (True, "http://app.test"),
        (True, "http://192.168.1.20"),
        ({"exempt": ["/"]}, HTTP),
        ({"exempt": "/health, /"}, HTTP),
    ],
)
def test_it_is_answered_where_nobody_asked_or_no_port_is_known(
    value: object, base_url: str
) -> None:
    assert asked(value, base_url) == (200, None)


def test_below_an_exempt_path_nothing_is_redirected() -> None:
    value = {"exempt": "/health"}

    assert asked(value, path="/health/live")[0] == 404
    assert asked(value, path="/healthy")[0] == 308


def test_under_flask_run_no_port_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")

    assert asked(True) == (200, None)


def test_a_preflight_is_answered() -> None:
    said = {"Access-Control-Request-Method": "POST", "Origin": "https://a.test"}

    assert asked(True, method="OPTIONS", headers=said)[0] == 200
    assert asked(True, method="OPTIONS")[0] == 308


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("value", [True, {"port": 443}])
def test_tests_are_never_redirected(value: object, method: str) -> None:
    app = make_app(FORCE_HTTPS=value)
    app.testing = True

    assert app.test_client().open("/", base_url=HTTP, method=method).status_code == 200


def test_the_redirect_has_headers_of_its_own() -> None:
    response = make_app(FORCE_HTTPS=True).test_client().get("/", base_url=HTTP)

    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in response.headers


def test_behind_a_proxy_that_nobody_believes_it_does_not_go_round(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(FORCE_HTTPS=True)
    said = {"X-Forwarded-Proto": "https"}

    with caplog.at_level(logging.WARNING, "flask_tlsdev"):
        answers = [
            app.test_client().get("/", base_url=HTTP, headers=said) for _ in range(3)
        ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert caplog.text.count("ProxyFix") == 1


@pytest.mark.parametrize("outside", [True, False], ids=["outside", "inside"])
def test_a_proxy_that_is_believed_decides(
    caplog: pytest.LogCaptureFixture, outside: bool
) -> None:
    app = Flask("app")
    app.config["TLSDEV_FORCE_HTTPS"] = True
    if outside:
        TLSDev(app)
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    if not outside:
        TLSDev(app)
    client = app.test_client()

    by_https, by_http, forged = (
        client.get("/", base_url=HTTP, headers={"X-Forwarded-Proto": scheme})
        for scheme in ("https", "http", "https, http")
    )

    assert by_https.status_code == 404
    assert "Strict-Transport-Security" in by_https.headers
    assert by_http.status_code == forged.status_code == 308
    assert not caplog.records


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"status": 303}, "301, 302, 307 or 308"),
        ({"port": 0}, "up to 65535"),
        ({"port": True}, "up to 65535"),
        ({"ports": 443}, "Did you mean 'port'"),
        ({"exempt": "health"}, "has to begin with '/'"),
        ({"exempt": 1}, "no list of paths"),
        ("yes", "'str' is not what it can be"),
    ],
)
def test_what_cannot_be_is_refused(value: object, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        make_app(FORCE_HTTPS=value)

    assert caught.value.key == "TLSDEV_FORCE_HTTPS"
