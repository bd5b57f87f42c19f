"""How is a URL drawn for a camera? With ``segno``, if it is installed."""

from __future__ import annotations

from typing import Any

#: Modules of empty space that a reader needs on each side.
_MARGIN = 4
#: Two rows of modules in one line: the upper one dark, the lower one, both, none.
_HALVES = {(1, 0): "▀", (0, 1): "▄", (1, 1): "█", (0, 0): " "}

INSTALL = "For a QR code, type: pip install 'flask-tlsdev[qr]'"


def terminal(url: str) -> str | None:
    """The code in half blocks, dark on light; ``None`` without ``segno``."""
    rows = _modules(url)
    if rows is None:
        return None

    if len(rows) % 2:
        rows.append([0] * len(rows[0]))

    return "\n".join(
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )


def svg(url: str) -> str | None:
    """The code as an image inside a page; ``None`` without ``segno``."""
    rows = _modules(url)
    if rows is None:
        return None

    size = len(rows)
    squares = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
        ' role="img" aria-label="QR code of this page" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>'
        f'<path fill="#000" d="{squares}"/></svg>'
    )


def _modules(url: str) -> list[list[int]] | None:
    try:
        import segno
    except ImportError:
        return None

    code: Any = segno.make(url, error="m", micro=False)
    return [
        [int(bool(each)) for each in row] for row in code.matrix_iter(border=_MARGIN)
    ]
