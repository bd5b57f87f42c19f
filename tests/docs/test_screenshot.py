from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..browsers import chromium
from ..servers import flask
from ..servers import Server
from ..servers import serving
from ..tools import run
from .padlock import window

ROOT = Path(__file__).parents[2]

#: Where the quickstart's picture is put as well, when it is to be taken anew.
#: Read now: no test sees the developer's variables.
KEPT = os.environ.get("TLSDEV_TEST_SCREENSHOT")

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving("--app", "example_app", "tls", "run") as server:
        yield server


@pytest.fixture
def root_pem(server: Server, tmp_path: Path) -> bytes:
    """The root, exported as the quickstart says."""
    path = tmp_path / "tlsdev-root.crt"
    exported = run(*flask("tls", "ca", "export", "--out", path), cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    return path.read_bytes()


def test_firefox_shows_the_padlock(server: Server, root_pem: bytes) -> None:
    seen = window(root_pem, f"https://localhost:{server.port}/")

    assert seen.error is None
    assert seen.identity == "verifiedDomain"
    assert seen.picture.startswith(PNG)

    if KEPT:
        Path(KEPT).write_bytes(seen.picture)


def test_chromium_calls_the_page_secure(server: Server, root_pem: bytes) -> None:
    with chromium(root_pem) as browser:
        page = browser.open(f"https://localhost:{server.port}/")
        text = browser.text()

    assert page.error is None
    assert page.security == "secure"
    assert "TLSv1.3" in text


def test_quickstart_has_its_picture() -> None:
    picture = ROOT / "docs" / "_static" / "padlock.png"

    assert picture.read_bytes().startswith(PNG)
    assert picture.stat().st_size < 200_000
