"""The page on a phone's screen, and the QR code on it read by a camera's decoder."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from PIL import Image

from flask_tlsdev.phones import downloads
from flask_tlsdev.phones import page
from flask_tlsdev.phones import PhoneServer
from flask_tlsdev.phones import svg

from ..browsers import Chromium
from ..browsers import chromium
from ..trust.making import our_root
from .test_qr import read

ROOT = our_root()
FILES = downloads(ROOT)

#: A small phone and a common one, in CSS pixels.
PHONES = ((320, 568), (390, 844))


@pytest.fixture(scope="module")
def server() -> Iterator[PhoneServer]:
    it = PhoneServer(ip_address("127.0.0.1"))
    it.put_files(FILES)
    it.put_page(*page(ROOT.listed_as, "localhost, test", FILES, svg(it.url)))
    thread = threading.Thread(target=it.serve, args=(120,))
    thread.start()
    yield it
    it._over.set()
    thread.join(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("size", PHONES, ids=str)
def test_the_page_fits_a_phone_and_its_code_leads_to_it(
    server: PhoneServer, browser: Chromium, size: tuple[int, int]
) -> None:
    browser.resize(*size)

    shown = browser.open(server.url)

    assert (shown.error, shown.status) == (None, 200)
    assert browser.evaluate("document.documentElement.scrollWidth") <= size[0]
    browser.evaluate("document.querySelector('svg').scrollIntoView({block: 'center'})")
    assert read(Image.open(io.BytesIO(browser.screenshot()))) == [server.url]


def test_every_step_can_be_opened_without_going_out_of_the_screen(
    server: PhoneServer, browser: Chromium
) -> None:
    width, height = PHONES[0]
    browser.resize(width, height)
    browser.open(server.url)

    steps = browser.evaluate(
        "[...document.querySelectorAll('details')].map(e => (e.open = true, e.id))"
    )

    assert steps == ["ios", "android", "windows", "macos"]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_to_be_tapped_is_large_enough_and_leads_to_the_files(
    server: PhoneServer, browser: Chromium
) -> None:
    browser.resize(*PHONES[0])
    browser.open(server.url)

    script = (
        "[...document.querySelectorAll('a, summary')].map(e =>"
        " Math.round(e.getBoundingClientRect().height))"
    )
    links = browser.evaluate("[...document.querySelectorAll('a')].map(e => e.href)")

    assert min(browser.evaluate(script)) >= 40
    assert links == [server.url + file.name for file in FILES]


def test_nothing_on_it_is_blocked_by_its_own_policy(
    server: PhoneServer, browser: Chromium
) -> None:
    browser.open(server.url)

    messages = [each.text for each in browser.console() if "Content Sec" in each.text]
    assert messages == []
    assert browser.evaluate("getComputedStyle(document.body).maxWidth") != "none"


def test_the_page_does_not_show_the_fingerprint_that_it_could_forge() -> None:
    html, _ = page(ROOT.listed_as, "localhost", FILES, None)

    assert b"SHA-256 fingerprint" in html
    assert ROOT.der.hex()[:16].encode() not in html
    assert b"<svg" not in html


def test_foreign_text_is_not_markup() -> None:
    html, _ = page("<b>x</b>", "<script>", FILES, None)

    assert b"<b>" not in html
    assert b"<script>" not in html
