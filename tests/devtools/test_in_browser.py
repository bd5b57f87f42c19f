from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev.cli.page import as_data
from flask_tlsdev.renewal import KeptPair

from ..browsers import firefox
from .browser import chromium
from .browser import is_cut_off
from .browser import keep
from .browser import looking
from .browser import Scheme
from .browser import SCHEMES
from .browser import violations
from .browser import WIDTHS
from .serving import Served
from .serving import serving
from .serving import TOKEN
from .test_panels import with_lan

#: What each panel shows once it has something to show.
CONTENT = {
    "connection": "dl",
    "chain": ".card.root",
    "trust": ".stores li",
    "handshakes": "ol li",
    "devices": ".way img",
}


@dataclass(frozen=True)
class Shop:
    """A server for other devices too, and a browser that trusts its CA."""

    served: Served
    browser: Any


@pytest.fixture(scope="module")
def shop_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    folder.chmod(0o700)
    return folder


@pytest.fixture(autouse=True)
def home(shop_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of the one server, for all tests here."""
    monkeypatch.setenv("HOME", str(shop_home))
    monkeypatch.setenv("TLSDEV_JAVA_HOMES", "")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return shop_home


@pytest.fixture(scope="module")
def shop(shop_home: Path) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(shop_home))
        patch.setenv("TLSDEV_JAVA_HOMES", "")
        patch.delenv("XDG_DATA_HOME", raising=False)

        with serving(host="0.0.0.0", change=with_lan) as served:
            context = served.run.context
            context.listener = lambda event: served.run.hub.tell(
                "handshakes", as_data(event)
            )
            assert context.files.cafile is not None
            with chromium(context.files.cafile.read_bytes()) as browser:
                yield Shop(served, browser)


def refuse(served: Served) -> None:
    """Be a client without the root."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as plain:
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


def renew(served: Served) -> None:
    """Let the time come at which the pair is renewed."""
    context, settings = served.run.context, served.run.settings()
    pair = KeptPair(
        context.files,
        settings.names,
        # Longer than it is valid: it is due now.
        timedelta(days=89, hours=23, minutes=59),
        lambda: _Hasty(settings),
        context.replace,
        context.tell,
    )
    pair.tend(datetime.now(timezone.utc) + timedelta(hours=1))
    context.current()


class _Hasty:
    """The same settings, with a pair that is always due."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self.renew_before = timedelta(days=90)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._settings, name)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_everybody_can_read_every_panel(shop: Shop, width: int, scheme: Scheme) -> None:
    with looking(shop.browser, shop.served, width, scheme) as seen:
        refuse(shop.served)
        renew(shop.served)
        for panel, content in CONTENT.items():
            seen.page.wait_for_selector(f"#{panel} {content}")

        found = violations(seen.page)

        assert found == []
        assert not is_cut_off(seen.page)
        assert seen.errors == []
        for panel in CONTENT:
            keep(seen.page, panel, width, scheme)


def test_what_happens_is_added_at_once_and_said(shop: Shop) -> None:
    with looking(shop.browser, shop.served) as seen:
        seen.page.wait_for_selector("#live.good")
        before = seen.page.locator("#handshakes ol > li").count()

        refuse(shop.served)

        newest = seen.page.locator("#handshakes ol > li").first
        seen.page.wait_for_selector(f"#handshakes ol > li:nth-child({before + 1})")
        said = seen.page.locator("#said").text_content()
        assert "does not trust the CA" in newest.text_content()
        assert "does not trust the CA" in said


def test_a_renewal_is_shown_with_the_new_certificate(shop: Shop) -> None:
    with looking(shop.browser, shop.served) as seen:
        seen.page.wait_for_selector("#live.good")
        leaf = seen.page.locator("#chain .card.leaf").first
        before = leaf.locator("details code").last.text_content()

        renew(shop.served)

        seen.page.get_by_text("was renewed until").first.wait_for()
        seen.page.locator("#chain", has_not_text=before).wait_for()


def test_a_command_is_copied(shop: Shop) -> None:
    with looking(shop.browser, shop.served) as seen:
        button = seen.page.locator("#trust .command button").first
        button.focus()
        seen.page.keyboard.press("Enter")

        seen.page.get_by_text("Copied", exact=True).first.wait_for()
        copied = seen.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("flask tls ")
        assert "trust install" in copied


def test_the_keyboard_gets_everywhere(shop: Shop) -> None:
    with looking(shop.browser, shop.served) as seen:
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Enter")
        reached = set()
        for _ in range(80):
            seen.page.keyboard.press("Tab")
            reached.add(
                seen.page.evaluate(
                    "document.activeElement.closest('section')?.id ?? ''"
                )
            )

        assert set(CONTENT) <= reached


def test_without_the_cookie_a_browser_sees_what_the_app_says(shop: Shop) -> None:
    window = shop.browser.new_context()
    page = window.new_page()

    answer = page.goto(f"https://localhost:{shop.served.port}/_tlsdev/")

    assert answer.status == 404
    assert page.text_content("body") == "the app has no such page"
    window.close()


def test_the_token_does_not_stay_in_the_address(shop: Shop) -> None:
    with looking(shop.browser, shop.served) as seen:
        assert seen.page.url == f"https://localhost:{shop.served.port}/_tlsdev/"


def test_firefox_shows_every_panel_too(shop: Shop) -> None:
    cafile = shop.served.run.context.files.cafile
    assert cafile is not None

    with firefox(cafile.read_bytes()) as browser:
        page = browser.open(
            f"https://localhost:{shop.served.port}/_tlsdev/?token={TOKEN}"
        )
        filled = browser.evaluate(_FILLED)
        console = [each for each in browser.console() if each.level == "error"]

    assert (page.error, page.status) == (None, 200)
    assert set(CONTENT) <= set(filled)
    assert console == []


#: The panels that have got their content.
_FILLED = """new Promise(done => {
    const look = () => document.querySelector("section[aria-busy=true]")
        ? setTimeout(look, 20)
        : done([...document.querySelectorAll("section")]
            .filter(each => !each.querySelector(".content > .note.bad"))
            .map(each => each.id));
    look();
})"""


def test_the_pictures_are_there_and_small() -> None:
    folder = Path(__file__).parents[2] / "docs" / "_static"

    for panel in CONTENT:
        for width in WIDTHS:
            for scheme in SCHEMES:
                picture = folder / f"page-{panel}-{width}-{scheme}.png"
                assert picture.stat().st_size < 80_000
