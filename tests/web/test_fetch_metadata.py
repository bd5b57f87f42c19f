from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask

from flask_tlsdev import ConfigError
from flask_tlsdev import tls_headers

from .apps import make_app


def said(site: str, mode: str = "no-cors", dest: str = "image") -> dict[str, str]:
    return {
        "Sec-Fetch-Site": site,
        "Sec-Fetch-Mode": mode,
        "Sec-Fetch-Dest": dest,
    }


def status(app: Flask, path: str = "/", method: str = "GET", **headers: str) -> int:
    return app.test_client().open(path, method=method, headers=headers).status_code


@pytest.mark.parametrize(
    ("headers", "method", "answer"),
    [
        ({}, "GET", 200),
        ({}, "POST", 200),
        (said("same-origin"), "POST", 200),
        (said("same-site"), "POST", 200),
        (said("none"), "GET", 200),
        (said("cross-site", "navigate", "document"), "GET", 200),
        (said("cross-site", "navigate", "iframe"), "HEAD", 200),
        (said("cross-site", "navigate", "document"), "POST", 403),
        (said("cross-site", "navigate", "object"), "GET", 403),
        (said("cross-site", "navigate", "embed"), "GET", 403),
        (said("cross-site"), "GET", 403),
        (said("cross-site", "cors", "empty"), "GET", 403),
        (said("cross-site", "cors", "empty"), "OPTIONS", 403),
        (said("made-up"), "GET", 403),
    ],
)
def test_other_sites_may_only_link_to_pages(
    headers: dict[str, str], method: str, answer: int
) -> None:
    assert status(make_app(FETCH_METADATA=True), method=method, **headers) == answer


def test_the_refusal_is_the_app_s_own_page_with_headers() -> None:
    app = make_app(FETCH_METADATA="enforce")
    app.register_error_handler(403, lambda error: ("<p>go away", 403))

    response = app.test_client().get("/", headers=said("cross-site"))

    assert response.text == "<p>go away"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_caches_are_told_that_the_answer_depends_on_it() -> None:
    response = make_app(FETCH_METADATA=True).test_client().get("/")

    assert response.vary.as_set() >= {
        "sec-fetch-site",
        "sec-fetch-mode",
        "sec-fetch-dest",
    }
    assert not make_app().test_client().get("/").vary


def test_it_can_be_only_said(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(FETCH_METADATA="log")

    with caplog.at_level(logging.WARNING, "flask_tlsdev"):
        answer = status(app, **said("cross-site\x1b[2J"))

    assert answer == 200
    assert "comes from another site" in caplog.text
    assert "\x1b" not in caplog.text


@pytest.mark.parametrize("where", ["view", "path", "key"])
def test_a_view_or_path_can_be_open_to_all(where: str) -> None:
    config: dict[str, Any] = {"FETCH_METADATA": True}
    if where == "key":
        config["FETCH_METADATA"] = {"exempt": ["/widget"]}
    if where == "path":
        config["PATHS"] = {"/widget": {"fetch_metadata": None}}
    app = make_app(**config)

    @app.get("/widget")
    def widget() -> str:
        return "1"

    if where == "view":
        tls_headers(fetch_metadata=None)(widget)

    assert status(app, "/widget", **said("cross-site")) == 200
    assert status(app, "/", **said("cross-site")) == 403


def test_nothing_is_refused_where_nobody_asked() -> None:
    assert status(make_app(), **said("cross-site")) == 200
    assert status(make_app(HEADERS="strict"), **said("cross-site")) == 403


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("enforced", "Did you mean 'enforce'"),
        ({"modes": "log"}, "Did you mean 'mode'"),
        (1, "'int' is not what it can be"),
    ],
)
def test_what_cannot_be_is_refused(value: object, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        make_app(FETCH_METADATA=value)

    assert caught.value.key == "TLSDEV_FETCH_METADATA"
