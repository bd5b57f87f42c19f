from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flask_tlsdev.config import Settings
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.names import Permits
from flask_tlsdev.trust.base import Root

from ..servers import flask as command
from .conftest import Flask

HERE = ("--serve", "--host", "127.0.0.1")


class Showing:
    """The command while it shows the page."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            command("tls", "ca", "export", *HERE, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None,
            text=True,
        )
        self.said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Gone after"):
                break

    @property
    def url(self) -> str:
        found = re.search(r"^http://\S+$", self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[0]

    def get(self, name: str = "") -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + name, timeout=20) as answer:
            data: bytes = answer.read()
            return data

    def interrupt(self) -> str:
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=30)
        return rest


@contextmanager
def showing(*options: str) -> Iterator[Showing]:
    it = Showing(*options)
    try:
        yield it
    finally:
        it.process.kill()
        it.process.communicate(timeout=30)


@pytest.fixture
def about(flask: Flask) -> dict[str, str]:
    flask("tls", "ca", "create")
    found: dict[str, str] = json.loads(flask("tls", "ca", "show", "--json").stdout)
    return found


pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Ctrl-C is sent in another way"
)


def test_it_shows_the_root_until_it_is_interrupted(about: dict[str, str]) -> None:
    with showing() as it:
        root = it.get(f"flask-tlsdev-{about['id']}.pem")
        page = it.get().decode()
        rest = it.interrupt()

    assert root == Path(about["root"]).read_bytes()
    assert f"flask-tlsdev root {about['id']}" in page
    assert "The page is gone." in rest
    assert "Traceback" not in rest
    assert it.process.returncode == 0


def test_the_terminal_shows_all_of_the_fingerprint(about: dict[str, str]) -> None:
    with showing() as it:
        pass

    digest = re.sub(r"[^0-9A-F]", "", it.said.split("SHA-256:")[1].split("Better")[0])
    assert digest.lower() == about["root_sha256"]
    assert "Compare all of the SHA-256 fingerprint" in it.said


def test_a_cable_and_airdrop_come_first(about: dict[str, str]) -> None:
    with showing() as it:
        pass

    assert it.said.index("USB") < it.said.index(it.url)
    assert it.said.index("AirDrop") < it.said.index(it.url)
    assert "▀" in it.said


def test_without_segno_there_is_a_sentence_and_the_url(
    about: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "segno.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with showing() as it:
        page = it.get()

    assert "pip install 'flask-tlsdev[qr]'" in it.said
    assert "▀" not in it.said
    assert b"<svg" not in page


def test_the_root_of_the_lan_is_what_other_devices_need(
    about: dict[str, str], home: Path
) -> None:
    folder = Settings.from_mapping({}, environ={"HOME": str(home)}).ca_path / "lan"
    permits = Permits.from_texts(["host.local", "192.168.7.0/24"])
    lan = LocalCA.create(folder, permits=permits, key_type="ec-p256")

    with showing() as it:
        der = it.get(f"flask-tlsdev-{lan.ca_id}.crt")

    assert Root.from_der(der).ca_id == lan.ca_id
    assert "host.local" in it.said


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--serve", "--out", "x"), 2, "with --serve"),
        (("--port", "8000"), 2, "--serve"),
        (("--serve", "--host", "0.0.0.0"), 1, "one private address"),
        (("--serve", "--host", "127.0.0.1", "--port", "70000"), 2, "--port"),
    ],
)
def test_wrong_options_are_a_sentence(
    flask: Flask, about: dict[str, str], options: tuple[str, ...], code: int, said: str
) -> None:
    result = flask("tls", "ca", "export", *options)

    assert result.exit_code == code
    assert said in result.stderr


def test_without_a_ca_it_says_how_to_make_one(flask: Flask) -> None:
    result = flask("tls", "ca", "export", *HERE)

    assert result.exit_code == 1
    assert "flask tls ca create" in result.stderr
