"""Gunicorn with several workers, while its pair changes under load."""

from __future__ import annotations

import re
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..client_cas import make_client_ca
from ..contexts.serving import Server
from ..contexts.serving import settle
from ..contexts.serving import started
from ..servers import flask
from ..servers import ROOT
from ..tools import run
from .load import Load

APP = """\
import os

from flask import Flask

from flask_tlsdev import tls_client

app = Flask(__name__)


@app.get("/")
def index():
    return f"{os.getpid()} {tls_client.subject if tls_client else 'nobody'}"
"""
LISTENING = r"Listening at: https://127\.0\.0\.1:(\d+)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("gunicorn")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "served.py").write_text(APP)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("FLASK_TLSDEV_ISSUER", "local-ca")
    return folder


def gunicorn(*options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
        *("-c", "python:flask_tlsdev.gunicorn", "-b", "127.0.0.1:0"),
        *options,
        "served:app",
    ]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "gunicorn.log"


def root(project: Path) -> ssl.SSLContext:
    """A client's context that trusts the local CA alone."""
    path = project / "root.crt"
    done = run(*flask("tls", "ca", "export", "--out", path, "--force"), cwd=project)
    assert done.returncode == 0, done.stderr
    return ssl.create_default_context(cafile=str(path))


@pytest.fixture
def three_workers(
    project: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """Three workers with a pair that is due a second after it was made."""
    monkeypatch.setenv("FLASK_TLSDEV_LIFETIME", "5m")
    monkeypatch.setenv("FLASK_TLSDEV_RENEW_BEFORE", "299s")
    command = gunicorn("-w", "3", "-k", "gthread", "--threads", "4")

    with started(*command, log=log, cwd=project, listening=LISTENING) as server:
        yield server


def test_no_request_fails_while_several_workers_renew_their_pair(
    three_workers: Server, project: Path, log: Path
) -> None:
    with Load(three_workers, root(project)) as load:
        settle(lambda: len(load.leaves) > 3 or bool(load.failures), 60)
        settle(lambda: len(load.workers) > 1 or bool(load.failures), 60)

    assert load.failures == []
    assert len(load.leaves) > 3
    assert len(load.workers) > 1
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_a_pair_that_was_issued_anew_is_served_by_every_worker(
    project: Path, log: Path, worker: str
) -> None:
    command = gunicorn("-w", "2", "-k", worker)

    with started(*command, log=log, cwd=project, listening=LISTENING) as server:
        with Load(server, root(project)) as load:
            for count in range(1, 4):
                settle(lambda n=count: len(load.leaves) >= n, 30)  # type: ignore[misc]
                done = run(*flask("tls", "issue", "--force"), cwd=project)
                assert done.returncode == 0, done.stderr

        with Load(server, root(project)) as after:
            settle(lambda: len(after.answers) > 40 or bool(after.failures), 30)

    assert load.failures + after.failures == []
    assert len(load.leaves) >= 3
    assert len(after.leaves) == 1


def test_sessions_are_resumed_whichever_worker_answers(
    project: Path, log: Path
) -> None:
    command = gunicorn("-w", "3", "-k", "gthread")

    with started(*command, log=log, cwd=project, listening=LISTENING) as server:
        context = root(project)
        reused = []
        session = None
        for _ in range(6):
            with context.wrap_socket(
                server.connect(), server_hostname="localhost", session=session
            ) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                assert b"200 OK" in connection.recv(4096)
                session = connection.session
                reused.append(connection.session_reused)

    assert reused == [False, True, True, True, True, True]


def test_gunicorn_knows_its_client(
    project: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = make_client_ca(tmp_path / "clients")
    client = clients.issue("reports")
    monkeypatch.setenv("FLASK_TLSDEV_CLIENT_CA", str(clients.cafile))

    with started(*gunicorn(), log=log, cwd=project, listening=LISTENING) as server:
        context = root(project)
        assert server.get(context=context).body.endswith(b" nobody")
        context.load_cert_chain(client.certfile, client.keyfile)
        assert server.get(context=context).body.endswith(b" CN=reports")


def test_gunicorn_turns_strangers_away_where_a_certificate_is_required(
    project: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = make_client_ca(tmp_path / "clients")
    client = clients.issue("reports")
    monkeypatch.setenv("FLASK_TLSDEV_CLIENT_CA", str(clients.cafile))
    monkeypatch.setenv("FLASK_TLSDEV_CLIENT_CERTIFICATE", "required")

    with started(*gunicorn(), log=log, cwd=project, listening=LISTENING) as server:
        context = root(project)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.get(context=context)
        context.load_cert_chain(client.certfile, client.keyfile)
        assert server.get(context=context).status == 200


def test_in_production_nothing_is_made_up(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLASK_TLSDEV_ISSUER")

    done = run(*gunicorn(), cwd=project)

    assert done.returncode != 0
    assert re.search("FLASK_TLSDEV_ISSUER is not set", done.stdout + done.stderr)
    assert not list(Path.home().rglob("tls.key"))


def test_a_configuration_of_ones_own_can_take_it_over(project: Path, log: Path) -> None:
    (project / "gunicorn.conf.py").write_text(
        "from flask_tlsdev.gunicorn import certfile, keyfile\n"
        "from flask_tlsdev.gunicorn import post_worker_init, ssl_context\n"
        "bind = '127.0.0.1:0'\n"
        "workers = 2\n"
    )
    command = (sys.executable, "-m", "gunicorn", "--no-control-socket", "served:app")

    with started(*command, log=log, cwd=project, listening=LISTENING) as server:
        assert server.get(context=root(project)).status == 200
