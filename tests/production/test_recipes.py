"""The recipes for other servers, with the real ones."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..contexts.serving import Server
from ..contexts.serving import settle
from ..contexts.serving import started
from ..servers import flask
from ..servers import ROOT
from ..test_examples import free_port
from ..tools import missing
from ..tools import program
from ..tools import run
from .load import Load
from .test_gunicorn import root

RECIPES = ROOT / "examples" / "production"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{RECIPES}")
    return folder


@pytest.mark.parametrize(
    ("name", "ready"),
    [
        ("uvicorn", r"Uvicorn running on https://localhost:(\d+)"),
        ("hypercorn", r"Running on https://127\.0\.0\.1:(\d+)"),
    ],
)
def test_an_asgi_server_follows_the_pair_without_a_failed_request(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    ready: str,
) -> None:
    try:
        __import__(name)
        __import__("asgiref")
    except ImportError:
        missing(name)
    monkeypatch.setenv("FLASK_TLSDEV_ISSUER", "local-ca")
    monkeypatch.setenv("FLASK_PORT", str(free_port()))
    command = (sys.executable, RECIPES / f"on_{name}.py")

    with started(*command, log=tmp_path / "log", cwd=project, listening=ready) as it:
        with Load(it, root(project)) as load:
            settle(lambda: bool(load.leaves or load.failures))
            done = run(*flask("tls", "issue", "--force"), cwd=project)
            assert done.returncode == 0, done.stderr
            settle(lambda: len(load.leaves) > 1 or bool(load.failures), 30)

    assert load.failures == []
    assert len(load.leaves) == 2
    assert f"served by {name}".encode() in load.answers


# nginx


@pytest.fixture
def app_port(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    """The app behind nginx, on plain HTTP."""
    pytest.importorskip("gunicorn")
    with started(
        *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
        *("-b", "127.0.0.1:0", "behind_nginx:app"),
        log=tmp_path / "gunicorn.log",
        cwd=project,
        listening=r"Listening at: http://127\.0\.0\.1:(\d+)",
    ) as server:
        yield server.port


def issue(project: Path) -> None:
    names = ("app.test", "localhost")
    files = ("--out", "app.crt", "--keyout", "app.key", "--force")
    done = run(*flask("tls", "issue", *names, *files), cwd=project)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def nginx(project: Path, tmp_path: Path, app_port: int) -> Iterator[Nginx]:
    """nginx with our configuration, but for its ports."""
    binary = program("nginx", "/usr/sbin/nginx")
    issue(project)
    port = free_port()
    text = (RECIPES / "nginx.conf").read_text()
    assert "listen 443" in text
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{app_port}")
    (project / "nginx.conf").write_text(text)
    here = [binary, "-c", str(project / "nginx.conf"), "-p", f"{project}/"]

    with (tmp_path / "nginx.log").open("wb") as log:
        process = subprocess.Popen(
            [*here, "-g", "daemon off;"], cwd=project, stderr=log
        )

    found = Nginx("localhost", port, here)
    try:
        assert settle(found.answers), (tmp_path / "nginx.log").read_text()
        yield found
    finally:
        process.terminate()
        process.wait(30)


@dataclass(frozen=True)
class Nginx(Server):
    command: list[str]

    def answers(self) -> bool:
        try:
            return self.get().status == 200
        except OSError:
            return False

    def reload(self) -> None:
        done = run(*self.command, "-s", "reload")
        assert done.returncode == 0, done.stderr


def test_behind_nginx_the_app_knows_that_it_is_https(
    nginx: Nginx, project: Path
) -> None:
    answer = nginx.get(context=root(project))

    assert json.loads(answer.body) == {
        "url": f"https://localhost:{nginx.port}/",
        "client": "127.0.0.1",
    }
    assert "Strict-Transport-Security" not in answer.headers


def test_a_client_of_nginx_cannot_say_where_it_comes_from(
    nginx: Nginx, project: Path
) -> None:
    done = run(
        *(program("curl"), "--silent", "--show-error", "--noproxy", "*"),
        *("--cacert", _root_file(project)),
        *("-H", "X-Forwarded-For: 203.0.113.7", "-H", "X-Forwarded-Proto: http"),
        f"https://localhost:{nginx.port}/",
    )

    assert json.loads(done.stdout)["client"] == "127.0.0.1"
    assert json.loads(done.stdout)["url"].startswith("https://")


def _root_file(project: Path) -> str:
    root(project)
    return str(project / "root.crt")


def test_nginx_takes_a_new_pair_without_a_failed_request(
    nginx: Nginx, project: Path
) -> None:
    with Load(nginx, root(project)) as load:
        settle(lambda: bool(load.leaves or load.failures))
        issue(project)
        nginx.reload()
        settle(lambda: len(load.leaves) > 1 or bool(load.failures), 30)

    assert load.failures == []
    assert len(load.leaves) == 2
