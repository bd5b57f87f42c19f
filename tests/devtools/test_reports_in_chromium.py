"""The panels of headers and of violations, as Chromium shows them."""

from __future__ import annotations

import json
import re
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..servers import Server
from ..servers import serving
from ..test_road import export_root
from .browser import is_cut_off
from .browser import keep
from .browser import Scheme
from .browser import SCHEMES
from .browser import violations
from .browser import WIDTHS
from .looking import enter
from .looking import window

APP = '''
from flask import Blueprint, Flask, request
from flask_tlsdev import TLSDev, tls_headers

app = Flask(__name__)
app.config["TLSDEV_CSP_REPORT_ONLY"] = {
    "default-src": "* data:", "require-trusted-types-for": "'script'"
}
app.config["TLSDEV_INTEGRITY_POLICY_REPORT_ONLY"] = True
app.config["TLSDEV_PATHS"] = {"/admin": {"cache_control": True}}
TLSDev(app)

HEAD = """<!doctype html><meta charset="utf-8"><title>page</title>
<link rel="icon" href="data:,">"""


@app.get("/")
def index():
    return HEAD + "<p>hello"


@app.get("/page")
def page():
    return HEAD + """<script src="/static/own.js"></script>
<img src="https://images.example.com/a.png?secret=1">
<script src="https://cdn.jsdelivr.net/npm/lib.js"></script>
<p id="p" onclick="1">hello</p>"""


@app.get("/framing")
@tls_headers(coep_report_only=True, csp={"frame-src": "https:"})
def framing():
    port = request.host.partition(":")[2]
    return HEAD + f'<iframe src="https://127.0.0.1:{port}/plain"></iframe>'


@app.get("/opening")
@tls_headers(coop_report_only=True, coop=None)
def opening():
    return HEAD


@app.get("/plain")
@tls_headers(coop=None, csp=None, frame_options=None)
def plain():
    return HEAD


admin = tls_headers(Blueprint("admin", __name__), frame_options="DENY")


@admin.get("/admin/users")
@tls_headers(csp={"img-src": {"add": "https://tiles.example.com"}})
def users():
    return HEAD


app.register_blueprint(admin)
'''

OWN = """
addEventListener("load", () => {
  document.getElementById("p").innerHTML = "<b>bold</b>";
  navigator.geolocation.getCurrentPosition(() => {});
});
"""


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Server]:
    (folder / "app.py").write_text(APP)
    (folder / "static").mkdir()
    (folder / "static" / "own.js").write_text(OWN)
    command = ("--debug", "tls", "run", "--no-reload", *options)
    with serving(*command, cwd=folder) as server:
        yield server


@contextmanager
def shown(folder: Path, **options: Any) -> Iterator[tuple[Server, Any]]:
    """A server, and its development page in a browser that trusts it."""
    with served(folder) as server:
        root = export_root(folder / "root.crt").read_bytes()
        with window(root, **options) as opened:
            page = enter(opened, server)
            page.locator("#violations .list").wait_for()
            page.locator("#headers .groups details").first.wait_for()
            yield server, page


def visit(server: Server, page: Any, path: str = "/page") -> Any:
    """A page of the app, in another tab."""
    other = page.context.new_page()
    other.goto(f"https://localhost:{server.port}{path}")
    return other


def entry(page: Any, *texts: str) -> Any:
    """A violation in whose words these are, when it is there."""
    found = page.locator("#violations .list li")
    for text in texts:
        found = found.filter(has_text=text)

    found.first.wait_for()
    return found.first


def test_what_a_page_breaks_appears_with_the_directive_to_add(tmp_path: Path) -> None:
    with shown(tmp_path) as (server, page):
        assert "Nothing was reported" in page.locator("#violations").inner_text()

        visit(server, page)

        image = entry(page, "img-src", "https://images.example.com/a.png")
        said = image.inner_text()
        warned = entry(page, "https://cdn.jsdelivr.net/npm/lib.js", "stopped")
        assert "Better not: Anybody can have this host" in warned.inner_text()

        visit(server, page)

        assert entry(page, "img-src", "2 ×").is_visible()

    assert "stopped" in said
    assert 'TLSDEV_CSP = {"img-src": {"add": "https://images.example.com"}}' in said
    assert f"On https://localhost:{server.port}/page" in said
    assert "secret" not in said


