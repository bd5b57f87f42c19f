"""From an ACME server to a browser, as a user types it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .acme_servers import free_ports
from .acme_servers import Pebble
from .acme_servers import running_pebble
from .acme_servers import wait_for_port
from .browsers import chromium
from .servers import flask as command
from .servers import ROOT
from .servers import serving
from .tools import program
from .tools import run

APP = """\
import os
from flask import Flask
from flask_tlsdev import TLSDev

app = Flask(__name__)
TLSDev(app)

@app.get("/")
def index():
    return f"worker {os.getpid()}"
"""


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with running_pebble(tmp_path_factory.mktemp("pebble")) as running:
        yield running


def flask(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return run(*command(*arguments), cwd=cwd)


def server_options(pebble: Pebble) -> tuple[str, ...]:
    return ("--directory", pebble.directory, "--acme-ca-file", str(pebble.cafile))


@contextlib.contextmanager
def gunicorn(folder: Path, port: int, *options: str) -> Iterator[None]:
    """Four workers that serve the app."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-w", "4"),
                *("-b", f"0.0.0.0:{port}", *options, "shop:app"),
            ],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for_port(port, process)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def test_four_workers_answer_http_01_and_a_browser_believes_the_chain(
    pebble: Pebble, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(APP)
    names = ("localhost", "shop.test", "www.shop.test", "api.shop.test")

    with gunicorn(tmp_path, pebble.http_port):
        issued = flask(
            *("tls", "issue", *names, "--issuer", "acme", "--agree-tos", "--json"),
            *server_options(pebble),
            cwd=tmp_path,
        )
        url = f"http://localhost:{pebble.http_port}/.well-known/acme-challenge/"
        later = run(program("curl"), "-sS", "-o", os.devnull, "-w", "%{http_code}", url)

    assert issued.returncode == 0, issued.stderr
    assert later.stdout == "404"
    paths = json.loads(issued.stdout)
    root = tmp_path / "pebble-root.crt"
    root.write_bytes(pebble.root)
    files = ("--cert", paths["certificate"], "--key", paths["key"])
    with serving("--app", "example_app", "tls", "run", *files) as server:
        url = f"https://shop.test:{server.port}/"
        curled = run(
            *(program("curl"), "-sS", "--noproxy", "*", "--cacert", root),
            *("--resolve", f"shop.test:{server.port}:127.0.0.1", url),
        )
        with chromium(root.read_bytes()) as browser:
            page = browser.open(url)

    assert "It works over HTTPS" in curled.stdout, curled.stderr
    assert page.error is None
    assert page.security == "secure"


def test_gunicorn_gets_its_pair_and_serves_the_renewed_one(
    pebble: Pebble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.py").write_text(APP)
    for name, value in {
        "FLASK_TLSDEV_ISSUER": "acme",
        "FLASK_TLSDEV_NAMES": "localhost",
        "FLASK_TLSDEV_ACME_DIRECTORY": pebble.directory,
        "FLASK_TLSDEV_ACME_CA_FILE": str(pebble.cafile),
        "FLASK_TLSDEV_ACME_HTTP_PORT": str(pebble.http_port),
        "TLSDEV_ACME_AGREE_TOS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    (port,) = free_ports(1)

    with gunicorn(tmp_path, port, "-c", "python:flask_tlsdev.gunicorn"):
        before = {served(port) for _ in range(8)}
        # Beside the app, which would take the settings from its own config.
        renewed = flask("tls", "renew", "localhost", "--force", cwd=tmp_path.parent)
        after = {served(port) for _ in range(8)}

    assert renewed.returncode == 0, renewed.stderr
    assert len(before) == len(after) == 1
    assert before != after


def served(port: int) -> str:
    """The certificate that one of the workers shows."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=20)


def test_the_dev_server_answers_tls_alpn_01_and_serves_what_it_got(
    pebble: Pebble, tmp_path: Path
) -> None:
    port = str(pebble.tls_port)

    # The last one of two same options counts.
    process = subprocess.Popen(
        command("--app", "example_app", "tls", "run", "--port", port),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_port(pebble.tls_port, process)
        issued = flask(
            *("tls", "issue", "shop.test", "127.0.0.1", "--issuer", "acme"),
            *("--challenge", "tls-alpn-01", "--agree-tos", *server_options(pebble)),
        )
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)

    assert issued.returncode == 0, issued.stderr
    assert "Issued a pair for shop.test, 127.0.0.1" in issued.stdout


def test_what_was_issued_is_renewed_without_its_app(
    pebble: Pebble, tmp_path: Path
) -> None:
    port = ("--http-port", str(pebble.http_port))
    flask("tls", "issue", "first.test", cwd=tmp_path)
    issued = flask(
        *("tls", "issue", "shop.test", "--issuer", "acme", "--agree-tos"),
        *(*port, *server_options(pebble)),
        cwd=tmp_path,
    )
    assert issued.returncode == 0, issued.stderr
    hook = tmp_path / "deploy"
    hook.write_text('#!/bin/sh\necho "$RENEWED_DOMAINS" >>deployed\n')
    hook.chmod(0o700)

    kept = flask("tls", "renew", "--all", cwd=tmp_path)
    renewed = flask(
        *("tls", "renew", "shop.test", "--force", "--json"),
        *("--deploy-hook", str(hook)),
        cwd=tmp_path,
    )

    assert re.findall(r"(\S+\.test): not due", kept.stdout) == [
        "shop.test",
        "first.test",
    ]
    assert renewed.returncode == 0, renewed.stderr
    assert [each["state"] for each in json.loads(renewed.stdout)] == ["renewed"]
    assert (tmp_path / "deployed").read_text() == "shop.test\n"


def test_revoked_means_gone_from_the_store(pebble: Pebble, tmp_path: Path) -> None:
    issued = flask(
        *("tls", "issue", "gone.test", "--issuer", "acme", "--agree-tos"),
        *("--http-port", str(pebble.http_port), *server_options(pebble)),
        cwd=tmp_path,
    )
    assert issued.returncode == 0, issued.stderr
    flask("tls", "issue", "local.test", cwd=tmp_path)

    revoked = flask(
        *("tls", "revoke", "gone.test", "--reason", "superseded", "--yes"),
        cwd=tmp_path,
    )
    refused = flask("tls", "revoke", "local.test", "--yes", cwd=tmp_path)
    listed = flask("tls", "list", cwd=tmp_path)

    assert revoked.returncode == 0, revoked.stderr
    assert refused.returncode == 1
    assert "takes no certificate back" in refused.stderr
    assert "gone.test" not in listed.stdout


def test_accounts_are_shown_and_closed(pebble: Pebble, tmp_path: Path) -> None:
    issued = flask(
        *("tls", "issue", "shop.test", "--issuer", "acme", "--agree-tos"),
        *("--email", "ann@example.com", "--http-port", str(pebble.http_port)),
        *server_options(pebble),
        cwd=tmp_path,
    )
    assert issued.returncode == 0, issued.stderr

    shown = flask("tls", "account", "show", "--check", "--json", cwd=tmp_path)
    closed = flask("tls", "account", "deactivate", "--yes", cwd=tmp_path)
    none = flask("tls", "account", "show", cwd=tmp_path)

    (account,) = json.loads(shown.stdout)
    assert account["email"] == "ann@example.com"
    assert account["status"] == "valid"
    assert closed.returncode == 0, closed.stderr
    assert "There are no accounts" in none.stdout
