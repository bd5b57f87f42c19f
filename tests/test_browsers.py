from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from .browsers import Browser
from .browsers import BrowserError
from .browsers import Chromium
from .browsers import chromium
from .browsers import ConsoleMessage
from .browsers import firefox
from .plain_https import Answer
from .plain_https import PlainRoot
from .plain_https import serving

Start = Callable[..., AbstractContextManager[Browser]]

HTML = ("Content-Type", "text/html; charset=utf-8")
ANSWERS = {
    "/": Answer(
        b"<title>t</title><h1>hello</h1><p style='display: none'>hidden</p>"
        b"<script>console.log('from', 'the page')</script>",
        headers=(HTML, ("X-Two", "a"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
    ),
    "/missing": Answer(b"not there", status=404, headers=(HTML, ("X-Two", "b"))),
    "/moved": Answer(
        status=302, headers=(("Location", "/missing"), ("X-Two", "moved"))
    ),
    "/blocked": Answer(
        b"<script>document.title = 'ran'</script>",
        headers=(HTML, ("Content-Security-Policy", "script-src 'none'")),
    ),
    "/throws": Answer(b"<script>throw new Error('broken page')</script>"),
}

UNTRUSTED = {
    "chromium": "net::ERR_CERT_AUTHORITY_INVALID",
    "firefox": "SEC_ERROR_UNKNOWN_ISSUER",
}
OTHER_NAME = {
    "chromium": "net::ERR_CERT_COMMON_NAME_INVALID",
    "firefox": "SSL_ERROR_BAD_CERT_DOMAIN",
}
REFUSED = {
    "chromium": "net::ERR_CONNECTION_REFUSED",
    "firefox": "NS_ERROR_CONNECTION_REFUSED",
}


@pytest.fixture(scope="module")
def root() -> PlainRoot:
    return PlainRoot.make()


@pytest.fixture(scope="module")
def port(root: PlainRoot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(root, tmp_path_factory.mktemp("server"), ANSWERS) as port:
        yield port


@pytest.fixture(scope="module", params=[chromium, firefox], ids=["chromium", "firefox"])
def start(request: pytest.FixtureRequest) -> Start:
    start: Start = request.param
    return start


@pytest.fixture(scope="module")
def kind(start: Start) -> str:
    return "chromium" if start is chromium else "firefox"


@pytest.fixture(scope="module")
def browser(start: Start, root: PlainRoot, port: int) -> Iterator[Browser]:
    """A browser that trusts the server's root."""
    with start(root.pem) as browser:
        yield browser


@pytest.fixture
def page_url(port: int) -> str:
    return f"https://localhost:{port}"


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]

    return port


@pytest.mark.parametrize("host", ["localhost", "app.test", "127.0.0.1"])
def test_a_trusted_root_gives_a_page_without_an_error(
    browser: Browser, port: int, host: str
) -> None:
    page = browser.open(f"https://{host}:{port}/")

    assert page.error is None
    assert page.status == 200
    assert page.security == "secure"


def test_an_untrusted_root_gives_the_browsers_own_code(
    start: Start, kind: str, page_url: str
) -> None:
    with start() as browser:
        page = browser.open(page_url)

    assert page.error == UNTRUSTED[kind]
    assert page.status is None
    assert page.security == "insecure"


def test_a_name_that_is_not_covered_gives_the_browsers_own_code(
    browser: Browser, kind: str, port: int
) -> None:
    page = browser.open(f"https://other.test:{port}/")

    assert page.error == OTHER_NAME[kind]


def test_nobody_there_gives_the_browsers_own_code(
    browser: Browser, kind: str, unused_port: int
) -> None:
    page = browser.open(f"https://localhost:{unused_port}/")

    assert page.error == REFUSED[kind]
    assert page.security == "neutral"


def test_text_is_what_is_rendered_and_dom_is_everything(
    browser: Browser, page_url: str
) -> None:
    browser.open(page_url)

    assert browser.text().strip() == "hello"
    assert "hidden</p>" in browser.dom()


def test_headers_are_those_of_the_main_document(
    browser: Browser, page_url: str
) -> None:
    page = browser.open(page_url)

    assert page.headers["x-two"] == "a"
    assert page.headers["set-cookie"] == "a=1\nb=2"


def test_headers_after_a_redirect_are_those_of_the_last_answer(
    browser: Browser, page_url: str
) -> None:
    page = browser.open(f"{page_url}/moved")

    assert page.status == 404
    assert page.headers["x-two"] == "b"
    assert browser.text() == "not there"


def test_an_error_page_of_the_server_is_a_page(browser: Browser, page_url: str) -> None:
    page = browser.open(f"{page_url}/missing")

    assert page.error is None
    assert page.status == 404


def test_javascript_values_come_back_as_they_are(browser: Browser) -> None:
    browser.open("about:blank")

    assert browser.evaluate("({a: [1, null, 'x']})") == {"a": [1, None, "x"]}
    assert browser.evaluate("undefined") is None


def test_promises_are_waited_for(browser: Browser) -> None:
    browser.open("about:blank")

    assert browser.evaluate("new Promise(done => setTimeout(done, 20, 7))") == 7


def test_an_exception_in_javascript_is_an_error(browser: Browser) -> None:
    browser.open("about:blank")

    with pytest.raises(BrowserError, match="nobody is not defined"):
        browser.evaluate("nobody.knows")


def test_console_messages_are_kept(browser: Browser, page_url: str) -> None:
    browser.open(page_url)

    assert "from the page" in [message.text for message in browser.console()]


def test_uncaught_exceptions_are_on_the_console(
    browser: Browser, page_url: str
) -> None:
    browser.open(f"{page_url}/throws")

    assert browser.wait_for_console("broken page").level == "error"


def test_a_blocked_script_is_on_chromiums_console(
    root: PlainRoot, page_url: str
) -> None:
    with chromium(root.pem) as browser:
        browser.open(f"{page_url}/blocked")
        message = browser.wait_for_console("Content Security Policy")

    assert message == ConsoleMessage("error", message.text)


def test_a_blocked_script_has_not_run(browser: Browser, page_url: str) -> None:
    browser.open(f"{page_url}/blocked")

    assert browser.evaluate("document.title") == ""


def test_a_screenshot_is_a_png_with_a_size(browser: Browser, page_url: str) -> None:
    browser.open(page_url)

    image = browser.screenshot()

    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", image[16:24])
    assert width > 100
    assert height > 100


def test_chromium_tells_the_protocol(root: PlainRoot, page_url: str) -> None:
    with chromium(root.pem) as browser:
        assert isinstance(browser, Chromium)
        assert browser.open(page_url).protocol == "TLS 1.3"


def test_the_environment_of_the_machine_does_not_reach_a_browser(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("SSLKEYLOGFILE", "/nonexistent/keys")

    with start() as browser:
        seen = b"".join(_environments(browser.home))

    assert seen
    assert b"proxy" not in seen
    assert b"SSLKEYLOGFILE" not in seen


def test_afterwards_processes_and_folder_are_gone(start: Start, page_url: str) -> None:
    with start() as browser:
        browser.open(page_url)
        home = browser.home
        during = _environments(home)

    assert during
    assert _environments(home) == []
    assert not home.exists()


def test_a_failing_test_leaves_nothing_either(start: Start) -> None:
    homes = []

    def fail(browser: Browser) -> None:
        homes.append(browser.home)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), start() as browser:
        fail(browser)

    assert _environments(homes[0]) == []
    assert not homes[0].exists()


def _environments(home: Path) -> list[bytes]:
    """Those of all processes that have this home folder."""
    found = map(_read, Path("/proc").glob("[0-9]*/environ"))
    return [environment for environment in found if str(home).encode() in environment]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # It has ended meanwhile.
        return b""
