from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import abort
from flask import Flask
from flask import redirect
from flask import request
from flask import Response
from werkzeug.debug import DebuggedApplication
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from flask_tlsdev import clear_site_data
from flask_tlsdev import tls_headers
from flask_tlsdev.config import Settings
from flask_tlsdev.web import facts_of
from flask_tlsdev.web import HeaderHooks

EVERYWHERE = {"X-Content-Type-Options", "Cross-Origin-Resource-Policy"}
ON_PAGES = EVERYWHERE | {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Origin-Agent-Cluster",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Frame-Options",
}
HSTS = "Strict-Transport-Security"
OURS = ON_PAGES | {HSTS}


def make_app(folder: Path, **config: Any) -> Flask:
    """An app with our hooks and a view of each kind."""
    settings = Settings.from_mapping(config, environ={"HOME": str(folder)})
    app = Flask(__name__, static_folder=folder)
    HeaderHooks(SimpleNamespace(settings=settings)).init_app(app)

    @app.get("/")
    def index() -> str:
        return "<p>hello"

    @app.get("/own")
    def own() -> Response:
        return Response("<p>", headers={"content-security-policy": "default-src *"})

    @app.get("/data")
    def data() -> dict[str, int]:
        return {"a": 1}

    @app.get("/away")
    def away() -> Any:
        return redirect("/")

    @app.get("/stream")
    def stream() -> Iterator[str]:
        yield "<p>"
        yield "hello"

    @app.get("/refused")
    def refused() -> str:
        abort(403)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("broken")

    return app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_app(tmp_path)


def ours(response: Any) -> set[str]:
    """Which of our headers a response has; each stands there once."""
    names = [name for name, _ in response.headers if name in OURS]
    assert len(names) == len(set(names))
    return set(names)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/away", 302),
        ("/stream", 200),
        ("/refused", 403),
        ("/nowhere", 404),
        ("/broken", 500),
    ],
)
def test_every_page_has_the_headers(app: Flask, path: str, status: int) -> None:
    response = app.test_client().get(path)

    assert response.status_code == status
    assert ours(response) == ON_PAGES


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
def test_every_method_has_the_headers(app: Flask, method: str) -> None:
    response = app.test_client().open("/", method=method)

    assert ours(response) == ON_PAGES


def test_data_has_only_the_headers_that_it_can_use(app: Flask) -> None:
    response = app.test_client().get("/data")

    assert ours(response) == EVERYWHERE


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("logo.png", EVERYWHERE),
        ("style.css", EVERYWHERE | {"Referrer-Policy"}),
        ("picture.svg", ON_PAGES),
    ],
)
def test_a_static_file_has_the_headers_that_it_can_use(
    app: Flask, tmp_path: Path, name: str, names: set[str]
) -> None:
    (tmp_path / name).write_text("x")

    with app.test_client().get(f"/{tmp_path.name}/{name}") as response:
        assert response.status_code == 200
        assert ours(response) == names


def test_a_header_of_the_view_wins(app: Flask) -> None:
    response = app.test_client().get("/own")

    assert response.headers.getlist("Content-Security-Policy") == ["default-src *"]
    assert ours(response) == ON_PAGES - {"Content-Security-Policy"}


@pytest.mark.skipif(
    "TRUSTED_HOSTS" not in Flask.default_config, reason="Flask 3.1 brought it"
)
def test_an_untrusted_host_gets_an_error_page_with_headers(app: Flask) -> None:
    app.config["TRUSTED_HOSTS"] = ["shop.com"]

    response = app.test_client().get("/", base_url="https://evil.com")

    assert response.status_code == 400
    assert ours(response) == OURS


@pytest.mark.parametrize(
    ("base_url", "sent"),
    [
        ("https://www.shop.com", True),
        ("https://www.shop.com:8443", True),
        ("http://www.shop.com", False),
        ("https://localhost:5000", False),
        ("https://app.test", False),
        ("https://[::1]:5000", False),
        ("https://192.168.1.20", False),
    ],
)
def test_hsts_goes_to_public_names_over_https(
    app: Flask, base_url: str, sent: bool
) -> None:
    response = app.test_client().get("/", base_url=base_url)

    assert (HSTS in response.headers) is sent


