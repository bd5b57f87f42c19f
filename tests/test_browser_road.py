"""The padlock: real browsers, given the root, show the example without a warning."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from .browsers import Browser
from .browsers import chromium
from .browsers import firefox
from .servers import Server
from .servers import serving
from .test_road import EXAMPLE
from .test_road import export_root

Start = Callable[..., AbstractContextManager[Browser]]

BROWSERS = [
    pytest.param(chromium, "net::ERR_CERT_AUTHORITY_INVALID", id="chromium"),
    pytest.param(firefox, "SEC_ERROR_UNKNOWN_ISSUER", id="firefox"),
]


@pytest.fixture
def example() -> Iterator[Server]:
    with serving(*EXAMPLE) as server:
        yield server


@pytest.fixture
def root(example: Server, tmp_path: Path) -> bytes:
    return export_root(tmp_path / "root.crt").read_bytes()


@pytest.mark.parametrize(("start", "error"), BROWSERS)
def test_without_the_root_there_is_a_warning(
    example: Server, start: Start, error: str
) -> None:
    with start() as browser:
        page = browser.open(f"https://localhost:{example.port}/")

    assert page.error == error


@pytest.mark.parametrize(("start", "_"), BROWSERS)
def test_with_the_root_there_is_a_padlock(
    example: Server, root: bytes, start: Start, _: str
) -> None:
    with start(root) as browser:
        page = browser.open(f"https://localhost:{example.port}/")
        text = browser.text()
        messages = browser.console()

    assert page.error is None
    assert page.security == "secure"
    assert "It works over HTTPS" in text
    assert "TLSv1.3" in text
    assert messages == []


def test_the_page_shows_the_headers_that_came_with_it(
    example: Server, root: bytes
) -> None:
    with chromium(root) as browser:
        page = browser.open(f"https://localhost:{example.port}/")
        browser.evaluate(
            "new Promise(done => {"
            " const list = document.getElementById('headers');"
            " const look = () => list.dataset.ready && done(true);"
            " new MutationObserver(look).observe(list, {attributes: true}); look() })"
        )
        text = browser.text()

    shown = page.headers["content-security-policy"]
    assert shown in text
    assert "strict-transport-security" not in page.headers


def test_http_on_the_same_port_ends_on_the_page(example: Server, root: bytes) -> None:
    with chromium(root) as browser:
        page = browser.open(f"http://localhost:{example.port}/")

    assert page.error is None
    assert page.security == "secure"
