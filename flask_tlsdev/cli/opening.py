"""``flask tls run --open``: show the app in a browser as soon as it answers."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import webbrowser

    from ..names import Name

#: Seconds that an app may take to be loaded.
_PATIENCE = 120.0
_PAUSE = 0.05

#: What every server of ours answers, without TLS, as soon as it serves.
_HELLO = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"


def open_app_at(
    names: Sequence[Name], host: str, port: int, say: Callable[[str], object]
) -> None:
    """Open the app under the first of its names.

    :param host: The address that is listened on.
    """
    from .banner import urls

    if host.startswith("unix://"):
        say("Nothing is opened: no browser comes to a Unix socket")
        return

    (url, *_) = urls(names, host, port) or [f"https://localhost:{port}"]
    # Whoever listens everywhere listens here, too.
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    open_when_ready(f"{url}/", (near, port), say)


def open_when_ready(
    url: str, address: tuple[str, int], say: Callable[[str], object]
) -> threading.Thread:
    """Open the URL once the server at the address answers. Nobody waits for it.

    :param say: Told where no browser can be found.
    """

    def wait_and_open() -> None:
        if _answers(address):
            _open(url, say)

    thread = threading.Thread(
        target=wait_and_open, name="flask-tlsdev open", daemon=True
    )
    thread.start()
    return thread


def _answers(address: tuple[str, int]) -> bool:
    """Wait for the server. The reloader's parent listens before its child serves."""
    end = time.monotonic() + _PATIENCE

    while (left := end - time.monotonic()) > 0:
        try:
            with socket.create_connection(address, timeout=left) as client:
                client.sendall(_HELLO)
                if client.recv(1):
                    return True
        except OSError:
            pass

        time.sleep(_PAUSE)

    return False


def _open(url: str, say: Callable[[str], object]) -> None:
    with _own_browser():
        found = _browser()
        is_open = found is not None and found.open(url)

    if not is_open:
        say(f"No browser could be opened here. Open {url} yourself")


def _browser() -> webbrowser.BaseBrowser | None:
    """A browser with a window: one for the terminal would take ours away."""
    import webbrowser

    is_unix = sys.platform not in ("darwin", "win32", "cygwin")
    has_display = "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    if is_unix and not has_display and not os.environ.get("BROWSER"):
        return None

    try:
        return webbrowser.get()
    except webbrowser.Error:
        return None


@contextmanager
def _own_browser() -> Iterator[None]:
    """Without the ``BROWSER`` of a dotenv file, which would be run."""
    from ..config import user_environment

    given = os.environ.get("BROWSER")
    if given is None or "BROWSER" in user_environment(os.environ):
        yield
        return

    del os.environ["BROWSER"]
    try:
        yield
    finally:
        os.environ["BROWSER"] = given
