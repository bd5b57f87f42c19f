from __future__ import annotations

import sys
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from flask_tlsdev.phones import svg
from flask_tlsdev.phones import terminal

URL = "http://192.168.178.200:54321/k2Jd8sNq3fB1mZx0TtYwLg/"
_DARK = {"▀": (1, 0), "▄": (0, 1), "█": (1, 1), " ": (0, 0)}


def read(image: Image.Image) -> list[str]:
    """What a reader of codes sees."""
    found: list[Any] = list(zxingcpp.read_barcodes(image))
    return [each.text for each in found]


def drawn(code: str, *, inverted: bool) -> Image.Image:
    """A terminal with these lines, each character one module wide and two high."""
    lines = code.splitlines()
    image = Image.new("L", (len(lines[0]), 2 * len(lines)))
    for y, line in enumerate(lines):
        for x, character in enumerate(line):
            for half, dark in enumerate(_DARK[character]):
                image.putpixel((x, 2 * y + half), 0 if dark != inverted else 255)

    return image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST)


@pytest.mark.parametrize("inverted", [False, True])
def test_a_code_in_the_terminal_leads_to_the_page(inverted: bool) -> None:
    code = terminal(URL)

    assert code is not None
    assert read(drawn(code, inverted=inverted)) == [URL]


def test_a_code_is_narrow_enough_for_a_terminal() -> None:
    assert max(map(len, (terminal(URL) or "").splitlines())) < 60


def test_without_segno_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)

    assert terminal(URL) is None
    assert svg(URL) is None
