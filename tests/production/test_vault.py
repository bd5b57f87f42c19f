"""Pairs of a minute, from a real OpenBao, renewed under load."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..contexts.serving import settle
from ..contexts.serving import started
from ..servers import flask
from ..tools import run
from ..vault_servers import Bao
from ..vault_servers import running_bao
from .load import Load
from .test_gunicorn import gunicorn
from .test_gunicorn import LISTENING

APP = """\
from flask import Flask

from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config.from_prefixed_env()
TLSDev(app)


@app.get("/")
def index():
    return "served"
"""
RUNNING = r"Running on https://127\.0\.0\.1:(\d+)"


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    with running_bao(tmp_path_factory.mktemp("bao"), dev=False) as running:
        # It dates certificates back by half a minute: they are due in seconds.
        running.write(
            "pki/roles/brief",
            allowed_domains=["localhost"],
            allow_bare_domains=True,
            allow_localhost=True,
            key_type="any",
            max_ttl="20s",
        )
        yield running


@pytest.fixture
def project(tmp_path: Path, bao: Bao, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("gunicorn")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "served.py").write_text(APP)
    role, secret = bao.approle()
    (tmp_path / "secret-id").write_text(secret)
    for name, value in {
        "VAULT_ADDR": bao.address,
        "VAULT_CACERT": str(bao.cafile),
        "FLASK_TLSDEV_ISSUER": "vault",
        "FLASK_TLSDEV_VAULT_ROLE": "brief",
        "FLASK_TLSDEV_VAULT_AUTH": "approle",
        "FLASK_TLSDEV_VAULT_ROLE_ID": role,
        "FLASK_TLSDEV_VAULT_SECRET_ID_FILE": str(tmp_path / "secret-id"),
        "FLASK_TLSDEV_NAMES": "localhost",
    }.items():
        monkeypatch.setenv(name, value)

    bao.ask(
        "put",
        "sys/policies/acl/web",
        policy='path "pki/sign/brief" { capabilities = ["update"] }',
    )
    return folder


@pytest.fixture
def context(bao: Bao, tmp_path: Path) -> ssl.SSLContext:
    """A client's that trusts the team's root."""
    root = bao.ask("get", "root/cert/ca")["data"]["certificate"]
    return ssl.create_default_context(cadata=root)


@pytest.mark.parametrize("server", ["gunicorn", "flask tls run"])
def test_no_request_fails_while_pairs_of_seconds_are_renewed(
    project: Path, tmp_path: Path, context: ssl.SSLContext, server: str
) -> None:
    log = tmp_path / "log"
    command, listening = {
        "gunicorn": (gunicorn("-w", "2", "-k", "gthread", "--threads", "4"), LISTENING),
        "flask tls run": (
            flask("--app", "served", "tls", "run", "--port", "0"),
            RUNNING,
        ),
    }[server]

    with started(*command, log=log, cwd=project, listening=listening) as running:
        with Load(running, context) as load:
            settle(lambda: len(load.leaves) > 2 or bool(load.failures), 60)

    assert load.failures == []
    assert len(load.leaves) > 2
    assert len(load.answers) > 50
    assert "Traceback" not in log.read_text()


def test_a_server_starts_with_the_pair_of_before_while_vault_is_away(
    project: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = tmp_path / "log"
    monkeypatch.delenv("VAULT_CACERT")
    monkeypatch.setenv("FLASK_TLSDEV_VAULT_AUTH", "token")
    monkeypatch.setenv("FLASK_TLSDEV_VAULT_ROLE", "web")
    with running_bao(tmp_path_factory.mktemp("bao"), dev=True) as away:
        monkeypatch.setenv("FLASK_TLSDEV_LIFETIME", "1h")
        monkeypatch.setenv("VAULT_ADDR", away.address)
        monkeypatch.setenv("VAULT_TOKEN", away.token)
        issued = run(*flask("--app", "served", "tls", "issue", "--json"), cwd=project)
        assert issued.returncode == 0, issued.stderr
        found = json.loads(issued.stdout)

    # From now on it is due.
    monkeypatch.delenv("FLASK_TLSDEV_LIFETIME")
    monkeypatch.setenv("FLASK_TLSDEV_RENEW_BEFORE", "2h")
    trusted = ssl.create_default_context(cafile=found["roots"])
    with started(*gunicorn(), log=log, cwd=project, listening=LISTENING) as running:
        with Load(running, trusted) as load:
            settle(lambda: len(load.answers) > 20 or bool(load.failures), 60)
        settle(lambda: "could not be renewed" in log.read_text(), 60)

    assert load.failures == []
    assert len(load.leaves) == 1
    assert "nobody listens there" in log.read_text()
    assert "The pair of before is served, which ends at" in log.read_text()
    assert "(now: flask tls renew localhost)" in log.read_text()
