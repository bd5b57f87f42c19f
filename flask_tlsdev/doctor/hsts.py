"""Does a browser remember that a local name is to be reached over HTTPS only?

It holds for all ports of a name, so another project on ``localhost`` without
HTTPS cannot be reached any more. Chromium's own file is read; Firefox's is not.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import files
from ..errors import TLSDevError
from ..printable import printable
from .finding import Finding

_BROWSERS = (
    "chromium",
    "google-chrome",
    "google-chrome-beta",
    "BraveSoftware/Brave-Browser",
    "microsoft-edge",
)


def check_pins(
    names: Iterable[str], environ: Mapping[str, str], now: datetime
) -> Iterator[Finding]:
    """The names that a Chromium of this user reaches over HTTPS only."""
    wanted = {_digest(name): name for name in names}
    found = {
        wanted[digest]
        for path in _files(environ)
        for digest in _pinned(path, now)
        if digest in wanted
    }
    for name in sorted(found):
        yield Finding(
            "hsts",
            "warning",
            f"Chromium remembers {printable(name)} as HTTPS only, on every port.",
            f"To make it forget, open chrome://net-internals/#hsts and delete"
            f" {printable(name)} there. `flask tls headers` says who sends it.",
        )


def _digest(name: str) -> str:
    """How Chromium calls a host: SHA-256 of the name as DNS sends it."""
    labels = name.encode("idna").lower().split(b".")
    wire = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return base64.b64encode(hashlib.sha256(wire).digest()).decode("ascii")


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    home = environ.get("HOME")
    if not home:
        return

    config = Path(environ.get("XDG_CONFIG_HOME") or Path(home) / ".config")
    bases = [config / each for each in _BROWSERS]
    bases.append(Path(home) / "snap" / "chromium" / "common" / "chromium")
    for base in bases:
        yield from sorted(base.glob("*/TransportSecurity"))


def _pinned(path: Path, now: datetime) -> Iterator[str]:
    try:
        content: Any = json.loads(files.read(path, limit=16 << 20))
        entries = content["sts"]
        for entry in entries:
            if entry["mode"] == "force-https" and entry["expiry"] > now.timestamp():
                yield str(entry["host"])
    except (TLSDevError, ValueError, KeyError, TypeError, RecursionError):
        # Another version's file. It is the browser's to understand.
        return
