from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Flask

APP = """
from flask import Blueprint, Flask
from flask_tlsdev import TLSDev
from flask_tlsdev.web import tls_headers

app = Flask(__name__)
app.config.update({config})

@app.get("/")
def index():
    raise RuntimeError("a view is never run")

@app.get("/map")
@tls_headers(csp={{"img-src": {{"add": "https://tiles.example"}}}})
def map():
    return ""

TLSDev(app)
"""


@pytest.fixture
def app(project: Path) -> Path:
    return write_app(project)


def write_app(project: Path, config: str = "{}") -> Path:
    path = project / "app.py"
    path.write_text(APP.format(config=config))
    return path


def test_each_route_says_what_is_sent_and_why(flask: Flask, app: Path) -> None:
    text = flask("tls", "headers").stdout

    assert "GET / (index)" in text
    assert "Grade A+" in text
    assert "X-Content-Type-Options: nosniff" in text
    assert "because of TLSDEV_HEADERS = 'balanced'" in text


def test_an_override_is_named(flask: Flask, app: Path) -> None:
    answer = json.loads(flask("tls", "headers", "/map", "--json").stdout)

    (route,) = answer["routes"]
    (csp,) = (
        each for each in route["headers"] if each["name"] == "Content-Security-Policy"
    )
    assert "https://tiles.example" in csp["text"]
    assert csp["origins"][-1] == "tls_headers on map"


def test_a_path_that_nobody_serves_has_headers_too(flask: Flask, app: Path) -> None:
    answer = json.loads(flask("tls", "headers", "/nowhere", "--json").stdout)

    assert answer["routes"][0]["endpoint"] == "(none)"
    assert answer["routes"][0]["grade"] == "A+"


def test_check_is_content_with_a_good_app(flask: Flask, app: Path) -> None:
    assert flask("tls", "headers", "--check").exit_code == 0


def test_check_finds_a_wrong_key_that_production_only_warns_of(
    flask: Flask, project: Path
) -> None:
    write_app(project, '{"TLSDEV_CSP": {"defualt-src": "\'self\'"}}')

    result = flask("tls", "headers", "--check")

    assert result.exit_code == 3
    assert "default-src" in result.output


def test_check_finds_what_the_policy_stops_in_templates(
    flask: Flask, project: Path, app: Path
) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "page.html").write_text("<script>x()</script>")

    result = flask("tls", "headers", "--check")

    assert result.exit_code == 3
    assert "page.html:1: An inline <script>" in result.stdout


def test_an_app_that_sends_none_of_our_headers_is_told_so(
    flask: Flask, project: Path
) -> None:
    (project / "app.py").write_text("from flask import Flask\napp = Flask('app')\n")

    result = flask("tls", "headers")

    assert result.exit_code == 1
    assert "TLSDev(app)" in result.stderr
