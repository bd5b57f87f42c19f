"""A Chromium in which a test looks at the development page, through Playwright.

::

    with serving("tls", "run", "--debug", ...) as server, looking(root) as context:
        page = enter(context, server)
        page.get_by_role("heading", name="...").wait_for()
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

from ..browsers import _environment
from ..browsers import CHROMIUM_DATABASE
from ..browsers import CHROMIUM_FLAGS
from ..browsers import DEADLINE
from ..browsers import trust_in_nss
from ..servers import Server
from ..tools import missing
from ..tools import program

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext
    from playwright.sync_api import Page

GRADERS = Path(__file__).parent.parent / "graders"

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}

#: Playwright brings these itself.
_OWN = ("--headless", "--remote-debugging-port")


@contextmanager
def looking(
    root_pem: bytes, *, waiting: bool = False, **options: Any
) -> Iterator[BrowserContext]:
    """A fresh Chromium that trusts this root, and nothing else that is ours.

    :param waiting: Whether it collects reports for a minute, as people's does.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")

    command = program("chromium", "chromium-browser", "google-chrome")
    left_out = (*_OWN, "--short-reporting-delay") if waiting else _OWN
    flags = [each for each in CHROMIUM_FLAGS if not each.startswith(left_out)]
    with tempfile.TemporaryDirectory(prefix="browser-") as folder:
        home = Path(folder)
        trust_in_nss(home / CHROMIUM_DATABASE, root_pem, "test root")
        with sync_playwright() as playwright:
            context = playwright.chromium.launch_persistent_context(
                home / "profile",
                executable_path=command,
                args=["--headless=new", *flags],
                headless=True,
                chromium_sandbox=False,
                env={**_environment(home)},
                **{"viewport": WIDE, **options},
            )
            context.set_default_timeout(DEADLINE * 1000)
            try:
                yield context
            finally:
                context.close()


def findings_of_axe(page: Page, selector: str) -> list[tuple[str, str]]:
    """What axe-core has against a part of the page: a rule, and where."""
    axe = GRADERS / "node_modules/axe-core/axe.min.js"
    if not axe.exists():
        missing("axe-core (npm install in tests/graders)")

    page.evaluate(axe.read_text())
    found = page.evaluate("selector => axe.run(selector)", selector)
    return [
        (rule["id"], node["html"])
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def enter(context: BrowserContext, server: Server) -> Page:
    """The development page, by the URL of the banner."""
    url = re.search(r"https://\S+/_tlsdev/\?token=\S+", server.output)
    assert url is not None
    page = context.new_page()
    page.goto(url[0])
    return page
