"""``flask tls run`` with the development page, and with ``--open``."""

from __future__ import annotations

import re
import shlex
import signal
import ssl
import sys
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from ..devtools.browser import chromium
from ..devtools.serving import TYPED
from ..servers import flask
from ..servers import Server
from ..servers import serving
from ..terminal import DEADLINE
from ..tools import run

APP = """\
from flask import Flask
from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config.from_prefixed_env()
TLSDev(app)

@app.get("/")
def index():
    return "<!doctype html><title>v1</title><body>hello</body>"
"""

URL = re.compile(r"Development page, for this machine only: (https://\S+)")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def root(project: Path, tmp_path: Path) -> Path:
    """The root of the local CA, once there is one."""
    return tmp_path / "root.crt"


def export(root: Path) -> Path:
    if not root.exists():
        run(*flask("tls", "ca", "export", "--out", root))
    return root


def curl(server: Server, root: Path, path: str, *more: str) -> str:
    headers = [
        part for name, text in TYPED.items() for part in ("-H", f"{name}: {text}")
    ]
    url = f"https://localhost:{server.port}{path}"
    done = run("curl", "-si", "--cacert", export(root), *headers, *more, url)
    return done.stdout


def way_in(server: Server) -> str:
    """The path of the banner's URL."""
    found = URL.search(server.output)
    assert found, server.output
    assert found[1].startswith(f"https://localhost:{server.port}/_tlsdev/?token=")
    return found[1].removeprefix(f"https://localhost:{server.port}")


def test_debug_brings_the_page_and_the_banner_its_url(
    project: Path, root: Path
) -> None:
    with serving("tls", "run", "--debug", cwd=project) as server:
        server.wait_for("Debugger is active")
        answer = curl(server, root, way_in(server))
        cookie = re.search(r"Set-Cookie: ([^;]+)", answer)
        assert cookie
        page = curl(server, root, "/_tlsdev/", "-H", f"Cookie: {cookie[1]}")

    assert answer.startswith("HTTP/1.1 303 ")
    assert page.startswith("HTTP/1.1 200 ")
    assert "<h1>" in page


def test_the_cookie_is_good_after_a_code_reload(project: Path, root: Path) -> None:
    with serving("tls", "run", "--debug", cwd=project) as server:
        server.wait_for("Debugger is active")
        cookie = re.search(r"Set-Cookie: ([^;]+)", curl(server, root, way_in(server)))
        assert cookie
        (project / "app.py").write_text(APP.replace("v1", "v2"))
        server.wait_for("Restarting with")
        server.wait_for("Debugger is active")
        page = curl(server, root, "/_tlsdev/", "-H", f"Cookie: {cookie[1]}")

    assert page.startswith("HTTP/1.1 200 ")
    assert len(URL.findall(server.output)) == 1


def test_without_debug_there_is_none(project: Path, root: Path) -> None:
    with serving("tls", "run", cwd=project) as server:
        answer = curl(server, root, "/_tlsdev/?token=")

    assert answer.startswith("HTTP/1.1 404 ")
    assert "Development page" not in server.output


