"""What real browsers report to us."""

from __future__ import annotations

import json
import re
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
from flask import Flask
from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config.from_prefixed_env()
TLSDev(app)


@app.get("/page")
def page():
    return """<!doctype html><meta charset="utf-8"><title>page</title>
<link rel="icon" href="data:,">
<script src="/static/own.js"></script>
<script>window.injected = true</script>
<img src="https://images.example.com/a.png?secret=1#part">
<p id="p">hello</p>"""
'''

OWN = """
addEventListener("load", () => {
  document.getElementById("p").innerHTML = "<b>bold</b>";
  navigator.geolocation.getCurrentPosition(() => {});
});
"""


@contextmanager
def page_of(
    start: Start, folder: Path, *, debug: bool = False, **config: Any
) -> Iterator[Server]:
    """A server whose page a browser that trusts it is showing."""
    (folder / "app.py").write_text(APP)
    (folder / "static").mkdir()
    (folder / "static" / "own.js").write_text(OWN)
    env = {f"FLASK_TLSDEV_{name}": json.dumps(each) for name, each in config.items()}
    env["FLASK_DEBUG"] = "1" if debug else "0"
    with serving("tls", "run", "--no-reload", cwd=folder, env=env) as server:
        root = export_root(folder / "root.crt").read_bytes()
        with start(root) as browser:
            page = browser.open(f"https://localhost:{server.port}/page")
            assert page.error is None
            yield server


def wait_for_claims(server: Server, *claims: str) -> str:
    """What the server has said when all of these are on its console."""
    while not all(f"A client claims: {each}" in server.output for each in claims):
        server.wait_for("A client claims")

    return server.output


@pytest.mark.parametrize("start", BROWSERS)
def test_what_breaks_either_policy_is_on_the_console(
    start: Start, tmp_path: Path
) -> None:
    config: dict[str, Any] = {
        "REPORTS": True,
        # A report is a request, too, which these must not turn away.
        "FETCH_METADATA": True,
        "FORCE_HTTPS": True,
        "INTEGRITY_POLICY_REPORT_ONLY": True,
        "CSP_REPORT_ONLY": {
            "default-src": "'self' data:",
            "require-trusted-types-for": "'script'",
        },
    }
    with page_of(start, tmp_path, debug=True, **config) as server:
        said = wait_for_claims(
            server,
            "script-src-elem stopped inline at https://localhost:",
            "img-src stopped https://images.example.com/a.png",
            "script-src-elem would have stopped inline",
            "require-trusted-types-for would have stopped trusted-types-sink",
            "Integrity-Policy would have stopped https://localhost:",
        )
        # A request is logged when it has been answered, which may be later.
        posted = r"POST /_tlsdev/reports/[\w-]{22} "
        assert re.search(posted, said) or server.wait_for(posted)

    assert 'TLSDEV_CSP = {"img-src": {"add": "https://images.example.com"}}' in said
    assert "secret" not in said


@pytest.mark.parametrize("start", BROWSERS)
def test_the_older_kind_of_report_is_taken_as_well(
    start: Start, tmp_path: Path
) -> None:
    config: dict[str, Any] = {
        "REPORTS": True,
        "CSP": {"report-uri": "/_tlsdev/reports"},
    }
    with page_of(start, tmp_path, **config) as server:
        said = wait_for_claims(
            server,
            "script-src-elem stopped inline at https://localhost:",
            "img-src stopped https://images.example.com/a.png",
        )

    assert "secret" not in said


def test_what_names_no_endpoint_is_reported_as_well(tmp_path: Path) -> None:
    # Only Chromium reports it.
    with page_of(chromium, tmp_path, REPORTS=True) as server:
        said = wait_for_claims(server, "Permissions-Policy stopped geolocation")

    assert 'TLSDEV_PERMISSIONS_POLICY = {"geolocation": "self"}' in said
