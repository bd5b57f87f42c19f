from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Blueprint
from flask import Flask
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from flask_tlsdev import ConfigError
from flask_tlsdev import tls_headers

from .apps import CSP
from .apps import directives
from .apps import make_app


def test_a_view_changes_one_directive_and_keeps_the_others() -> None:
    app = make_app()

    @app.get("/map")
    @tls_headers(csp={"img-src": {"add": "https://tiles.test"}}, frame_options=None)
    def view() -> str:
        return "<p>"

    client = app.test_client()
    usual, changed = directives(client.get("/")), directives(client.get("/map"))

    assert changed.pop("img-src") == f"{usual.pop('img-src')} https://tiles.test"
    assert usual.pop("frame-ancestors") == "'self'"
    assert changed == usual
    assert "X-Frame-Options" not in client.get("/map").headers


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"add": "https://a.test"}, "'self' data: https://a.test"),
        ({"remove": "data:"}, "'self'"),
        ({"remove": "'self' data:"}, "'none'"),
        ({"add": ["blob:"], "remove": ["data:"]}, "'self' blob:"),
        ("https://b.test", "https://b.test"),
        (None, None),
    ],
)
def test_a_directive_is_added_to_removed_from_replaced_or_left_out(
    change: object, words: str | None
) -> None:
    app = make_app()
    app.view_functions["index"] = tls_headers(csp={"img-src": change})(
        app.view_functions["index"]
    )

    assert directives(app.test_client().get("/")).get("img-src") == words


def test_a_source_is_added_to_what_counted_until_now() -> None:
    app = make_app(CSP="default-src 'self'")
    tls_headers(csp={"font-src": {"add": "data:"}})(app.view_functions["index"])

    sent = directives(app.test_client().get("/"))

    assert sent == {"default-src": "'self'", "font-src": "'self' data:"}


def test_a_text_is_the_whole_policy_and_so_is_a_mapping_that_says_so() -> None:
    app = make_app()

    @app.get("/text")
    @tls_headers(csp="default-src *")
    def text() -> str:
        return "<p>"

    @app.get("/mapping")
    @tls_headers(csp={"defaults": False, "default-src": "*"})
    def mapping() -> str:
        return "<p>"

    for path in ("/text", "/mapping"):
        assert app.test_client().get(path).headers[CSP] == "default-src *"


def test_the_decorator_may_stand_above_the_route() -> None:
    app = make_app()

    @tls_headers(coop=None)
    @app.get("/above")
    def view() -> str:
        return "<p>"

    assert "Cross-Origin-Opener-Policy" not in app.test_client().get("/above").headers


@tls_headers(referrer_policy="origin", coop="unsafe-none")
class Base(MethodView):
    def get(self) -> str:
        return "<p>"


@tls_headers(permissions_policy=None)
class Derived(Base):
    decorators = [tls_headers(corp="cross-origin")]  # noqa: RUF012 - as Flask has it

    @tls_headers(coop=None, corp=None)
    def post(self) -> str:
        return "<p>"