@pytest.mark.parametrize("arguments", [["--no-page"], []], ids=["option", "key"])
def test_it_can_be_switched_off(
    project: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not arguments:
        monkeypatch.setenv("FLASK_TLSDEV_PAGE", "false")

    with serving("tls", "run", "--debug", *arguments, cwd=project) as server:
        server.wait_for("Debugger is active")

    assert "Development page" not in server.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--page"], "debug is off"),
        (["--page", "--debug", "--issuer", "files"], "'files' issues the certificate"),
        (["--page", "--debug", "--host", "unix://x.sock"], "Unix socket"),
    ],
    ids=["no debug", "issuer", "socket"],
)
def test_asking_for_it_where_it_is_not_shown_is_an_error(
    project: Path, arguments: list[str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_TLSDEV_FILES_PATH", str(project))

    done = run(*flask("tls", "run", *arguments))

    assert done.returncode == 1
    assert "There is no development page here:" in done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_the_key_asks_like_the_option(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_TLSDEV_PAGE", "true")

    done = run(*flask("tls", "run"))

    assert done.returncode == 1
    assert "debug is off" in done.stderr


def test_a_certificate_of_ones_own_has_no_page(project: Path, tmp_path: Path) -> None:
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    run(*flask("tls", "issue", "localhost", "--out", cert, "--keyout", key))
    own = ["tls", "run", "--debug", "--cert", str(cert), "--key", str(key)]

    with serving(*own, cwd=project) as server:
        server.wait_for("Debugger is active")
    refused = run(*flask(*own, "--page"))

    assert "Development page" not in server.output
    assert "one of your own" in refused.stderr


def test_nothing_of_the_page_is_loaded_until_somebody_goes_there(
    project: Path, root: Path
) -> None:
    (project / "app.py").write_text(
        APP
        + "@app.get('/loaded')\ndef loaded():\n"
        + "    import sys\n    return str('flask_tlsdev.devtools' in sys.modules)\n"
    )

    with serving("tls", "run", "--debug", cwd=project) as server:
        server.wait_for("Debugger is active")
        before = curl(server, root, "/loaded")
        curl(server, root, "/_tlsdev/")
        after = curl(server, root, "/loaded")

    assert before.endswith("False")
    assert after.endswith("True")


def test_the_badge_leads_who_may_see_it_to_the_page(
    project: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_TLSDEV_BADGE", "true")

    with serving("tls", "run", "--debug", cwd=project) as server:
        server.wait_for("Debugger is active")
        cookie = re.search(r"Set-Cookie: ([^;]+)", curl(server, root, way_in(server)))
        assert cookie
        mine = curl(server, root, "/", "-H", f"Cookie: {cookie[1]}")
        others = curl(server, root, "/")

    assert 'id="tlsdev-badge"' in mine
    # The app's own policy allows no style of ours.
    assert "<style" not in mine
    assert 'id="tlsdev-badge"' not in others


STYLED = """
@app.get("/styled")
@tls_headers(csp={"style-src": ["'self'", "'nonce'"]})
def styled():
    style = f"<style nonce='{csp_nonce()}'>p {{ color: red }}</style>"
    return ICON + style + "<body>hello</body>"

@app.get("/plain")
def plain():
    return ICON + "<body>hello</body>"

ICON = "<!doctype html><html lang=en><title>x</title><link rel=icon href=data:,>"
"""


def test_no_badge_breaks_the_policy_of_its_page(
    project: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_TLSDEV_BADGE", "true")
    imports = "from flask_tlsdev import csp_nonce, tls_headers\n"
    (project / "app.py").write_text(imports + APP + STYLED)

    with serving("tls", "run", "--debug", "--no-reload", cwd=project) as server:
        origin = f"https://localhost:{server.port}"
        with chromium(export(root).read_bytes()) as browser:
            page = browser.new_page()
            errors: list[str] = []
            page.on("console", lambda said: errors.append(said.text))
            page.goto(origin + way_in(server))

            found = {}
            for path in ("/plain", "/styled"):
                page.goto(origin + path)
                badge = page.locator("#tlsdev-badge")
                found[path] = badge.evaluate("it => getComputedStyle(it).position")

            with page.expect_popup() as popup:
                badge.locator("a").click()
            popup.value.wait_for_selector("h1")

            assert found == {"/plain": "static", "/styled": "fixed"}
            assert popup.value.url == f"{origin}/_tlsdev/"
            assert errors == []


@pytest.fixture
def one_thread(project: Path) -> Iterator[Server]:
    with serving(
        "tls", "run", "--debug", "--no-reload", "--without-threads", cwd=project
    ) as server:
        yield server
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0


def test_who_watches_holds_up_neither_the_app_nor_its_end(
    one_thread: Server, root: Path
) -> None:
    cookie = re.search(
        r"Set-Cookie: ([^;]+)", curl(one_thread, root, way_in(one_thread))
    )
    assert cookie
    own = {"Cookie": cookie[1], "Sec-Fetch-Site": "same-origin"}
    context = ssl.create_default_context(cafile=str(export(root)))
    watching = HTTPSConnection(
        "localhost", one_thread.port, context=context, timeout=20
    )
    watching.request("GET", "/_tlsdev/events", headers=own)
    stream = watching.getresponse()
    assert stream.readline().startswith(b"retry:")

    app = curl(one_thread, root, "/")
    with pytest.raises(ssl.SSLCertVerificationError):
        HTTPSConnection(
            "localhost",
            one_thread.port,
            context=ssl.create_default_context(),
            timeout=20,
        ).connect()
    lines = [stream.readline() for _ in range(4)]

    assert app.startswith("HTTP/1.1 200 ")
    assert lines[2] == b"event: handshakes\n"
    assert b"does not trust the CA" in lines[3]
    stream.close()
    watching.close()


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that only writes down where it was sent."""
    visited, program = tmp_path / "visited", tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(visited)!r}, 'a').write(sys.argv[1] + '\\n')\n"
        "print('opened', flush=True)\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{shlex.quote(str(program))} %s")
    return visited


@pytest.mark.parametrize("debug", [True, False], ids=["reloader", "alone"])
def test_open_shows_the_app_once_it_answers(
    project: Path, browser: Path, debug: bool
) -> None:
    more = ["--debug"] if debug else []

    with serving("tls", "run", "--open", *more, cwd=project) as server:
        server.wait_for("^opened", DEADLINE)
        if debug:
            (project / "app.py").write_text(APP.replace("v1", "v2"))
            server.wait_for("Restarting with")
            server.wait_for("Debugger is active")

    assert browser.read_text() == f"https://localhost:{server.port}/\n"
    assert "Traceback" not in server.output


def test_without_a_browser_open_is_one_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)

    with serving("tls", "run", "--open", cwd=project) as server:
        found = server.wait_for("No browser could be opened here")

    assert f"Open https://localhost:{server.port}/ yourself" in found.string


def test_a_dotenv_file_names_no_browser(
    project: Path, tmp_path: Path, browser: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    (project / ".env").write_text(f"BROWSER='{tmp_path / 'browser'} %s'\n")

    with serving("tls", "run", "--open", cwd=project) as server:
        server.wait_for("No browser could be opened here")

    assert not browser.exists()
