from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev.manifest import secrets
from flask_tlsdev.manifest import write

from ..contexts.serving import started
from ..servers import ROOT
from ..tools import program
from ..tools import run
from .cases import CASES
from .cases import plan
from .cert_manager import data
from .schemas import read

_APP = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "served"
"""


@pytest.fixture
def container() -> dict[str, Any]:
    deployment = read(CASES["app"].write())[2]
    found: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def mounted(folder: Path) -> tuple[Path, Path]:
    """A Secret as the kubelet mounts it, and its root for a client."""
    of = plan(CASES["app"].config)
    text = secrets.write(secrets.ClusterCA.make(of), of, ("tls-secret",))
    held = data(read(text)[0])
    first = folder / "..2027_01_01"
    first.mkdir(parents=True)
    (folder / "..data").symlink_to(first.name)
    for name, content in held.items():
        (first / name).write_bytes(content)
        (folder / name).symlink_to(f"..data/{name}")

    return folder, first / "ca.crt"


def test_what_the_deployment_runs_serves_the_mounted_secret(
    container: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gunicorn")
    folder, root = mounted(tmp_path / "tls")
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(_APP)
    env = {each["name"]: each["value"] for each in container["env"]}
    assert env["FLASK_TLSDEV_FILES_PATH"] == container["volumeMounts"][0]["mountPath"]
    moved = {"FLASK_TLSDEV_FILES_PATH": str(folder), "HOME": str(tmp_path / "none")}
    for name, value in (env | moved | {"PYTHONPATH": str(ROOT)}).items():
        monkeypatch.setenv(name, value)

    args = [each.replace("0.0.0.0:8443", "127.0.0.1:0") for each in container["args"]]
    command = (sys.executable, "-m", *container["command"], "--no-control-socket")
    with started(
        *(*command, *args),
        log=tmp_path / "log",
        cwd=project,
        listening=r"Listening at: https://127\.0\.0\.1:(\d+)",
    ) as server:
        done = run(
            *(program("curl"), "--silent", "--show-error", "--fail", "--noproxy", "*"),
            *("--cacert", root, "--connect-to", f"::127.0.0.1:{server.port}"),
            "https://web.default.svc/",
        )

    assert done.stdout == "served", done.stderr


def test_the_probes_ask_as_a_client_would(container: dict[str, Any]) -> None:
    get = container["readinessProbe"]["httpGet"]

    assert get["scheme"] == "HTTPS"
    assert get["httpHeaders"] == [{"name": "Host", "value": "app.test"}]
    (port,) = (each for each in container["ports"] if each["name"] == get["port"])
    assert f"--bind=0.0.0.0:{port['containerPort']}" in container["args"]


def test_the_secret_is_mounted_as_a_folder_so_that_it_is_ever_updated(
    container: dict[str, Any],
) -> None:
    assert all("subPath" not in mount for mount in container["volumeMounts"])


def test_kubernetes_puts_no_variable_into_what_the_app_says() -> None:
    case = CASES["app"]
    of = plan(case.config, app="$(HOME):app", probe_path="/")

    (deployment,) = read(write(of, ["deployment"]))

    (found,) = deployment["spec"]["template"]["spec"]["containers"]
    assert found["args"][-1] == "$$(HOME):app"