def test_classes_of_views_their_decorators_and_methods_are_heard_in_this_order() -> (
    None
):
    app = make_app()
    app.add_url_rule("/derived", view_func=Derived.as_view("derived"))
    client = app.test_client()

    got, posted = client.get("/derived").headers, client.post("/derived").headers

    assert got["Referrer-Policy"] == posted["Referrer-Policy"] == "origin"
    assert "Permissions-Policy" not in got
    assert got["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert got["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Cross-Origin-Opener-Policy" not in posted
    assert "Cross-Origin-Resource-Policy" not in posted


def nested(**config: Any) -> Flask:
    """An app where app, path, two blueprints and a view each add a source."""
    outer = Blueprint("outer", __name__, url_prefix="/outer")
    inner = Blueprint("inner", __name__, url_prefix="/inner")

    @inner.get("/")
    @tls_headers(csp={"img-src": {"add": "https://view.test"}}, coop="unsafe-none")
    def view() -> str:
        return "<p>"

    @outer.get("/")
    def index() -> str:
        return "<p>"

    tls_headers(inner, csp={"img-src": {"add": "https://inner.test"}}, coop=None)
    tls_headers(outer, csp={"img-src": {"add": "https://outer.test"}}, corp=None)
    outer.register_blueprint(inner)

    app = make_app(
        CSP="img-src 'self'",
        PATHS={
            "/outer/inner": {"csp": {"img-src": {"add": "https://longer.test"}}},
            "/outer": {"CSP": {"img-src": {"add": "https://shorter.test"}}},
        },
        **config,
    )
    app.register_blueprint(outer)
    return app


def test_the_nearer_override_lies_on_top_of_the_farther() -> None:
    client = nested().test_client()

    response = client.get("/outer/inner/")

    assert response.headers[CSP] == (
        "img-src 'self' https://shorter.test https://longer.test https://outer.test"
        " https://inner.test https://view.test"
    )
    assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert "Cross-Origin-Resource-Policy" not in response.headers
    assert client.get("/outer/").headers[CSP] == (
        "img-src 'self' https://shorter.test https://outer.test"
    )


def test_a_path_reaches_what_no_view_answers() -> None:
    app = make_app(PATHS={"/outer": {"frame_options": "DENY"}})
    client = app.test_client()

    assert client.get("/outer/nowhere").headers["X-Frame-Options"] == "DENY"
    assert client.get("/outerspace").headers["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get("/outer").headers["X-Frame-Options"] == "DENY"


def test_a_blueprint_in_two_apps_is_changed_by_neither() -> None:
    blueprint = Blueprint("shared", __name__)
    blueprint.add_url_rule("/shared", "index", lambda: "<p>")
    changes = {"img-src": {"add": "https://a.test"}}
    tls_headers(blueprint, csp=changes)
    apps = [make_app(CSP="img-src 'none'"), make_app(CSP="img-src data:")]

    for app in apps:
        app.register_blueprint(blueprint)
    sent = [app.test_client().get("/shared").headers[CSP] for app in apps]

    assert sent == ["img-src https://a.test", "img-src data: https://a.test"]
    assert changes == {"img-src": {"add": "https://a.test"}}


def test_a_header_that_does_not_exist_is_an_error_at_once() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'frame_options'"):
        tls_headers(frame_option="DENY")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"csp": {"img-src": {"ad": "x"}}}, "Did you mean 'add'"),
        ({"csp": {"img-scr": "'self'"}}, "Did you mean 'img-src'"),
        ({"frame_options": "SAME"}, "not known"),
    ],
)
def test_a_wrong_override_is_an_error_in_debug_and_a_warning_in_production(
    caplog: pytest.LogCaptureFixture, changes: dict[str, Any], sentence: str
) -> None:
    apps = [make_app(debug=True), make_app()]
    for app in apps:
        tls_headers(**changes)(app.view_functions["index"])

    with pytest.raises(ConfigError, match=sentence) as caught:
        apps[0].test_client().get("/")
    with caplog.at_level(logging.WARNING, "flask_tlsdev"):
        response = apps[1].test_client().get("/")

    assert "tls_headers on make_app.<locals>.index" in str(caught.value)
    assert sentence in caplog.text
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_in_debug_the_first_request_finds_a_slip_of_any_view() -> None:
    app = make_app(debug=True)
    app.add_url_rule("/other", "other", tls_headers(coop="same")(lambda: "<p>"))

    with pytest.raises(ConfigError, match=r"tls_headers on .*<lambda>: coop: 'same'"):
        app.test_client().get("/")


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        (["/admin"], "no mapping of paths"),
        ({"admin": {}}, "has to begin with '/'"),
        ({"/admin": "DENY"}, "takes a mapping of headers"),
        ({"/admin": {"frame": "DENY"}}, "'frame' is no header"),
    ],
)
def test_paths_that_cannot_be_are_refused(paths: object, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        make_app(PATHS=paths)

    assert caught.value.key == "TLSDEV_PATHS"


def test_each_header_knows_who_had_the_last_word() -> None:
    app = nested(COOP="same-origin-allow-popups")
    rules = app.extensions["tlsdev"].headers.rules()

    recipe = rules.overrides.recipe("outer.inner.view", "GET", "/outer/inner/")
    said = {
        each.key: each.origins
        for each in recipe.policy.explain("document", rules.reach({}))
    }

    assert said["TLSDEV_CSP"] == (
        "TLSDEV_CSP",
        "TLSDEV_PATHS['/outer']",
        "TLSDEV_PATHS['/outer/inner']",
        "tls_headers on the blueprint 'outer'",
        "tls_headers on the blueprint 'inner'",
        "tls_headers on nested.<locals>.view",
    )
    assert said["TLSDEV_COOP"] == ("tls_headers on nested.<locals>.view",)
    assert said["TLSDEV_HSTS"] == ("TLSDEV_HEADERS = 'balanced'",)
    assert said["TLSDEV_CORP"] == ("tls_headers on the blueprint 'outer'",)


def test_made_up_methods_and_long_paths_are_not_kept() -> None:
    app = nested()
    client = app.test_client()

    for number in range(50):
        client.open("/outer/inner/", method=f"M{number}")
    client.get("/outer" + "/x" * 5000)

    overrides = app.extensions["tlsdev"].headers.rules().overrides
    assert len(overrides._of_view) < 10
    assert len(overrides._made) < 10


def test_frames_are_opened_and_closed_by_either_header() -> None:
    app = make_app()

    def add(path: str, **changes: Any) -> None:
        def view() -> ResponseReturnValue:
            return "<p>"

        app.add_url_rule(f"/{path}", path, tls_headers(**changes)(view))

    add("deny", frame_options="DENY")
    add("none", csp={"frame-ancestors": "'none'"})
    add("other", csp={"frame-ancestors": "https://a.test"})
    add("all", frame_options=None)
    seen = {}
    for path in ("deny", "none", "other", "all"):
        response = app.test_client().get(path)
        ancestors = directives(response).get("frame-ancestors")
        seen[path] = (response.headers.get("X-Frame-Options"), ancestors)

    assert seen == {
        "deny": ("DENY", "'none'"),
        "none": ("DENY", "'none'"),
        "other": (None, "https://a.test"),
        "all": (None, None),
    }


def test_frames_that_contradict_each_other_are_an_error() -> None:
    with pytest.raises(ConfigError, match="contradict"):
        make_app(debug=True, FRAME_OPTIONS="DENY", CSP={"frame-ancestors": "'self'"})


def test_a_policy_of_one_s_own_is_not_written_into() -> None:
    app = make_app(FRAME_OPTIONS="DENY", CSP="default-src 'self'")

    headers = app.test_client().get("/").headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers[CSP] == "default-src 'self'"


def test_a_view_without_an_app_of_ours_goes_on() -> None:
    app = Flask("app")

    @app.get("/")
    @tls_headers(coop=None)
    def index() -> str:
        return "<p>"

    assert app.test_client().get("/").status_code == 200
