from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask import render_template_string
from flask import Response
from flask import stream_template_string
from flask import stream_with_context

from flask_tlsdev import csp_nonce
from flask_tlsdev import TLSDevError

from .apps import CSP
from .apps import directives
from .apps import make_app

PAGE = '<script nonce="{{ csp_nonce() }}">1</script>'


def add_pages(app: Flask) -> None:
    @app.get("/page")
    def page() -> str:
        return render_template_string(PAGE + PAGE)

    @app.get("/stream")
    def stream() -> Iterator[str]:
        return stream_template_string(PAGE)

    @app.get("/own")
    def own() -> Response:
        csp_nonce()
        return Response("<p>", headers={CSP: "default-src *"})

    @app.get("/cached/<how>")
    def cached(how: str) -> Response:
        csp_nonce()
        return Response("<p>", headers={"Cache-Control": how})

    @app.get("/not-modified")
    def not_modified() -> Response:
        csp_nonce()
        return Response(status=304)

    @app.get("/macro")
    def macro() -> str:
        return render_template_string(
            "{% macro script() %}<script nonce='{{ csp_nonce() }}'>{% endmacro %}"
            "{{ script() }}"
        )


@pytest.fixture
def app() -> Flask:
    app = make_app()
    add_pages(app)
    return app


def nonces(text: str) -> set[str]:
    return set(re.findall(r"nonce[-=\"']+([^\"']+)", text))


@pytest.mark.parametrize("path", ["/page", "/stream", "/macro"])
def test_a_page_and_its_policy_have_one_nonce(app: Flask, path: str) -> None:
    response = app.test_client().get(path)

    (nonce,) = nonces(response.text)
    assert nonces(response.headers[CSP]) == {nonce}
    assert directives(response)["script-src"] == f"'self' 'nonce-{nonce}'"


def test_each_request_has_another_nonce(app: Flask) -> None:
    first, second = (app.test_client().get("/page") for _ in range(2))

    assert nonces(first.text).isdisjoint(nonces(second.text))


def test_a_page_that_uses_none_has_none(app: Flask) -> None:
    response = app.test_client().get("/")

    assert "nonce" not in response.headers[CSP]
    assert "Cache-Control" not in response.headers


def test_a_page_with_a_nonce_is_not_for_shared_caches(app: Flask) -> None:
    assert app.test_client().get("/page").headers["Cache-Control"] == "private"
    assert app.test_client().get("/stream").headers["Cache-Control"] == "private"


@pytest.mark.parametrize(
    ("how", "warns"), [("no-store", False), ("private", False), ("public", True)]
)
def test_what_a_view_says_of_caches_stays_but_is_doubted(
    app: Flask, caplog: pytest.LogCaptureFixture, how: str, warns: bool
) -> None:
    with caplog.at_level(logging.WARNING, "flask_tlsdev"):
        response = app.test_client().get(f"/cached/{how}")

    assert response.headers.getlist("Cache-Control") == [how]
    assert ("everybody the same nonce" in caplog.text) is warns


def test_a_304_has_no_policy(app: Flask) -> None:
    response = app.test_client().get("/not-modified")

    assert response.status_code == 304
    assert CSP not in response.headers
    assert "X-Content-Type-Options" in response.headers


def test_the_policy_of_a_view_is_left_as_it_is(app: Flask) -> None:
    response = app.test_client().get("/own")

    assert response.headers.getlist(CSP) == ["default-src *"]


def test_there_is_a_nonce_when_there_is_no_policy() -> None:
    app = make_app(HEADERS="off")
    add_pages(app)

    response = app.test_client().get("/page")

    assert nonces(response.text)
    assert CSP not in response.headers


def test_a_nonce_that_comes_too_late_is_an_error(app: Flask) -> None:
    def late() -> Iterator[str]:
        yield "<p>"
        yield csp_nonce()

    @app.get("/late")
    def view() -> Response:
        return Response(stream_with_context(late()), headers={"Content-Length": "35"})

    with pytest.raises(TLSDevError, match="headers had gone out"):
        _ = app.test_client().get("/late").text


@pytest.mark.parametrize(
    ("csp", "script", "style"),
    [
        ("script-src 'none'", "NONCE", None),
        ("default-src 'self'", "'self' NONCE", "'self' NONCE"),
        ("default-src 'none'", "NONCE", "NONCE"),
        ("script-src 'self' 'unsafe-inline'", "'self' 'unsafe-inline'", None),
        ("script-src 'nonce' 'unsafe-inline'", "NONCE 'unsafe-inline'", None),
        ("img-src 'self'", None, None),
        ("style-src 'self'; script-src *", "* NONCE", "'self' NONCE"),
    ],
)
def test_a_nonce_goes_where_it_does_something(
    csp: str, script: str | None, style: str | None
) -> None:
    app = make_app(CSP=csp)
    add_pages(app)

    response = app.test_client().get("/page")

    (nonce,) = nonces(response.text)
    sent = {
        name: words.replace(f"'nonce-{nonce}'", "NONCE")
        for name, words in directives(response).items()
    }
    assert sent.get("script-src") == script
    assert sent.get("style-src") == style


def test_both_policies_have_the_same_nonce() -> None:
    app = make_app(CSP_REPORT_ONLY=True)
    add_pages(app)

    response = app.test_client().get("/page")

    assert nonces(response.headers[CSP]) == nonces(response.text)
    reported = response.headers[f"{CSP}-Report-Only"]
    assert nonces(reported) == nonces(response.text)
    assert "require-trusted-types-for" in reported


def test_a_strict_policy_always_has_one() -> None:
    response = make_app(HEADERS="strict").test_client().get("/")

    assert re.search(
        r"script-src 'nonce-[0-9a-f]{32}' 'strict-dynamic'", str(response.headers)
    )
