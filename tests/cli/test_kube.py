from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev.issuers.local_ca import LocalCA

from ..fake_kubernetes import FakeKubernetes
from ..fake_kubernetes import Fault
from ..fake_kubernetes import running_fake
from .conftest import Flask

pytest.importorskip("kubernetes")

ASK = ("--issuer", "cert-manager", "--kube-issuer", "web")


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeKubernetes]:
    ca = LocalCA.open_or_create(tmp_path / "cluster" / "ca", key_type="ec-p256")
    with running_fake(tmp_path / "cluster", ca) as running:
        yield running


@pytest.fixture
def login(fake: FakeKubernetes, home: Path) -> Path:
    """The kubeconfig where kubectl has it."""
    return fake.kubeconfig(home / ".kube" / "config")


@pytest.mark.usefixtures("login")
def test_a_pair_is_issued_found_and_renewed(flask: Flask, fake: FakeKubernetes) -> None:
    first = flask("tls", "issue", "app.test", *ASK, "--json")
    again = flask("tls", "issue", "app.test", *ASK, "--json")
    requests = len(fake.asked)
    renewed = flask("tls", "renew", "--all", "--force")

    assert json.loads(first.stdout)["issuer"].startswith("cert-manager-current-issuer")
    assert json.loads(again.stdout)["certificate"]
    assert requests == 3
    assert renewed.exit_code == 0, renewed.output
    assert fake.verbs()[3:] == ["create", "watch", "delete"]


@pytest.mark.usefixtures("login")
def test_every_option_reaches_the_request(flask: Flask, fake: FakeKubernetes) -> None:
    result = flask(
        *("tls", "issue", "app.test", *ASK, "--days", "2"),
        *("--kube-issuer-kind", "clusterissuer", "--kube-namespace", "default"),
        *("--kube-issuer-group", "example.com", "--kube-timeout", "30"),
    )

    assert result.exit_code == 0, result.output
    made = fake.made()
    assert made["metadata"]["namespace"] == "default"
    assert made["spec"]["duration"] == "172800s"
    assert made["spec"]["issuerRef"] == {
        "name": "web",
        "kind": "ClusterIssuer",
        "group": "example.com",
    }


def test_a_kubeconfig_may_be_typed(
    flask: Flask, fake: FakeKubernetes, tmp_path: Path
) -> None:
    path = fake.kubeconfig(tmp_path / "mine")

    result = flask("tls", "issue", "app.test", *ASK, "--kube-config", str(path))

    assert result.exit_code == 0, result.output


@pytest.mark.usefixtures("login")
def test_a_signer_may_be_typed(flask: Flask, fake: FakeKubernetes) -> None:
    result = flask(
        *("tls", "issue", "app.test", "--issuer", "cert-manager", "--json"),
        *("--kube-signer", "example.com/web"),
    )

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["issuer"].startswith("kubernetes-example-com-web")
    assert fake.made()["kind"] == "CertificateSigningRequest"


@pytest.mark.usefixtures("login")
def test_an_app_may_say_who_signs(
    flask: Flask, fake: FakeKubernetes, project: Path
) -> None:
    (project / "app.py").write_text(
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "app.config['TLSDEV_ISSUER'] = 'cert-manager'\n"
        "app.config['TLSDEV_KUBE_ISSUER'] = 'web'\n"
        "app.config['TLSDEV_KUBE_CONTEXT'] = 'fake'\n"
    )

    result = flask("tls", "issue", "app.test")

    assert result.exit_code == 0, result.output
    assert fake.made()["spec"]["issuerRef"]["name"] == "web"


@pytest.mark.usefixtures("login")
def test_an_app_does_not_choose_another_context(
    flask: Flask, fake: FakeKubernetes, project: Path
) -> None:
    (project / ".env").write_text("FLASK_TLSDEV_KUBE_CONTEXT=production\n")

    result = flask("tls", "issue", "app.test", *ASK)

    assert result.exit_code == 1
    assert "because a repository says so" in result.output
    assert fake.asked == []


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("KUBECONFIG", "A dotenv file sets 'KUBECONFIG'"),
        ("FLASK_TLSDEV_KUBE_CONFIG", "a kubeconfig runs programs"),
    ],
)
def test_a_repository_does_not_choose_the_kubeconfig(
    flask: Flask,
    fake: FakeKubernetes,
    project: Path,
    variable: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = fake.kubeconfig(project / "kubeconfig")
    (project / ".env").write_text(f"{variable}={path}\n")
    # What `flask` does with the file, in the environment that monkeypatch restores.
    monkeypatch.setenv(variable, str(path))

    result = flask("tls", "issue", "app.test", *ASK)

    assert result.exit_code != 0
    assert said in " ".join(result.output.split())
    assert fake.asked == []


@pytest.mark.usefixtures("login")
def test_an_option_is_not_set_by_a_variable(
    flask: Flask, fake: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_TLS_ISSUE_KUBE_CONFIG", "/nowhere")
    monkeypatch.setenv("FLASK_TLS_ISSUE_KUBE_ISSUER", "other")

    result = flask("tls", "issue", "app.test", *ASK)

    assert result.exit_code == 0, result.output
    assert fake.made()["spec"]["issuerRef"]["name"] == "web"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--kube-namespace", "a/b"),
        ("--kube-issuer", "A B"),
        ("--kube-issuer-kind", "a b"),
        ("--kube-issuer-group", "x"),
        ("--kube-signer", "kubernetes.io/kube-apiserver-client"),
        ("--kube-timeout", "soon"),
        ("--kube-config", "/nowhere"),
    ],
)
def test_an_odd_value_is_one_sentence(flask: Flask, option: str, value: str) -> None:
    result = flask("tls", "issue", "app.test", option, value)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_without_a_cluster_it_is_one_sentence(flask: Flask) -> None:
    result = flask("tls", "issue", "app.test", *ASK)

    assert result.exit_code == 1
    assert "No cluster is known" in result.output


def test_a_pair_stays_while_the_cluster_is_away(
    flask: Flask, fake: FakeKubernetes, login: Path
) -> None:
    issued = flask("tls", "issue", "app.test", *ASK, "--json")
    certificate = Path(json.loads(issued.stdout)["certificate"])
    before = certificate.read_bytes()
    fake.faults.append(Fault("create", 403, "Forbidden", "you are out", times=9))

    result = flask("tls", "renew", "--all", "--force")

    assert result.exit_code == 1
    assert "may not create" in result.output
    assert certificate.read_bytes() == before
    assert login.exists()
