"""Curves as an SVG picture, drawn with nothing but strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 44, 44

STYLE = """
    /* The ground is not known: the lines and words are readable on white and black. */
    .title { font: 600 15px system-ui, sans-serif; fill: #7f7f7f }
    .note { font: 12px system-ui, sans-serif; fill: #7f7f7f }
    .axis { stroke: #7f7f7f; stroke-width: 1; fill: none }
    .grid { stroke: #7f7f7f; stroke-width: 0.4; fill: none; stroke-dasharray: 3 3 }
    .curve { stroke: #4d7a58; stroke-width: 2.5; fill: none }
    .dot { fill: #4d7a58 }
"""


@dataclass(frozen=True)
class Plot:
    """One curve. Its x axis has the same distance between any two points."""

    title: str
    unit: str
    points: Points

    def draw(self, offset: int, top: float) -> str:
        step = (WIDTH - LEFT - RIGHT) / (len(self.points) - 1)
        places = [
            (LEFT + number * step, self._y(value, top), x, value)
            for number, (x, value) in enumerate(self.points)
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
        marks = "".join(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
            f'<text class="note" text-anchor="middle" x="{x:.1f}" y="{y - 9:.1f}">'
            f"{value:.1f}</text>"
            f'<text class="note" text-anchor="middle" x="{x:.1f}" y="{HEIGHT - 26}">'
            f"{name:g}</text>"
            for x, y, name, value in places
        )
        return (
            f'<g transform="translate({offset} 0)">'
            f'<text class="title" x="{LEFT}" y="22">{escape(self.title)}</text>'
            f"{self._axes(top)}"
            f'<polyline class="curve" points="{line}"/>{marks}'
            f'<text class="note" text-anchor="middle" x="{WIDTH / 2:.0f}"'
            f' y="{HEIGHT - 8}">{escape(self.unit)}</text></g>'
        )

    def _axes(self, top: float) -> str:
        heights = [(value, self._y(value, top)) for value in (0, top / 2, top)]
        grid = "".join(
            f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
            f'<text class="note" text-anchor="end" x="{LEFT - 8}" y="{y + 4:.1f}">'
            f"{value:g}</text>"
            for value, y in heights
        )
        return (
            f'{grid}<path class="axis"'
            f' d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
        )

    @staticmethod
    def _y(value: float, top: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP)


def draw(plots: Sequence[Plot], title: str, description: str) -> str:
    """The picture with these plots side by side, all on one scale."""
    highest = max(value for plot in plots for _, value in plot.points)
    top = next(each for each in (2, 4, 6, 10, 20, 40, 100, 400, 1000) if each > highest)
    drawn = "\n  ".join(
        plot.draw(number * WIDTH, top) for number, plot in enumerate(plots)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg"'
        f' viewBox="0 0 {WIDTH * len(plots)} {HEIGHT}" role="img"'
        ' aria-labelledby="title desc">\n'
        f'  <title id="title">{escape(title)}</title>\n'
        f'  <desc id="desc">{escape(description)}</desc>\n'
        f"  <style>{STYLE}  </style>\n"
        f"  {drawn}\n"
        "</svg>\n"
    )
