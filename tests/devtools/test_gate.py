from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import Client
from werkzeug.test import create_environ
from werkzeug.test import run_wsgi_app

from flask_tlsdev.contexts import server_context
from flask_tlsdev.server import CONNECTION

from ..contexts.making import make
from ..contexts.making import put
from ..contexts.test_choosing import own_address
from .serving import Answer
from .serving import FETCHED
from .serving import make_app
from .serving import Served
from .serving import serving
from .serving import TOKEN
from .serving import TYPED


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def is_the_apps_404(answer: Answer) -> bool:
    """Whether it is what the app says of every path that it does not have."""
    return answer.status == 404 and answer.body == b"the app has no such page"


def test_the_banners_url_lets_a_browser_in(served: Served) -> None:
    answer = served.ask(f"/_tlsdev/?token={TOKEN}", TYPED)

    assert answer.status == 303
    assert answer.headers["Location"] == "/_tlsdev/"
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith(f"__Host-tlsdev-{served.port}=")
    assert set(attributes) == {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}
    assert TOKEN not in name


def test_who_was_let_in_sees_the_page(served: Served) -> None:
    answer = served.ask("/_tlsdev/", {**served.cookie(), **TYPED})

    assert answer.status == 200
    assert b"<h1>" in answer.body


@pytest.mark.parametrize(
    "token", ["", "x", TOKEN[:-1], TOKEN + "x", "%E2%82%AC", TOKEN.upper()]
)
def test_another_token_is_none(served: Served, token: str) -> None:
    assert is_the_apps_404(served.ask(f"/_tlsdev/?token={token}", TYPED))


@pytest.mark.parametrize(
    "cookie",
    [
        {},
        {"Cookie": "__Host-tlsdev-{port}="},
        {"Cookie": f"__Host-tlsdev-{{port}}={TOKEN}"},
        {"Cookie": "__Host-tlsdev=00; __Host-tlsdev-{port}=€"},
    ],
    ids=["none", "empty", "the token", "another"],
)
def test_without_its_cookie_there_is_nothing(
    served: Served, cookie: dict[str, str]
) -> None:
    sent = {name: value.format(port=served.port) for name, value in cookie.items()}
    sent = {name: value.encode().decode("latin-1") for name, value in sent.items()}

    assert is_the_apps_404(served.ask("/_tlsdev/", {**sent, **TYPED}))


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "QUERY"])
def test_only_get_is_answered(served: Served, method: str) -> None:
    headers = {**served.cookie(), **TYPED}

    answer = served.ask("/_tlsdev/", headers, method=method)

    assert answer.status == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Dest": "object"},
    ],
    ids=lambda changed: "-".join(map("".join, changed.items())),
)
def test_nobody_is_led_to_the_page(served: Served, changed: dict[str, str]) -> None:
    headers = {**served.cookie(), **TYPED, **changed}

    assert is_the_apps_404(served.ask("/_tlsdev/", headers))
    assert is_the_apps_404(served.ask(f"/_tlsdev/?token={TOKEN}", headers))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_no_other_page_reads_what_a_panel_shows(
    served: Served, site: str | None
) -> None:
    headers = {**served.cookie(), **FETCHED, "Sec-Fetch-Site": site or ""}
    if site is None:
        del headers["Sec-Fetch-Site"]

    for path in ("state/connection", "events", "static/base.js"):
        assert is_the_apps_404(served.ask(f"/_tlsdev/{path}", headers))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "localhost.evil.example:{port}",
        "localhost",
        "localhost:1",
        "localhost:{port}0",
        "localhost:²",
        "localhost.:{port}",
        "0.0.0.0:{port}",
        "[::1:{port}",
        "app.test:{port}",
    ],
)
def test_a_name_that_was_bent_here_shows_nothing(served: Served, host: str) -> None:
    host = host.format(port=served.port).encode().decode("latin-1")
    headers = {**served.cookie(), **TYPED}

    assert served.ask("/_tlsdev/", headers, host=host).status in (400, 404)
    assert served.ask(f"/_tlsdev/?token={TOKEN}", TYPED, host=host).status in (400, 404)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST:{port}"]
)
def test_each_served_name_shows_it(served: Served, host: str) -> None:
    host = host.format(port=served.port)

    answer = served.ask("/_tlsdev/", {**served.cookie(), **TYPED}, host=host)

    assert answer.status == 200


def test_a_wildcard_is_no_name_that_was_written_down() -> None:
    with serving(make_app(NAMES="localhost, *.app.test")) as served:
        headers = {**served.cookie(), **TYPED}
        host = f"evil.app.test:{served.port}"

        assert is_the_apps_404(served.ask("/_tlsdev/", headers, host=host))


@pytest.mark.parametrize(
    "name",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "X-Real-IP",
        "Via",
        "CF-Connecting-IP",
        "X-Original-Host",
        "True-Client-IP",
        "X-Client-IP",
    ],
)
def test_behind_a_proxy_there_is_nothing(served: Served, name: str) -> None:
    headers = {**served.cookie(), **TYPED, name: "127.0.0.1"}

    assert is_the_apps_404(served.ask("/_tlsdev/", headers))


def test_without_debug_there_is_nothing(served: Served) -> None:
    headers = {**served.cookie(), **TYPED}
    served.run.app.debug = False

    assert is_the_apps_404(served.ask("/_tlsdev/", headers))
    assert is_the_apps_404(served.ask(f"/_tlsdev/?token={TOKEN}", TYPED))


def test_another_device_sees_nothing() -> None:
    with serving(host="0.0.0.0") as served:
        headers = {**served.cookie(), **TYPED}
        away = replace(served, address=own_address())

        assert served.ask("/_tlsdev/", headers).status == 200
        assert is_the_apps_404(away.ask("/_tlsdev/", headers))
        assert is_the_apps_404(away.ask(f"/_tlsdev/?token={TOKEN}", TYPED))


def test_with_a_certificate_of_somebody_else_there_is_nothing(tmp_path: Path) -> None:
    context = server_context(put(tmp_path / "pair", make()))

    with serving(context=context) as served:
        assert is_the_apps_404(served.ask(f"/_tlsdev/?token={TOKEN}", TYPED))


def test_with_a_self_signed_certificate_there_is_the_page() -> None:
    with serving(make_app(ISSUER="self-signed")) as served:
        assert served.ask("/_tlsdev/", {**served.cookie(), **TYPED}).status == 200


def test_on_another_server_there_is_nothing(served: Served) -> None:
    environ = create_environ(
        "/_tlsdev/",
        f"https://localhost:{served.port}",
        headers={**served.cookie(), **TYPED},
    )

    for mark in (None, "127.0.0.1", object()):
        environ[CONNECTION] = mark
        body, status, _ = run_wsgi_app(served.page, environ)
        assert (status[:3], b"".join(body)) == ("404", b"the app has no such page")


def test_the_app_itself_has_no_such_page(served: Served) -> None:
    # As app.run() and Gunicorn serve it.
    answer = Client(served.run.app).get(
        f"/_tlsdev/?token={TOKEN}", base_url="https://localhost", headers=TYPED
    )

    assert answer.status_code == 404
