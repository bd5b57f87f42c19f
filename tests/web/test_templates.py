from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_tlsdev.headers import Recipe
from flask_tlsdev.web.templates import findings_in

POLICY = (
    "default-src 'self'; script-src 'self' https://cdn.example;"
    " script-src-attr 'none'; style-src 'self'; img-src 'self' *.images.example"
)


def findings(tmp_path: Path, source: str, *policies: str) -> list[tuple[int, str]]:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(source)
    app = Flask("app", root_path=str(tmp_path))
    found = findings_in(app, policies or (POLICY,))
    return [(each.line, each.text) for each in found]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        pytest.param("<script>x()</script>", "inline <script>", id="script"),
        pytest.param("<style>a {}</style>", "inline <style>", id="style"),
        pytest.param("<a onclick='x()'>", "handler onclick", id="handler"),
        pytest.param("<a href='javascript:x()'>", "javascript: URL", id="URL"),
        pytest.param("<p style='color: red'>", "style attribute", id="style attribute"),
        pytest.param(
            "<script src='https://evil.example/x.js'>", "evil.example", id="host"
        ),
        pytest.param("<img src='//pics.example/x.png'>", "pics.example", id="image"),
        pytest.param(
            "<link rel='stylesheet' href='https://cdn.example/x.css'>",
            "style-src does not name cdn.example",
            id="stylesheet",
        ),
    ],
)
def test_what_the_policy_stops_is_found_on_its_line(
    tmp_path: Path, source: str, sentence: str
) -> None:
    ((line, text),) = findings(
        tmp_path, f"<h1>Hello</h1>\n{{% if a < b %}}\n{source}\n"
    )

    assert line == 3
    assert sentence in text


@pytest.mark.parametrize(
    "source",
    [
        "<script nonce='{{ csp_nonce() }}'>x()</script>",
        "<script src=\"{{ url_for('static', filename='x.js') }}\"></script>",
        "<script src='https://cdn.example/x.js'></script>",
        "<script type='application/json'>{}</script>",
        "<img src='https://a.images.example/x.png'>",
        "{# <script>x()</script> #}",
        "{{ '<a onclick=x()>' }}",
    ],
)
def test_what_the_policy_lets_run_is_not(tmp_path: Path, source: str) -> None:
    assert findings(tmp_path, source) == []


def test_under_strict_dynamic_a_script_needs_a_nonce(tmp_path: Path) -> None:
    (csp,) = (
        each.text
        for each in Recipe.of("strict").policy.explain("document", "public")
        if each.name == "Content-Security-Policy"
    )

    ((_, text),) = findings(tmp_path, "<script src='/static/x.js'></script>", csp)

    assert "without a nonce" in text


def test_what_one_routes_policy_lets_run_is_nobodys_fault(tmp_path: Path) -> None:
    lenient = "default-src 'self' 'unsafe-inline'"

    assert findings(tmp_path, "<script>x()</script>", POLICY, lenient) == []


def test_without_a_policy_there_is_nothing_to_find(tmp_path: Path) -> None:
    assert findings(tmp_path, "<script>x()</script>", "") == []
