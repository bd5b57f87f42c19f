"""The page in a real Chromium, driven with Playwright, and what axe says of it.

::

    with chromium(root_pem) as browser:
        with looking(browser, served, 390, "dark") as page:
            page.wait_for_selector("#chain .card")
            assert violations(page) == []

Each panel's picture in the documentation is taken by ``keep()``, where
``TLSDEV_TEST_PICTURES`` says so.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Literal

from ..browsers import CHROMIUM_DATABASE
from ..browsers import CHROMIUM_FLAGS
from ..browsers import trust_in_nss
from ..tools import missing
from ..tools import program
from .serving import Served
from .serving import TOKEN

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests" / "graders" / "node_modules" / "axe-core" / "axe.min.js"

#: Whether the pictures in ``docs/_static/`` are taken anew. Read now: no test sees
#: the developer's variables.
KEPT = bool(os.environ.get("TLSDEV_TEST_PICTURES"))

#: Milliseconds for what a page has to show. A busy machine needs a tenth.
DEADLINE = 60_000

Scheme = Literal["light", "dark"]
WIDTHS = (1280, 390)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

#: What Playwright sets itself.
_OWN = ("--headless", "--remote-debugging-port")


@dataclass(frozen=True)
class Seen:
    """A page, and what went wrong on it."""

    page: Any
    #: Errors of scripts, and what the console calls an error: also what the page's
    #: own policy has stopped.
    errors: list[str]


@contextmanager
def chromium(root_pem: bytes, *, waiting: bool = False) -> Iterator[Any]:
    """A fresh Chromium that trusts one more root; contexts are its windows.

    :param waiting: Whether it keeps reports for a minute, as people's does.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")

    command = program("chromium", "chromium-browser", "google-chrome")
    left_out = (*_OWN, "--short-reporting-delay") if waiting else _OWN
    flags = [flag for flag in CHROMIUM_FLAGS if not flag.startswith(left_out)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        trust_in_nss(Path(home) / CHROMIUM_DATABASE, root_pem, "test root")
        environ: dict[str, str | float | bool]
        environ = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=command, args=flags, env=environ
            )
            try:
                yield browser
            finally:
                browser.close()


@contextmanager
def looking(
    browser: Any, served: Served, width: int = 1280, scheme: Scheme = "light"
) -> Iterator[Seen]:
    """The page, as somebody sees it who has opened the banner's URL."""
    window = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    window.set_default_timeout(DEADLINE)
    page = window.new_page()
    seen = Seen(page, [])
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: _note(seen.errors, said))

    try:
        page.goto(f"https://localhost:{served.port}/_tlsdev/?token={TOKEN}")
        page.wait_for_selector("body:not(:has(section[aria-busy=true]))")
        yield seen
    finally:
        window.close()


def _note(errors: list[str], said: Any) -> None:
    if said.type == "error":
        errors.append(said.text)


def violations(page: Any) -> list[str]:
    """What axe-core finds: each rule, what it wants, and where."""
    if not AXE.exists():
        missing("axe-core (npm install in tests/graders)")

    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']]}"
        for each in found
    ]


def is_cut_off(page: Any) -> bool:
    """Whether one has to scroll to the side."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(page.evaluate(wide))


def keep(
    page: Any, panel: str, width: int, scheme: Scheme, highest: int = 10_000
) -> None:
    """Take the panel's picture for the documentation, if that is wanted.

    :param highest: Cut off what is below: the end of a list looks like its beginning.
    """
    # It would lie in front of what is higher than the window.
    page.locator("nav").evaluate("nav => { nav.style.position = 'static'; }")
    data = page.locator(f"#{panel}").screenshot()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")

    if KEPT:
        name = f"page-{panel}-{width}-{scheme}.png"
        (ROOT / "docs" / "_static" / name).write_bytes(_small(data, highest))


def _small(data: bytes, highest: int) -> bytes:
    """The same picture with as few colours as it needs."""
    from PIL import Image

    out = io.BytesIO()
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, highest)))
    picture.quantize(96, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()
