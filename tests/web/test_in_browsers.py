"""What real browsers make of the headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..browsers import Browser
from ..browsers import chromium
from ..browsers import firefox
from ..servers import Server
from ..servers import serving
from ..test_road import export_root

Start = Callable[..., AbstractContextManager[Browser]]

BROWSERS = [
    pytest.param(chromium, id="chromium"),
    pytest.param(firefox, id="firefox"),
]

APP = '''
from flask import Flask, make_response, render_template_string, request
from flask import Response, stream_template_string
from flask_tlsdev import csp_nonce, TLSDev

app = Flask(__name__)
app.config.from_prefixed_env()
TLSDev(app)
seen = []

PAGE = """<!doctype html><meta charset="utf-8"><title>page</title>
<link rel="icon" href="data:,">
<script nonce="{{ csp_nonce() }}">
  window.ran = ["nonce"];
  window.violations = [];
  document.addEventListener("securitypolicyviolation", event => {
    violations.push([event.disposition, event.effectiveDirective]);
  });
</script>
<script>(window.ran ||= []).push("injected");</script>
<script nonce="made-up">(window.ran ||= []).push("guessed");</script>
<img src="data:," onerror="(window.ran ||= []).push('handler')">
<p id="p">hello</p>
"""


@app.get("/page")
def page():
    return render_template_string(PAGE)


@app.get("/stream")
def stream():
    return stream_template_string(PAGE)


@app.get("/cached")
def cached():
    seen.append("again" if "If-None-Match" in request.headers else "first")
    response = make_response(render_template_string(PAGE))
    response.cache_control.no_cache = True
    response.cache_control.private = True
    response.set_etag("v1")
    return response.make_conditional(request)


@app.get("/plain")
def plain():
    return '<!doctype html><link rel="icon" href="data:,"><p>hello'


@app.get("/work.js")
def work():
    return Response("postMessage('worked')", mimetype="text/javascript")


@app.post("/reports")
def reports():
    seen.append(request.get_json(force=True)["csp-report"]["disposition"])
    return ""


@app.get("/seen")
def said():
    return seen
'''


@contextmanager
def serving_app(folder: Path, **config: Any) -> Iterator[Server]:
    """The app above, with these keys, on ``localhost`` and ``app.test``."""
    (folder / "app.py").write_text(APP)
    env = {f"FLASK_TLSDEV_{name}": json.dumps(each) for name, each in config.items()}
    with serving("tls", "run", "--name", "app.test", cwd=folder, env=env) as server:
        yield server


@contextmanager
def page_of(
    start: Start, folder: Path, path: str, **config: Any
) -> Iterator[tuple[Browser, str]]:
    """A browser that trusts the app and shows a page of it; and the app's URL."""
    with serving_app(folder, **config) as server:
        root = export_root(folder / "root.crt").read_bytes()
        url = f"https://localhost:{server.port}"
        with start(root) as browser:
            page = browser.open(url + path)
            assert page.error is None
            yield browser, url


@pytest.mark.parametrize("start", BROWSERS)
def test_only_what_carries_the_nonce_runs(start: Start, tmp_path: Path) -> None:
    with page_of(start, tmp_path, "/page") as (browser, url):
        page = browser.evaluate("window.ran")
        browser.open(f"{url}/stream")
        stream = browser.evaluate("window.ran")

    assert page == stream == ["nonce"]


@pytest.mark.parametrize("start", BROWSERS)
def test_a_page_that_the_browser_has_stored_still_runs(
    start: Start, tmp_path: Path
) -> None:
    with page_of(start, tmp_path, "/cached") as (browser, url):
        first = browser.evaluate("window.ran")
        browser.open(f"{url}/plain")
        browser.open(f"{url}/cached")
        again = browser.evaluate("window.ran")
        seen = browser.evaluate("fetch('/seen').then(answer => answer.json())")

    assert seen == ["first", "again"]
    assert first == again == ["nonce"]


@pytest.mark.parametrize("start", BROWSERS)
def test_a_policy_is_tried_out_beside_the_one_in_force(
    start: Start, tmp_path: Path
) -> None:
    config = {
        "CSP": {"report-uri": "/reports"},
        "CSP_REPORT_ONLY": {
            "script-src": "'nonce'",
            "require-trusted-types-for": "'script'",
            "report-uri": "/reports",
        },
    }
    with page_of(start, tmp_path, "/page", **config) as (browser, _):
        browser.evaluate("document.getElementById('p').innerHTML = '<b>bold</b>'")
        bold = browser.evaluate("document.getElementById('p').textContent")
        violations = browser.evaluate("window.violations")
        reported = browser.evaluate(
            "(async () => { let seen = [];"
            " while (!(seen.includes('enforce') && seen.includes('report')))"
            " seen = await (await fetch('/seen')).json(); return seen })()"
        )

    assert bold == "bold"
    assert ["enforce", "script-src-elem"] in violations
    assert ["report", "script-src-elem"] in violations
    assert ["report", "require-trusted-types-for"] in violations
    assert {"enforce", "report"} <= set(reported)


@pytest.mark.parametrize("start", BROWSERS)
def test_an_isolated_page_starts_its_worker(start: Start, tmp_path: Path) -> None:
    with page_of(start, tmp_path, "/plain", COEP=True) as (browser, _):
        isolated = browser.evaluate("crossOriginIsolated")
        said = browser.evaluate(
            "new Promise((done, failed) => { const worker = new Worker('/work.js');"
            " worker.onmessage = event => done(event.data);"
            " worker.onerror = () => failed('failed') })"
        )

    assert isolated is True
    assert said == "worked"


@pytest.mark.parametrize("preset", ["balanced", "strict"])
@pytest.mark.parametrize("start", BROWSERS)
def test_no_preset_makes_a_line_in_the_console(
    start: Start, tmp_path: Path, preset: str
) -> None:
    with page_of(start, tmp_path, "/plain", HEADERS=preset) as (browser, _):
        messages = browser.console()

    assert messages == []


@pytest.mark.parametrize("forced", [False, True], ids=["as it is", "forced"])
@pytest.mark.parametrize("start", BROWSERS)
def test_a_development_name_is_not_remembered_unless_forced(
    start: Start, tmp_path: Path, forced: bool
) -> None:
    config = {"HSTS": {"max_age": 600, "force": True}} if forced else {}
    with (
        page_of(start, tmp_path, "/plain", **config) as (browser, url),
        serving("run", cwd=tmp_path) as other,
    ):
        secure = browser.open(url.replace("localhost", "app.test") + "/plain")
        plain = browser.open(f"http://app.test:{other.port}/plain")

    assert secure.error is None
    assert ("strict-transport-security" in secure.headers) is forced
    assert (plain.error is not None) is forced
