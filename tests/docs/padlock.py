"""Firefox with its window around it: what stands in front of the address?

Other tests look at pages, without the window. The padlock is part of the window,
which Firefox shows to whoever is let in with ``--remote-allow-system-access``.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..browsers import _connected
from ..browsers import _fresh_home
from ..browsers import _running
from ..browsers import _user_js
from ..browsers import Firefox
from ..browsers import trust_in_nss
from ..browsers import Wire
from ..tools import program

#: With the trust panel of 2026 there is a shield with a tick instead.
_PREFERENCES = 'user_pref("browser.urlbar.trustPanel.featureGate", false);\n'

_FLAGS = (
    "--headless",
    "--no-remote",
    "--remote-debugging-port=0",
    "--remote-allow-system-access",
)

#: The stripes that Firefox shows while it is driven by a program hide nothing,
#: and nobody who reads the page will see them.
_DRAW = """
(async () => {
    document.documentElement.removeAttribute("remotecontrol");
    const resized = new Promise(done => addEventListener("resize", done));
    window.resizeTo(760, 480);
    await resized;
    await promiseDocumentFlushed(() => {});

    const area = new DOMRect(0, 0, innerWidth, innerHeight);
    const shot = await browsingContext.currentWindowGlobal.drawSnapshot(
        area, 1, "white");
    const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
    canvas.width = shot.width;
    canvas.height = shot.height;
    canvas.getContext("2d").drawImage(shot, 0, 0);

    return JSON.stringify({
        identity: document.getElementById("identity-box").className,
        picture: canvas.toDataURL("image/png").split(",")[1],
    });
})()
"""


@dataclass(frozen=True)
class Window:
    """A browser's window with one page in it."""

    #: Firefox's code why the page was not loaded, or ``None``.
    error: str | None
    #: What the box in front of the address is: ``verifiedDomain`` has a padlock.
    identity: str
    #: PNG.
    picture: bytes


def window(root_pem: bytes, url: str) -> Window:
    """The window of a fresh Firefox that trusts one more root."""
    command = program("firefox-esr", "firefox")

    with _fresh_home() as home:
        profile = home / "profile"
        _make(profile, root_pem)

        arguments = [command, *_FLAGS, "--profile", str(profile)]
        with _running(arguments, home) as process:
            address = process.wait_for(r"WebDriver BiDi listening on (ws://\S+)")
            with _connected(f"{address}/session") as wire:
                browser = Firefox(wire, home)
                page = browser.open(url)
                seen = _look(wire)
                browser.quit()

    return Window(page.error, seen["identity"], base64.b64decode(seen["picture"]))


def _make(profile: Path, root_pem: bytes) -> None:
    profile.mkdir()
    (profile / "user.js").write_text(_user_js() + _PREFERENCES)
    trust_in_nss(profile, root_pem, "test root")


def _look(wire: Wire) -> dict[str, Any]:
    tree = wire.result("browsingContext.getTree", **{"moz:scope": "chrome"})
    answer = wire.result(
        "script.evaluate",
        expression=_DRAW,
        target={"context": tree["contexts"][0]["context"]},
        awaitPromise=True,
    )
    assert answer["type"] == "success", answer
    seen: dict[str, Any] = json.loads(answer["result"]["value"])
    return seen