def test_nobody_waits_for_a_browser_that_collects_reports(tmp_path: Path) -> None:
    with shown(tmp_path, waiting=True) as (server, page):
        visit(server, page)
        image = page.locator("#violations .list li", has_text="img-src")

        # Half of the time for which Chromium keeps reports to itself.
        image.first.wait_for(timeout=30_000)


def test_each_kind_of_policy_has_its_violations(tmp_path: Path) -> None:
    # All of them are Chromium's own reports: it trusts the certificate.
    with shown(tmp_path) as (server, page):
        visit(server, page)
        visit(server, page, "/framing")
        opening = visit(server, page, "/opening")
        url = f"https://127.0.0.1:{server.port}/plain"
        opening.evaluate(
            "url => { setTimeout(() => { window.other = open(url); }) }", url
        )

        entry(page, "Trusted Types", "trusted-types-sink by require-trusted-types-for")
        entry(page, "COEP", f"{url} by Cross-Origin-Embedder-Policy")
        entry(page, "COOP", "navigation-from-response by Cross-Origin-Opener-Policy")
        entry(page, "Integrity-Policy", "/static/own.js by Integrity-Policy")
        entry(page, "Permissions-Policy", "geolocation", '{"geolocation": "self"}')
        entry(page, "CSP", "inline by script-src-attr", "addEventListener()")


def test_another_policy_can_be_tried_out(tmp_path: Path) -> None:
    with shown(tmp_path) as (server, page):
        visit(server, page)
        image = entry(page, "https://images.example.com/a.png", "stopped")
        what_if = page.locator("#violations .what-if")
        what_if.locator("summary").press("Enter")
        what_if.locator("option", has_text="that of").first.wait_for(state="attached")
        page.get_by_label("Begin with").select_option("that of /")

        image.locator(".verdict", has_text="would be stopped").wait_for()
        policy = page.get_by_label("Policy", exact=True)
        policy.fill("default-src 'self'; img-src https://*.example.com")

        image.locator(".verdict", has_text="would be allowed").wait_for()
        assert "img-src: https://*.example.com lets it in." in image.inner_text()
        result = what_if.locator(".result")
        # Of Trusted Types it does not speak.
        assert "2 would be allowed" in result.inner_text()
        policy.fill("img-source 'self'")
        result.get_by_text("Did you mean").wait_for()
        # A look at what came since does not forget it.
        page.locator("#violations .again").click()
        page.locator("#violations[aria-busy=false] .list").wait_for()
        assert policy.input_value() == "img-source 'self'"


def test_violations_are_shown_by_page_and_by_source(tmp_path: Path) -> None:
    with shown(tmp_path) as (server, page):
        visit(server, page)
        visit(server, page, "/framing")
        entry(page, "https://images.example.com/a.png")
        entry(page, "COEP")
        section = page.locator("#violations")

        section.get_by_label("Group by").select_option("page")
        headings = section.locator(".list h3").all_inner_texts()
        section.get_by_label("Group by").select_option("what was stopped")
        stopped = section.locator(".list h3").all_inner_texts()
        section.get_by_label("Page").select_option(
            f"https://localhost:{server.port}/framing"
        )
        left = section.locator(".list li").all_inner_texts()

    own = f"https://localhost:{server.port}"
    assert {each.split()[0] for each in headings} >= {f"{own}/page", f"{own}/framing"}
    assert "https://images.example.com 1" in stopped
    assert len(left) == 1
    assert "COEP" in left[0]


def policy_of(server: Server, cafile: Path) -> str:
    context = ssl.create_default_context(cafile=str(cafile))
    own = f"https://localhost:{server.port}"
    with urllib.request.urlopen(own, context=context) as answer:
        return str(answer.headers[CSP])


def report(server: Server, cafile: Path, **body: Any) -> None:
    """Claim a violation, as anybody on this machine can."""
    context = ssl.create_default_context(cafile=str(cafile))
    own = f"https://localhost:{server.port}"
    (path,) = re.findall(r"report-uri ([^;\s]+)", policy_of(server, cafile))
    body = {"document-uri": own, "effective-directive": "img-src", **body}
    request = urllib.request.Request(
        f"{own}{path}",
        json.dumps({"csp-report": body}).encode(),
        {"Content-Type": "application/csp-report"},
    )
    with urllib.request.urlopen(request, context=context) as answer:
        assert answer.status == 204


