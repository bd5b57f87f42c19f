"""From a cluster's issuer to a server that curl believes, by the Role of our page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.store import PairStore

from .fake_kubernetes import FakeKubernetes
from .fake_kubernetes import Fault
from .fake_kubernetes import running_fake
from .servers import flask
from .servers import ROOT
from .servers import serving
from .tools import program
from .tools import run

pytest.importorskip("kubernetes")

EXAMPLES = ROOT / "examples" / "kubernetes"
APP = """\
from flask import Flask

app = Flask(__name__)
app.config["TLSDEV_ISSUER"] = "cert-manager"
app.config["TLSDEV_KUBE_ISSUER"] = "web"


@app.get("/")
def index():
    return "from the cluster's issuer"
"""


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((EXAMPLES / name).read_text()))


def rules(name: str) -> list[dict[str, Any]]:
    """The rules of a Role as it is on our page."""
    role, _ = documents(name)
    found: list[dict[str, Any]] = role["rules"]
    return found


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeKubernetes]:
    ca = LocalCA.open_or_create(tmp_path / "cluster" / "ca", key_type="ec-p256")
    with running_fake(tmp_path / "cluster", ca) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    return folder


def test_what_the_cluster_signs_is_served_and_believed_by_curl(
    fake: FakeKubernetes, project: Path, home: Path, tmp_path: Path
) -> None:
    curl = program("curl")
    fake.rules = rules("role.yaml")
    fake.kubeconfig(home / ".kube" / "config")
    root = tmp_path / "root.crt"

    with serving("tls", "run", cwd=project) as server:
        (stored,) = PairStore(home / ".local/share/flask-tlsdev/pairs").list()
        assert stored.files.cafile is not None
        root.write_bytes(stored.files.cafile.read_bytes())
        url = f"https://localhost:{server.port}/"
        done = run(curl, "-sS", "--cacert", root, url)

    assert done.stdout == "from the cluster's issuer", done.stderr
    assert root.read_bytes().strip() == fake.ca.root_pem().strip()
    assert stored.sidecar.issuer_id.startswith("cert-manager-")
    assert fake.verbs() == ["create", "watch", "delete"]
    assert (
        fake.made()["metadata"]["namespace"]
        == documents("role.yaml")[0]["metadata"]["namespace"]
    )


@pytest.mark.parametrize(
    ("manifest", "options"),
    [
        ("role.yaml", ["--kube-issuer", "web"]),
        ("signer-role.yaml", ["--kube-signer", "example.com/web"]),
    ],
)
def test_each_verb_of_the_role_is_needed_and_no_other_is(
    fake: FakeKubernetes,
    project: Path,
    home: Path,
    manifest: str,
    options: list[str],
) -> None:
    fake.kubeconfig(home / ".kube" / "config")
    (rule,) = fake.rules = rules(manifest)
    # What makes us list.
    gone = Fault("watch", 410, "Expired")

    def issue(*faults: Fault) -> str:
        fake.faults = [replace(each) for each in faults]
        done = run(*flask("tls", "issue", "app.test", "--force", *options), cwd=project)
        return f"{done.returncode} {done.stdout} {done.stderr}"

    whole = issue(gone)
    verbs = list(rule["verbs"])
    without = {}
    for verb in verbs:
        rule["verbs"] = [each for each in verbs if each != verb]
        without[verb] = issue(*([] if verb == "watch" else [gone]))

    assert whole.startswith("0 "), whole
    assert {verb for verb, said in without.items() if f"may not {verb} " in said} == {
        "create",
        "list",
        "watch",
        "delete",
    }


@pytest.mark.parametrize("manifest", ["role.yaml", "signer-role.yaml"])
def test_a_role_is_bound_as_it_is_called(manifest: str) -> None:
    role, binding = documents(manifest)

    assert binding["kind"] == f"{role['kind']}Binding"
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": role["kind"],
        "name": role["metadata"]["name"],
    }
    for rule in role["rules"]:
        assert "*" not in {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}


def test_the_manifest_of_an_app_has_the_rules_of_our_page() -> None:
    golden = ROOT / "tests" / "manifest" / "golden" / "role.yaml"
    made = [
        each
        for each in yaml.safe_load_all(golden.read_text())
        if each and each["kind"] == "Role"
    ]

    assert [each["rules"] for each in made] == [rules("role.yaml")]