@pytest.mark.parametrize("mode", ["debug", "testing"])
def test_hsts_does_not_go_out_in_debug_or_in_tests(app: Flask, mode: str) -> None:
    setattr(app, mode, True)

    response = app.test_client().get("/", base_url="https://www.shop.com")

    assert HSTS not in response.headers


def test_what_a_client_says_of_its_protocol_is_not_believed(app: Flask) -> None:
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "www.shop.com"}

    response = app.test_client().get("/", base_url="http://www.shop.com", headers=said)

    assert HSTS not in response.headers


def test_what_a_trusted_proxy_says_of_the_protocol_counts(app: Flask) -> None:
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)  # type: ignore[method-assign]
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "www.shop.com"}

    response = app.test_client().get("/", base_url="http://10.0.0.7", headers=said)

    assert HSTS in response.headers


def test_the_preset_off_sends_nothing_but_what_is_set(tmp_path: Path) -> None:
    app = make_app(tmp_path, TLSDEV_HEADERS="off", TLSDEV_COOP="unsafe-none")

    response = app.test_client().get("/")

    assert ours(response) == {"Cross-Origin-Opener-Policy"}
    assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


def test_two_apps_have_each_their_own_headers(tmp_path: Path) -> None:
    apps = [make_app(tmp_path, TLSDEV_FRAME_OPTIONS=each) for each in ("DENY", None)]

    first, second = (app.test_client().get("/") for app in apps)

    assert first.headers["X-Frame-Options"] == "DENY"
    assert "X-Frame-Options" not in second.headers


def test_in_debug_the_settings_are_asked_for_at_each_request(tmp_path: Path) -> None:
    off = Settings.from_mapping({"TLSDEV_HEADERS": "off"}, environ={"HOME": "/"})
    state = SimpleNamespace(settings=off)
    app = Flask(__name__)
    app.debug = True
    HeaderHooks(state).init_app(app)
    app.test_client().get("/")

    state.settings = Settings.from_mapping({}, environ={"HOME": "/"})
    response = app.test_client().get("/")

    assert ours(response) == ON_PAGES


@pytest.mark.parametrize(
    ("host", "read"),
    [
        ("Shop.COM:443", "shop.com"),
        ("[::1]:5000", "::1"),
        ("[::1]", "::1"),
        ("[", ""),
        ("a:b:c", "a:b:c"),
        ("shop.com:", "shop.com"),
    ],
)
def test_the_host_is_read_without_its_port(app: Flask, host: str, read: str) -> None:
    with app.test_request_context("/", headers={"Host": host}):
        facts = facts_of(request, app)

    assert facts.host == read


def test_without_a_host_header_the_server_s_name_counts(app: Flask) -> None:
    environ = {"HTTP_HOST": "", "SERVER_NAME": "app.test"}

    with app.test_request_context("/path", environ_overrides=environ):
        facts = facts_of(request, app)

    assert (facts.host, facts.path, facts.secure) == ("app.test", "/path", False)


@pytest.mark.parametrize(
    ("destination", "names"),
    [
        ("script", EVERYWHERE),
        ("style", EVERYWHERE),
        ("worker", EVERYWHERE | {"Content-Security-Policy", "Referrer-Policy"}),
        ("sharedworker", EVERYWHERE | {"Content-Security-Policy", "Referrer-Policy"}),
        ("serviceworker", EVERYWHERE | {"Content-Security-Policy", "Referrer-Policy"}),
        (None, EVERYWHERE | {"Content-Security-Policy", "Referrer-Policy"}),
    ],
)
def test_a_script_has_a_policy_where_it_is_or_may_be_a_worker(
    app: Flask, tmp_path: Path, destination: str | None, names: set[str]
) -> None:
    (tmp_path / "work.js").write_text("1")
    said = {"Sec-Fetch-Dest": destination} if destination else {}

    with app.test_client().get(f"/{tmp_path.name}/work.js", headers=said) as response:
        assert response.status_code == 200
        assert ours(response) == names
        assert "sec-fetch-dest" in response.vary.as_set()


def test_a_script_varies_only_where_a_worker_gets_something_else(
    tmp_path: Path,
) -> None:
    (tmp_path / "work.js").write_text("1")
    client = make_app(tmp_path, TLSDEV_HEADERS="off").test_client()

    with client.get(f"/{tmp_path.name}/work.js") as response:
        assert not response.vary