CSP = "Content-Security-Policy"
MARKUP = "</code><img src=x onerror=alert(1)><script>alert(1)</script>"


def test_what_anybody_claims_is_text_and_nothing_else(tmp_path: Path) -> None:
    with shown(tmp_path) as (server, page):
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        claims = {
            "blocked-uri": f"https://a.test/{MARKUP}\x1b[31m\u202e\u2028",
            "source-file": f"https://a.test/{MARKUP}",
            "document-uri": f"https://localhost/__proto__{MARKUP}",
        }
        report(server, tmp_path / "root.crt", **claims)

        item = entry(page, "<img")
        section = page.locator("#violations")
        for way in ("page", "file that did it", "what was stopped"):
            section.get_by_label("Group by").select_option(way)
            item = entry(page, "<img")

        text = item.inner_text()
        assert "<script>alert(1)</script>" in text.replace("%20", " ")
        assert "\\x1b[31m" in text
        assert "\u202e" not in text
        assert section.locator("img, script, a").count() == 0

    assert said == []


def test_what_came_before_anybody_looked_is_there(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        root = export_root(tmp_path / "root.crt")
        for number in (1, 1, 2):
            report(server, root, **{"blocked-uri": f"https://{number}.test/"})

        with window(root.read_bytes()) as opened:
            page = enter(opened, server)

            assert entry(page, "https://1.test/", "2 ×").is_visible()
            assert page.get_by_text("2 violations in 3 reports.").is_visible()


def test_without_the_page_nothing_is_reported(tmp_path: Path) -> None:
    with served(tmp_path, "--no-page") as server:
        policy = policy_of(server, export_root(tmp_path / "root.crt"))

    assert "report-" not in policy


def test_who_stands_on_a_button_stays_there_when_more_comes(tmp_path: Path) -> None:
    with shown(tmp_path) as (server, page):
        visit(server, page)
        button = entry(page, "https://images.example.com/a.png").get_by_role("button")
        page.bring_to_front()
        button.focus()

        report(server, tmp_path / "root.crt", **{"blocked-uri": "https://new.test/"})
        entry(page, "https://new.test/")

        focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
        said = page.locator("#said").inner_text()

    assert "https://images.example.com" in focused
    assert said == "Stopped: img-src https://new.test/"


def test_the_road_of_each_header_is_shown(tmp_path: Path) -> None:
    with shown(tmp_path) as (_, page):
        section = page.locator("#headers")
        section.get_by_label("Find a route").fill("users")
        section.locator("summary", has_text="/admin/users").wait_for()
        policy = section.locator(".headers > li").filter(has_text=CSP).first
        framing = section.locator(".headers > li", has_text="X-Frame-Options")
        caching = section.locator(".headers > li", has_text="Cache-Control")

        assert "Grade A" in section.locator("summary").first.inner_text()
        assert "img-src 'self' data: https://tiles.example.com" in policy.inner_text()
        assert "'admin' → tls_headers on users" in policy.inner_text()
        assert "tls_headers on the blueprint 'admin'" in framing.inner_text()
        assert "TLSDEV_PATHS['/admin']" in caching.inner_text()
        assert section.locator("summary").count() == 2


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_everybody_can_use_both_panels(
    width: int, scheme: Scheme, tmp_path: Path
) -> None:
    with shown(tmp_path, width=width, scheme=scheme) as (server, page):
        visit(server, page)
        entry(page, "https://images.example.com/a.png")
        entry(page, "Permissions-Policy")
        page.bring_to_front()
        page.locator("#headers .groups summary").first.click()
        page.locator("#violations .what-if summary").click()
        policy = "default-src 'self'; img-src 'self' https://images.example.com"
        page.get_by_label("Policy", exact=True).fill(policy)
        page.locator("#violations .verdict").first.wait_for()

        assert violations(page) == []
        assert not is_cut_off(page)
        for panel in ("headers", "violations"):
            keep(page, panel, width, scheme, highest=1000)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("panel", ["headers", "violations"])
def test_the_pictures_are_there_and_small(
    panel: str, width: int, scheme: Scheme
) -> None:
    folder = Path(__file__).parents[2] / "docs" / "_static"

    picture = folder / f"page-{panel}-{width}-{scheme}.png"

    assert picture.stat().st_size < 60_000
