"""The real browsers, before, while and after the root is in their stores."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from ..browsers import Browser
from ..browsers import chromium
from ..browsers import firefox
from ..servers import Server
from ..servers import serving
from ..tools import program
from ..tools import run
from .making import must

Start = Callable[..., AbstractContextManager[Browser]]
Prepare = Callable[[Path], None]


@pytest.fixture(scope="module")
def ca_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ca") / "ca"


@pytest.fixture
def server(ca_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TLSDEV_CA_PATH", str(ca_path))

    with serving("--app", "example_app", "tls", "run") as server:
        yield server


def _in(home: Path, verb: str, store: str) -> None:
    must("trust", verb, "--yes", "--store", store, HOME=str(home))


def _fresh(home: Path) -> None:
    """A home that no browser has seen."""


def _old(home: Path) -> None:
    (home / ".pki/nssdb").mkdir(parents=True)


def _custom_profile(home: Path) -> None:
    """The profile that the test's Firefox is started with, by an absolute path."""
    profiles = home / ".config/mozilla/firefox"
    profiles.mkdir(parents=True)
    (profiles / "profiles.ini").write_text(
        f"[Profile0]\nName=mine\nIsRelative=0\nPath={home / 'profile'}\n"
    )
    (home / "profile").mkdir(exist_ok=True)


def _classic_profile(home: Path) -> None:
    profiles = home / ".mozilla/firefox"
    profiles.mkdir(parents=True)
    (profiles / "profiles.ini").write_text(
        "[Profile0]\nName=mine\nIsRelative=1\nPath=../../profile\n"
    )
    (home / "profile").mkdir(exist_ok=True)


BROWSERS = [
    pytest.param(chromium, "chromium", _fresh, id="chromium in a fresh home"),
    pytest.param(chromium, "chromium", _old, id="chromium with its old database"),
    pytest.param(firefox, "firefox", _custom_profile, id="firefox, custom profile"),
    pytest.param(firefox, "firefox", _classic_profile, id="firefox, classic place"),
]
REFUSED = {"net::ERR_CERT_AUTHORITY_INVALID", "SEC_ERROR_UNKNOWN_ISSUER"}


@pytest.mark.parametrize(("start", "store", "prepare"), BROWSERS)
def test_a_browser_trusts_the_ca_as_long_as_its_root_is_installed(
    server: Server, start: Start, store: str, prepare: Prepare
) -> None:
    program("certutil")
    seen = []

    def installed(home: Path) -> None:
        prepare(home)
        _in(home, "install", store)

    def uninstalled(home: Path) -> None:
        prepare(home)
        before = _files(home)
        _in(home, "install", store)
        _in(home, "uninstall", store)
        assert _files(home) == before

    for state in (prepare, installed, uninstalled):
        with start(prepare=state) as browser:
            seen.append(browser.open(f"https://localhost:{server.port}/"))

    before, while_installed, after = seen
    assert before.error in REFUSED
    assert (while_installed.error, while_installed.security) == (None, "secure")
    assert after.error in REFUSED


def _files(home: Path) -> dict[str, bytes]:
    """Every file and folder, byte for byte."""
    return {
        str(path.relative_to(home)): path.read_bytes() if path.is_file() else b""
        for path in sorted(home.rglob("*"))
        # What Flask's own process keeps is not the browser's.
        if "flask-tlsdev" not in path.parts
    }


def test_a_profile_that_firefox_made_itself_is_used(
    server: Server, tmp_path: Path
) -> None:
    """It says in ``profiles.ini`` where it wants its profiles this year."""
    run(
        program("firefox-esr", "firefox"),
        *("--headless", "--CreateProfile", "mine"),
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )

    said = must("trust", "install", "--yes", "--store", "firefox", HOME=str(tmp_path))

    (line,) = [line for line in said.splitlines() if line.startswith("firefox")]
    assert "trusted" in line
    assert line.split(" - ")[0].endswith(".mine")
