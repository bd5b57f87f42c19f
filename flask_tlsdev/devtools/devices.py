"""The panel for phones and other machines, with ``--lan``, and what they download.

The root is all that another device gets of the page, and only by a path that the
panel shows to the developer.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import files
from .. import phones
from ..errors import TLSDevError
from ..issuers.local_ca import LocalCA
from ..lan import FOLDER
from ..server import PAGE_PATH
from ..trust.root import our_roots_in_pem
from .chain import lan_root
from .panel import Download
from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..phones import Download as RootFile
    from ..trust.base import Root
    from .panel import Asked
    from .panel import Run

#: Below it is what another device may have.
ROOT_PATH = f"{PAGE_PATH}/root/"

_LABELS = ("For Apple devices", "For Android and Windows", "PEM, for others")


def state(asked: Asked) -> Mapping[str, object]:
    """Where a device finds the root, and what it has to compare."""
    root = _root(asked.run)
    if root is None:
        return {"problem": "The root of the network's CA cannot be read."}

    urls = _urls(asked)
    return {
        "listed_as": root.listed_as,
        "sha256": hashlib.sha256(root.der).digest().hex(":").upper(),
        "apps": [f"{url}/" for url in urls],
        "urls": [_with_path(url, asked.run) for url in urls],
        "qr": phones.svg("https://localhost") is not None,
        "files": [
            {"name": file.name, "label": label}
            for file, label in zip(_files(root), _LABELS, strict=True)
        ],
    }


def give(asked: Asked, name: str) -> Download | None:
    """The root itself, for a file or a cable, and the QR code."""
    root = _root(asked.run)
    if root is None:
        return None

    if name == "qr.svg":
        return _code(asked)

    return next(
        (
            Download(file.content_type, file.data, file.name)
            for file in _files(root)
            if file.name == name
        ),
        None,
    )


def page_for_devices(run: Run, path: str) -> tuple[Download, str] | None:
    """What another device gets below :data:`ROOT_PATH`, and its policy.

    :param path: What follows the prefix.
    """
    token, _, name = path.partition("/")
    if not hmac.compare_digest(token.encode(), run.root_token.encode()):
        return None

    root = _root(run)
    if root is None:
        return None

    if not name:
        return _page(run, root)

    for file in _files(root):
        if file.name == name:
            # Safari shows a profile to the user by itself, and saves one that is
            # sent as an attachment.
            saved = "" if name.endswith(".mobileconfig") else name
            return Download(file.content_type, file.data, saved), ""

    return None


def _page(run: Run, root: Root) -> tuple[Download, str]:
    permits = LocalCA.open(run.settings().ca_path / FOLDER).permits
    html, policy = phones.page(root.listed_as, str(permits), _files(root), None)
    return Download("text/html; charset=utf-8", html), policy


def _code(asked: Asked) -> Download | None:
    drawn = phones.svg(_with_path(_urls(asked)[0], asked.run))
    return None if drawn is None else Download("image/svg+xml", drawn.encode())


def _root(run: Run) -> Root | None:
    path = lan_root(run)
    try:
        found = our_roots_in_pem(files.read(path), str(path)) if path else ()
    except TLSDevError:
        return None

    return found[0] if found else None


def _files(root: Root) -> Sequence[RootFile]:
    return phones.downloads(root)


def _urls(asked: Asked) -> list[str]:
    port = asked.connection.getsockname()[1]
    return [f"https://{host}{_at(port)}" for host in _hosts(asked.run)]


def _with_path(url: str, run: Run) -> str:
    return f"{url}{ROOT_PATH}{run.root_token}/"


def _hosts(run: Run) -> list[str]:
    """Addresses before names: not every device looks up ``.local``."""
    names = run.lan.names if run.lan is not None else ()
    addresses = [name.value for name in names if name.kind == "ip"]
    others = [name.value for name in names if name.kind == "dns"]
    return [f"[{each}]" if ":" in each else each for each in (*addresses, *others)]


def _at(port: int) -> str:
    return "" if port == 443 else f":{port}"


PANEL = Panel(
    "devices",
    "Other devices",
    "How a phone on your network comes to trust the app. The root's download is all"
    " that other devices get of this page.",
    state,
    give,
    applies=lambda run: run.lan is not None,
)
