from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask
from flask import make_response
from flask import Response
from werkzeug.debug import DebuggedApplication
from werkzeug.test import create_environ
from werkzeug.test import run_wsgi_app

from flask_tlsdev.devtools.badge import Badge
from flask_tlsdev.devtools.badge import LONGEST

from .serving import TYPED

PAGE = "<!doctype html><title>shop</title><body><p>hello</body></html>"
COOKIE = {"Cookie": "__Host-tlsdev-443=x"}
MARK = b'id="tlsdev-badge"'


def ask(
    app: Any, *, may_see: bool = True, **headers: Any
) -> tuple[bytes, dict[str, str]]:
    badge = Badge(app, lambda environ: may_see)
    environ = create_environ(
        "/", "https://localhost", headers={**TYPED, **COOKIE, **headers}
    )
    body, _, fields = run_wsgi_app(badge, environ, buffered=True)
    return b"".join(body), dict(fields)


def saying(body: str | Iterable[str] = PAGE, status: int = 200, **fields: str) -> Flask:
    app = Flask("shop")

    @app.route("/", methods=["GET", "POST"])
    def index() -> Response:
        response = make_response(body, status)
        response.headers.update(
            {name.replace("_", "-"): value for name, value in fields.items()}
        )
        return response

    return app


def test_a_page_gets_a_link_before_its_end() -> None:
    body, fields = ask(saying(), Host="localhost:5000")

    assert body.endswith(
        b'<p id="tlsdev-badge"><a href="https://localhost:5000/_tlsdev/"'
        b' target="_blank" rel="noopener">flask-tlsdev</a></p></body></html>'
    )
    assert fields["Content-Length"] == str(len(body))


def test_a_text_that_looks_like_the_end_is_none() -> None:
    body, _ = ask(saying("<body><pre></body></pre></body>"))

    assert body.count(MARK) == 1
    assert body.startswith(b"<body><pre></body></pre><style>")


def test_a_browser_that_comes_back_is_not_sent_the_page_without_it() -> None:
    _, fields = ask(saying(ETag='"x"', Last_Modified="Sun, 22 Nov 2026 00:00:00 GMT"))

    assert not {"ETag", "Last-Modified"} & set(fields)


def test_a_generator_in_front_of_the_app_changes_nothing() -> None:
    body, fields = ask(DebuggedApplication(saying()))

    assert MARK in body
    assert fields["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    "app",
    [
        saying("<p>a fragment"),
        saying('{"a": "</body>"}', Content_Type="application/json"),
        saying(PAGE, Content_Encoding="gzip"),
        saying(PAGE, Content_Type="text/html; charset=utf-16"),
        saying(PAGE, Content_Disposition="attachment"),
        saying(PAGE, Cache_Control="no-transform"),
        saying(PAGE, Content_Digest="sha-256=:x:"),
        saying(PAGE, 206, Content_Range="bytes 0-9/99"),
        saying(PAGE + " " * LONGEST),
        saying(["<body>", "streamed", "</body>"]),
    ],
    ids=[
        "fragment",
        "JSON",
        "encoded",
        "UTF-16",
        "download",
        "no-transform",
        "digest",
        "part",
        "large",
        "stream",
    ],
)
def test_whatever_is_no_whole_page_stays_as_it_is(app: Flask) -> None:
    plain = app.test_client().get("/")

    body, fields = ask(app)

    assert body == plain.data
    assert fields == dict(plain.headers)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_stays_as_it_is(status: int) -> None:
    body, _ = ask(saying("", status))

    assert body == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Cookie": "session=x"},
    ],
    ids=str,
)
def test_only_who_goes_to_a_page_gets_it(headers: dict[str, Any]) -> None:
    assert MARK not in ask(saying(), **headers)[0]


def test_who_may_not_see_the_page_gets_none() -> None:
    assert MARK not in ask(saying(), may_see=False)[0]


@pytest.mark.parametrize(
    ("policies", "style"),
    [
        ([], b"<style>"),
        (["default-src 'self'"], None),
        (["script-src 'self'"], None),
        (["default-src 'nonce-abc123'"], b'<style nonce="abc123">'),
        (["style-src 'self' 'nonce-abc'; default-src 'none'"], b'<style nonce="abc">'),
        (["style-src-elem 'self'; style-src 'nonce-abc'"], None),
        (["style-src 'nonce-a'", "style-src 'nonce-b'"], None),
        (["style-src 'nonce-a', default-src 'none'"], None),
        (["style-src 'unsafe-inline'"], None),
    ],
    ids=str,
)
def test_it_is_styled_only_where_the_policy_allows_it(
    policies: list[str], style: bytes | None
) -> None:
    app = Flask("shop")

    @app.get("/")
    def index() -> Response:
        response = make_response(PAGE)
        for policy in policies:
            response.headers.add("Content-Security-Policy", policy)
        return response

    body, _ = ask(app)

    assert MARK in body
    assert (b"<style" in body) is (style is not None)
    assert style is None or style in body


def test_a_host_makes_no_markup() -> None:
    body, _ = ask(saying(), Host='x"><script>')

    assert b"<script>" not in body


def test_a_body_is_closed_as_it_was_before() -> None:
    closed = []

    class Body:
        def __iter__(self) -> Any:
            return iter([PAGE.encode()])

        def close(self) -> None:
            closed.append(True)

    def app(environ: Any, start_response: Any) -> Any:
        length = str(len(PAGE))
        start_response(
            "200 OK", [("Content-Type", "text/html"), ("Content-Length", length)]
        )
        return Body()

    ask(app)

    assert closed == [True]