def test_a_worker_of_an_isolated_page_has_the_same_embedder_policy(
    tmp_path: Path,
) -> None:
    (tmp_path / "work.js").write_text("1")
    app = make_app(tmp_path, TLSDEV_COEP=True)
    said = {"Sec-Fetch-Dest": "worker"}

    with app.test_client().get(f"/{tmp_path.name}/work.js", headers=said) as response:
        assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_a_file_that_has_not_changed_has_no_policy_and_keeps_the_stored_one(
    app: Flask, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text("<p>")
    path = f"/{tmp_path.name}/page.html"

    with app.test_client().get(path) as first:
        tag = {"If-None-Match": first.headers["ETag"]}
    with app.test_client().get(path, headers=tag) as second:
        assert second.status_code == 304
        assert ours(second) == ON_PAGES - {"Content-Security-Policy"}


def test_a_hook_that_raises_takes_no_header_away(app: Flask) -> None:
    @app.after_request
    def broken(response: Response) -> Response:
        raise RuntimeError("broken")

    response = app.test_client().get("/")

    assert response.status_code == 500
    assert ours(response) == ON_PAGES


def test_what_a_hook_of_another_extension_sets_is_left_as_it_is(app: Flask) -> None:
    @app.after_request
    def set_own(response: Response) -> Response:
        response.headers["X-Frame-Options"] = "DENY"
        return response

    response = app.test_client().get("/")

    assert response.headers.getlist("X-Frame-Options") == ["DENY"]


def test_an_error_that_reaches_the_debugger_is_left_to_it(app: Flask) -> None:
    app.debug = True
    debugged = DebuggedApplication(app, evalex=True)

    response = Client(debugged).get("/broken")

    assert response.status_code == 500
    assert "Werkzeug Debugger" in response.text
    assert "Content-Security-Policy" not in response.headers


@pytest.mark.parametrize(
    ("config", "left"),
    [
        ({}, {"X-Other"}),
        ({"TLSDEV_REMOVED_HEADERS": "x-other"}, {"Server", "X-Powered-By"}),
        ({"TLSDEV_REMOVED_HEADERS": None}, {"Server", "X-Powered-By", "X-Other"}),
    ],
)
def test_what_tells_of_programs_is_taken_out(
    tmp_path: Path, config: dict[str, Any], left: set[str]
) -> None:
    app = make_app(tmp_path, **config)
    told = dict.fromkeys(("Server", "X-Powered-By", "X-Other"), "1")

    @app.get("/telling")
    def telling() -> Response:
        return Response("<p>", headers=told)

    response = app.test_client().get("/telling")

    assert {name for name in told if name in response.headers} == left


def test_a_sensitive_view_is_not_stored_and_a_logout_clears(tmp_path: Path) -> None:
    app = make_app(tmp_path)

    @app.get("/account")
    @tls_headers(cache_control=True)
    def account() -> str:
        return "<p>"

    @app.post("/logout")
    def logout() -> Any:
        return clear_site_data(redirect("/"), "cookies", "storage")

    @app.post("/leave")
    @tls_headers(clear_site_data="*")
    def leave() -> str:
        return "<p>"

    client = app.test_client()
    assert client.get("/account").headers["Cache-Control"] == "no-store"
    assert client.post("/logout").headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert client.post("/leave").headers["Clear-Site-Data"] == '"*"'
    assert "Clear-Site-Data" not in client.get("/").headers


@pytest.mark.parametrize(
    "base_url", ["https://www.shop.com", "https://app.test", "https://localhost:5000"]
)
def test_a_host_that_was_pinned_by_mistake_is_forgotten(
    tmp_path: Path, base_url: str
) -> None:
    app = make_app(tmp_path, TLSDEV_HSTS=0)
    app.debug = True

    response = app.test_client().get("/", base_url=base_url)

    assert response.headers[HSTS] == "max-age=0"


def test_the_strict_preset_isolates_and_the_api_preset_closes(tmp_path: Path) -> None:
    strict = make_app(tmp_path, TLSDEV_HEADERS="strict").test_client().get("/")
    api = make_app(tmp_path, TLSDEV_HEADERS="api").test_client().get("/data")

    assert strict.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert (
        "require-trusted-types-for 'script'"
        in strict.headers["Content-Security-Policy"]
    )
    assert api.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" not in api.headers
