"""The page of ``flask tls run`` itself, and somebody who looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..servers import Server
from .browser import chromium
from .browser import DEADLINE
from .browser import Scheme


@contextmanager
def window(
    root_pem: bytes,
    width: int = 1280,
    scheme: Scheme = "light",
    *,
    waiting: bool = False,
) -> Iterator[Any]:
    """A window of a fresh Chromium that trusts one more root.

    :param waiting: Whether it keeps reports for a minute, as people's does.
    """
    with chromium(root_pem, waiting=waiting) as browser:
        opened = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        opened.set_default_timeout(DEADLINE)
        yield opened


def enter(window: Any, server: Server) -> Any:
    """The development page, by the URL of the banner."""
    url = re.search(r"https://\S+/_tlsdev/\?token=\S+", server.output)
    assert url is not None
    page = window.new_page()
    page.goto(url[0])
    return page
