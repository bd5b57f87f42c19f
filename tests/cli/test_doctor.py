from __future__ import annotations

import json
import socket
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev.config import Settings
from flask_tlsdev.issuers.local_ca import LocalCA

from ..servers import serving
from ..tools import program
from .conftest import Flask


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that is named, so that no browser of this machine counts."""
    program("certutil")
    path = tmp_path / "database"
    monkeypatch.setenv("TLSDEV_NSS_PATHS", str(path))
    return path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def findings(flask: Flask, where: str) -> list[dict[str, Any]]:
    answer = json.loads(flask("tls", "doctor", where, "--json").stdout)
    assert answer["ok"] is not any(
        each["status"] == "failed" for each in answer["findings"]
    )
    found: list[dict[str, Any]] = answer["findings"]
    return found


def failed(flask: Flask, where: str) -> list[dict[str, Any]]:
    return [each for each in findings(flask, where) if each["status"] == "failed"]


def test_after_trust_install_nothing_is_wrong(flask: Flask) -> None:
    assert flask("tls", "issue").exit_code == 0
    assert flask("tls", "trust", "install", "--yes").exit_code == 0

    with serving("--app", "example_app", "tls", "run") as server:
        result = flask("tls", "doctor", f"localhost:{server.port}")

    assert result.exit_code == 0, result.output
    assert f"A strict client accepts localhost:{server.port}, with TLSv1.3" in (
        result.stdout
    )
    assert "FAILED" not in result.stdout


def test_before_trust_install_it_says_what_to_type(flask: Flask) -> None:
    flask("tls", "issue")

    result = flask("tls", "doctor", f"localhost:{free_port()}")

    assert result.exit_code == 3
    assert "FAILED   trust: nss" in result.stdout
    assert "         Type: flask tls trust install\n" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 wrong, ")


def test_every_part_of_the_way_is_looked_at(flask: Flask) -> None:
    flask("tls", "issue")

    checks = {each["check"] for each in findings(flask, f"localhost:{free_port()}")}

    assert checks == {
        *("folders", "keys", "clock", "ca", "pairs"),
        *("environment", "trust", "names", "server"),
    }


def test_whatever_is_not_well_has_a_command(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    flask("tls", "issue", "app.test")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")

    for each in findings(flask, f"localhost:{free_port()}"):
        assert bool(each["fix"]) is (each["status"] != "ok"), each


def test_a_server_that_speaks_plain_http_is_said(flask: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_speak_http, args=(listener,))
        answering.start()
        found = failed(flask, f"127.0.0.1:{listener.getsockname()[1]}")
        answering.join(30)

    (server,) = [each for each in found if each["check"] == "server"]
    assert "Something else uses the port" in server["text"]
    assert "flask tls run --port" in server["fix"]


def _speak_http(listener: socket.socket) -> None:
    # One looks whether there is anybody, the other one says hello.
    for _ in range(2):
        client, _ = listener.accept()
        with client:
            client.recv(4096)
            client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def test_a_server_with_another_certificate_is_said(flask: Flask) -> None:
    flask("tls", "ca", "create")
    options = ("--app", "example_app", "tls", "run", "--issuer", "self-signed")

    with serving(*options) as server:
        found = failed(flask, f"localhost:{server.port}")

    texts = " ".join(each["text"] for each in found if each["check"] == "server")
    assert "A strict client refuses" in texts


def test_the_end_of_the_ca_is_announced(flask: Flask, home: Path) -> None:
    folder = Settings.from_mapping({}, environ={"HOME": str(home)}).ca_path
    LocalCA.create(folder, key_type="ec-p256", lifetime=timedelta(days=20))

    found = findings(flask, f"localhost:{free_port()}")

    (notice,) = [e for e in found if e["check"] == "ca" and e["status"] == "warning"]
    assert "ends on" in notice["text"]
    assert "flask tls ca create, then: flask tls trust install" in notice["fix"]


def test_nothing_is_changed(flask: Flask, home: Path) -> None:
    flask("tls", "issue")
    before = sorted((p, p.lstat().st_mtime_ns) for p in home.rglob("*"))

    findings(flask, f"localhost:{free_port()}")

    assert sorted((p, p.lstat().st_mtime_ns) for p in home.rglob("*")) == before


def test_what_is_no_server_is_wrong_usage(flask: Flask) -> None:
    assert flask("tls", "doctor", "localhost").exit_code == 2
