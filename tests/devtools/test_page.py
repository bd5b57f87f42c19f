from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from flask_tlsdev.devtools.registry import PANELS

from .serving import FETCHED
from .serving import Served
from .serving import serving
from .serving import TYPED


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.mark.parametrize("path", ["", "state/connection", "static/base.js"])
def test_nothing_of_it_is_kept_or_found_by_others(served: Served, path: str) -> None:
    kind = FETCHED if path else TYPED

    answer = served.ask(f"/_tlsdev/{path}", {**served.cookie(), **kind})

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_only_its_own_scripts_run_and_make_no_markup(served: Served) -> None:
    headers = {**served.cookie(), **TYPED}
    first, second = (served.ask("/_tlsdev/", headers) for _ in range(2))

    policy = first.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)';", policy)

    assert nonce is not None
    assert nonce[1] not in second.headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    scripts = re.findall(rb"<script[^>]*>", first.body)
    assert scripts
    assert all(f'nonce="{nonce[1]}"'.encode() in each for each in scripts)


def test_it_loads_nothing_from_elsewhere(served: Served) -> None:
    page = served.ask("/_tlsdev/", {**served.cookie(), **TYPED}).body.decode()

    for url in re.findall(r'(?:src|href)="([^#"]+)"', page):
        answer = served.ask(url, {**served.cookie(), **FETCHED})
        assert url.startswith("/_tlsdev/static/")
        assert answer.status == 200
        assert b"://" not in answer.body.replace(b"http://www.w3.org/2000/svg", b"")


@pytest.mark.parametrize(
    "path",
    [
        "static/",
        "static/page.html",
        "static/../page.py",
        "static/..%2fpage.py",
        "static/%2e%2e/%2e%2e/__init__.py",
        "static/base.js/",
        "state/",
        "state/nothing",
        "state/connection/more",
        "files/connection/x",
        "files/nothing/x",
        "events/more",
        "nothing",
        "reports",
    ],
)
def test_what_is_not_the_pages_is_the_apps(served: Served, path: str) -> None:
    answer = served.ask(f"/_tlsdev/{path}", {**served.cookie(), **FETCHED})

    assert (answer.status, answer.body) == (404, b"the app has no such page")


@pytest.mark.parametrize("panel", [each.id for each in PANELS])
def test_each_panel_has_a_section_and_a_state(served: Served, panel: str) -> None:
    (found,) = (each for each in PANELS if each.id == panel)
    page = served.ask("/_tlsdev/", {**served.cookie(), **TYPED}).body.decode()
    answer = served.state(panel)

    if found.applies(served.run):
        assert f'<section id="{panel}"' in page
        assert f'src="/_tlsdev/static/{panel}.js"' in page
        assert isinstance(json.loads(answer.body), dict)
    else:
        assert f'<section id="{panel}"' not in page
        assert answer.status == 404


def test_events_come_as_they_happen(served: Served) -> None:
    with served.connect() as connection:
        headers = {"Host": f"localhost:{served.port}", **served.cookie(), **FETCHED}
        connection.request("GET", "/_tlsdev/events", headers=headers)
        answer = connection.getresponse()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.readline().startswith(b"retry:")

        served.run.hub.tell("handshakes", {"sentence": "hello"})

        lines = [answer.readline() for _ in range(4)]

    assert lines[2] == b"event: handshakes\n"
    assert json.loads(lines[3][6:])["sentence"] == "hello"


def test_its_requests_are_not_in_the_log(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "werkzeug"):
        served.ask("/_tlsdev/", {**served.cookie(), **TYPED})
        served.ask("/_tlsdev/", TYPED)

    assert [line for line in caplog.messages if "_tlsdev" in line] == [
        caplog.messages[-1]
    ]
    assert " 404 " in caplog.messages[-1]
