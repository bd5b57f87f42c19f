"""Makes ``flask_tlsdev/data/browser_compat.json``: what do browsers know by name?

    npm pack @mdn/browser-compat-data && tar xzf mdn-browser-compat-data-*.tgz
    python tools/browser_compat.py package/data.json features.json

The first file is MDN's browser-compat-data (CC0-1.0). The second is what a
Chromium answers to ``[navigator.userAgent, document.featurePolicy.features()]``:
it knows features that MDN does not list, and warns of those that it does not
know.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "flask_tlsdev" / "data" / "browser_compat.json"

BROWSERS = ("chrome", "firefox", "safari")

#: What stands in the list of a header and is about all of it.
_NO_DIRECTIVE = re.compile(
    r"__compat|.*support|.*parameter|.*_required|default_.*|wildcards?"
)


def main(compat: str, features: str) -> None:
    data = json.loads(Path(compat).read_text(encoding="utf-8"))
    agent, known = json.loads(Path(features).read_text(encoding="utf-8"))
    headers = data["http"]["headers"]

    table = {
        "source": f"@mdn/browser-compat-data {data['__meta']['version']}, CC0-1.0",
        "date": data["__meta"]["timestamp"][:10],
        "csp": _entries(headers["Content-Security-Policy"]),
        "permissions": _entries(headers["Permissions-Policy"]),
        "permissions_elsewhere": {
            "source": re.search(r"Chrome/[0-9]+", agent)[0],  # type: ignore[index]
            "features": sorted(set(known) - set(headers["Permissions-Policy"])),
        },
        "clear_site_data": _entries(headers["Clear-Site-Data"]),
    }
    text = json.dumps(table, indent=1, sort_keys=True)
    TARGET.write_text(text + "\n", encoding="utf-8")


def _entries(header: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: _entry(feature["__compat"])
        for name, feature in header.items()
        if not _NO_DIRECTIVE.fullmatch(name) and not _is_source(feature)
    }


def _is_source(feature: dict[str, Any]) -> bool:
    return "source value" in feature["__compat"].get("description", "")


def _entry(compat: dict[str, Any]) -> dict[str, Any]:
    """The first version of each engine that has it, and whether it will go."""
    since = {name: _since(compat["support"][name]) for name in BROWSERS}
    return {
        "since": {name: version for name, version in since.items() if version},
        **({"deprecated": True} if compat["status"]["deprecated"] else {}),
    }


def _since(support: Any) -> str | None:
    latest = support[0] if isinstance(support, list) else support
    if "version_removed" in latest or "flags" in latest:
        return None

    version = latest["version_added"]
    return version if isinstance(version, str) and version != "preview" else None


if __name__ == "__main__":
    main(*sys.argv[1:])
