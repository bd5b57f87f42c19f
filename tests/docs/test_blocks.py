from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .blocks import blocks
from .blocks import PAGES
from .blocks import Reader
from .blocks import RUN
from .blocks import SET_UP
from .blocks import SHOWN

#: How many blocks the reader leaves out; vault.rst has a test of its own. Another
#: one needs a good reason.
NOT_RUN = 2

with_blocks = [page for page in PAGES if any(block.is_run for block in blocks(page))]


@pytest.fixture
def reader(tmp_path: Path, home: Path) -> Iterator[Reader]:
    folder = tmp_path / "project"
    folder.mkdir()
    reader = Reader(folder, home)
    yield reader
    reader.close()


@pytest.mark.skipif(os.name == "nt", reason="the pages' commands are for a shell")
@pytest.mark.parametrize("page", with_blocks, ids=lambda page: page.stem)
def test_page_can_be_followed_from_top_to_bottom(page: Path, reader: Reader) -> None:
    for block in blocks(page):
        if block.is_run:
            reader.follow(block)


def test_every_page_that_shows_commands_is_followed() -> None:
    followed = {page.stem for page in with_blocks}

    assert followed >= {"README", "quickstart", "ca", "server", "headers", "errors"}


def test_blocks_that_are_not_run_say_why_and_are_few() -> None:
    left_out = [block for page in PAGES for block in blocks(page) if block.reason]

    assert len(left_out) == NOT_RUN
    assert all(len(block.reason) > 10 for block in left_out)


def test_set_up_commands_are_the_ones_of_the_readme() -> None:
    left_out = {
        block.body.strip()
        for page in PAGES
        for block in blocks(page)
        if block.body.startswith(SET_UP)
    }

    assert left_out == {"./dev run", "./dev test"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_code_hides_in_a_block_that_is_not_looked_at(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = list(blocks(page))

    assert len(found) == len(re.findall(r"^ *\.\. code-block::", text, re.MULTILINE))
    assert {block.language for block in found} <= RUN | SHOWN
    # A paragraph's "::" makes a block without a language.
    assert not re.search(r"^(?! *\.\. ).*::$", text, re.MULTILINE)
