"""What does the page consist of before its panels have filled themselves?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..printable import printable
from ..server import PAGE_PATH
from .panel import Download

if TYPE_CHECKING:
    from .panel import Panel
    from .panel import Run

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

_SECTION = """\
<section id="{id}" aria-labelledby="{id}-title" aria-busy="true">
<header>
<h2 id="{id}-title">{title}</h2>
<button type="button" class="again" aria-describedby="{id}-title">Refresh</button>
<p class="about">{about}</p>
</header>
<div class="content"><p class="waiting">Loading …</p></div>
</section>
"""


def policy(nonce: str) -> str:
    """What the page may load: its own files, and scripts with this nonce."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self';"
        " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'; require-trusted-types-for 'script';"
        " trusted-types 'none'"
    )


def html(run: Run, panels: Iterable[Panel], nonce: str) -> bytes:
    """The page, with an empty section for each panel."""
    panels = tuple(panels)
    base = f"{PAGE_PATH}/static"
    replaced = {
        "app": escape(printable(run.app.name, 80)),
        "styles": "\n".join(
            f'<link rel="stylesheet" href="{base}/{name}.css">'
            for name in ("base", *_having(panels, ".css"))
        ),
        "scripts": "\n".join(
            f'<script type="module" nonce="{nonce}" src="{base}/{name}.js"></script>'
            for name in ("base", *_having(panels, ".js"))
        ),
        "links": "\n".join(
            f'<li><a href="#{each.id}">{escape(each.title)}</a></li>' for each in panels
        ),
        "sections": "".join(
            _SECTION.format(
                id=each.id, title=escape(each.title), about=escape(each.about)
            )
            for each in panels
        ),
    }
    text = (_FOLDER / "page.html").read_text("utf-8")
    for name, value in replaced.items():
        text = text.replace(f"<!-- {name} -->", value)

    return text.encode("utf-8")


def static(name: str) -> Download | None:
    """A file of the page. Only names that lie in its folder are looked for."""
    return _read(name) if name in _names() else None


def _having(panels: Iterable[Panel], suffix: str) -> list[str]:
    return [each.id for each in panels if f"{each.id}{suffix}" in _names()]


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(path.name for path in _FOLDER.iterdir() if path.suffix in _TYPES)


@cache
def _read(name: str) -> Download:
    path = _FOLDER / name
    return Download(_TYPES[path.suffix], path.read_bytes())
