"""Which cluster is asked, and as whom: by kubeconfigs, plug-ins and variables."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flask_tlsdev.config import user_environment
from flask_tlsdev.config.kube import on_command_line
from flask_tlsdev.config.kube import options
from flask_tlsdev.config.kube_keys import KEYS
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.issuers.cert_manager import CertManager
from flask_tlsdev.issuers.cert_manager import Options
from flask_tlsdev.issuers.cert_manager._kubeconfig import choose

from ...fake_kubernetes import FakeKubernetes
from ...fake_kubernetes import TOKEN
from .conftest import MakeIssuer
from .conftest import request_for

Change = Callable[[dict[str, Any]], object]


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


def kubeconfig(name: str, **more: Any) -> dict[str, Any]:
    """A kubeconfig with one of each, all of this name."""
    return {
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": f"https://{name}.test"} | more}
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "users": [{"name": name, "user": {"token": "t"}}],
    }


def test_the_current_context_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "config", kubeconfig("one"))

    context = choose(Options(kubeconfigs=(path,)))

    assert context.name == "one"
    assert context.cluster["server"] == "https://one.test"
    assert context.namespace is None


def test_several_kubeconfigs_are_merged_as_kubectl_does(tmp_path: Path) -> None:
    first = kubeconfig("one") | {"users": []}
    second = kubeconfig("two")
    second["users"].append({"name": "one", "user": {"tokenFile": "one.token"}})
    second["clusters"].append({"name": "one", "cluster": {"server": "https://no.test"}})
    paths = (
        tmp_path / "missing",
        write(tmp_path / "a" / "config", first),
        write(tmp_path / "b" / "config", second),
    )

    context = choose(Options(kubeconfigs=paths))

    assert context.name == "one"
    assert context.cluster["server"] == "https://one.test"
    assert context.user["tokenFile"] == str(tmp_path / "b" / "one.token")


def test_paths_begin_where_the_kubeconfig_lies(tmp_path: Path) -> None:
    content = kubeconfig("one", **{"certificate-authority": "../ca.crt"})
    path = write(tmp_path / "kube" / "config", content)

    context = choose(Options(kubeconfigs=(path,)))

    found = Path(context.cluster["certificate-authority"])
    assert found.resolve() == tmp_path / "ca.crt"


def test_a_user_may_name_another_context(tmp_path: Path) -> None:
    content = kubeconfig("one")
    for group, entries in kubeconfig("two").items():
        if group != "current-context":
            content[group] += entries
    path = write(tmp_path / "config", content)

    context = choose(Options(kubeconfigs=(path,), context="two", context_is_own=True))

    assert context.cluster["server"] == "https://two.test"


def test_a_repository_names_the_current_context_or_none(tmp_path: Path) -> None:
    path = write(tmp_path / "config", kubeconfig("one"))

    assert choose(Options(kubeconfigs=(path,), context="one")).name == "one"
    with pytest.raises(ConfigError, match="because a repository says so") as refused:
        choose(Options(kubeconfigs=(path,), context="two"))
    assert "--kube-context two" in refused.value.hint


def _set(group: str, name: str, **changes: Any) -> Change:
    def change(content: dict[str, Any]) -> None:
        (entry,) = content[group]
        entry[name].update(changes)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("clusters", "cluster", server="http://one.test"), "https:// only"),
        (_set("clusters", "cluster", server="ftp://localhost"), "https:// only"),
        (_set("clusters", "cluster", server="http://[::1"), "https:// only"),
        (_set("clusters", "cluster", server=7), "https:// only"),
        (
            _set("clusters", "cluster", **{"insecure-skip-tls-verify": True}),
            "does not verify its API server",
        ),
        (
            _set("users", "user", **{"auth-provider": {"name": "gcp"}}),
            "auth-provider",
        ),
        (_set("contexts", "context", user="other"), "no user 'other'"),
        (_set("contexts", "context", cluster="other"), "no cluster 'other'"),
        (_set("contexts", "context", cluster=["x"]), "no cluster"),
        (lambda content: content.pop("contexts"), "no context 'one'"),
        (lambda content: content.pop("current-context"), "No context is current"),
        (lambda content: content.update(users={"a": 1}), "no user"),
        (lambda content: content.update(clusters=[None, 7]), "no cluster"),
    ],
)
def test_a_context_that_must_not_be_used_is_one_sentence(
    tmp_path: Path, change: Change, said: str
) -> None:
    content = kubeconfig("one")
    change(content)
    path = write(tmp_path / "config", content)

    with pytest.raises(ConfigError, match=said) as refused:
        choose(Options(kubeconfigs=(path,)))

    assert refused.value.hint


@pytest.mark.parametrize("server", ["http://localhost:8001", "http://127.0.0.1:8001"])
def test_kubectl_proxy_may_speak_plain_http(tmp_path: Path, server: str) -> None:
    content = kubeconfig("one", server=server)
    path = write(tmp_path / "config", content)

    assert choose(Options(kubeconfigs=(path,))).cluster["server"] == server


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "a list or a text"),
        ("{", "no YAML"),
        ("a: \x00", "no YAML"),
        ("# " + "x" * (1 << 20), "larger than"),
        ("", "No context is current"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_one_sentence(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "config"
    path.write_text(text)

    with pytest.raises(ConfigError, match=said):
        choose(Options(kubeconfigs=(path,)))


@pytest.mark.parametrize("paths", [(), (Path("/nowhere/config"),)])
def test_without_a_cluster_it_is_said_how_to_name_one(paths: tuple[Path, ...]) -> None:
    with pytest.raises(ConfigError, match="No cluster is known") as refused:
        choose(Options(kubeconfigs=paths))

    assert "--kube-config FILE" in refused.value.hint


PLUGIN = """\
#!{python} -I
import json, os, sys
asked = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
seen = {{"asked": asked, "arguments": sys.argv[1:], "environ": dict(os.environ)}}
with open({seen!r}, "w") as file:
    json.dump(seen, file)
print({answer!r})
sys.exit({status})
"""


def plugin(folder: Path, answer: object, status: int = 0) -> Path:
    """A program that logs in; what it saw is beside it."""
    folder.mkdir(exist_ok=True)
    path = folder / "log-in"
    path.write_text(
        PLUGIN.format(
            python=sys.executable,
            seen=str(folder / "seen.json"),
            answer=answer if isinstance(answer, str) else json.dumps(answer),
            status=status,
        )
    )
    path.chmod(0o755)
    return path


V1 = "client.authentication.k8s.io/v1"


def credential(**status: str) -> dict[str, Any]:
    return {"apiVersion": V1, "kind": "ExecCredential", "status": status}


def logging_in_by(
    fake: FakeKubernetes, issuer: CertManager, **more: Any
) -> CertManager:
    """Let the kubeconfig of an issuer name a program."""
    (path,) = issuer.options.kubeconfigs
    fake.kubeconfig(path, user={"exec": {"apiVersion": V1, **more}})
    return issuer


def test_a_program_of_the_users_kubeconfig_logs_in(
    make_issuer: MakeIssuer, fake: FakeKubernetes, tmp_path: Path
) -> None:
    program = plugin(tmp_path / "bin", credential(token=TOKEN))
    issuer = logging_in_by(
        fake,
        make_issuer(environ={"HOME": "/home/me", "AWS_PROFILE": "dev"}),
        command=str(program),
        args=["get-token", "a b"],
        env=[{"name": "REGION", "value": "here"}],
        provideClusterInfo=True,
    )

    pair = issuer.issue(request_for("app.test"))

    seen = json.loads((tmp_path / "bin" / "seen.json").read_text())
    assert pair.chain
    assert seen["arguments"] == ["get-token", "a b"]
    assert seen["asked"]["spec"]["interactive"] is False
    assert seen["asked"]["spec"]["cluster"] == {"server": fake.server}
    # The user's own environment, not that of this process.
    kept = {name: seen["environ"].get(name) for name in ("HOME", "AWS_PROFILE")}
    assert kept == {"HOME": "/home/me", "AWS_PROFILE": "dev"}
    assert seen["environ"]["REGION"] == "here"
    assert "PATH" not in seen["environ"]


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (credential(), 0, "neither a token nor a certificate"),
        ("nonsense", 0, "neither a token nor a certificate"),
        ({**credential(token=TOKEN), "apiVersion": "v7"}, 0, "neither a token"),
        (credential(clientKeyData="k"), 0, "neither a token nor a certificate"),
        ("[]", 0, "neither a token nor a certificate"),
        (credential(token=TOKEN), 3, "log-in says"),
    ],
)
def test_a_program_that_does_not_log_in_is_one_sentence(
    make_issuer: MakeIssuer,
    fake: FakeKubernetes,
    tmp_path: Path,
    answer: object,
    status: int,
    said: str,
) -> None:
    program = plugin(tmp_path / "bin", answer, status)
    issuer = logging_in_by(fake, make_issuer(), command=str(program))

    with pytest.raises(ConfigError, match=said) as refused:
        issuer.issue(request_for("app.test"))

    assert TOKEN not in str(refused.value)


def test_a_program_may_give_a_certificate(
    make_issuer: MakeIssuer, fake: FakeKubernetes, tmp_path: Path
) -> None:
    answer = credential(clientCertificateData="cert", clientKeyData="key")
    program = plugin(tmp_path / "bin", answer)
    issuer = logging_in_by(fake, make_issuer(), command=str(program))

    content = choose(issuer.options).as_kubeconfig({})

    (user,) = content["users"]
    assert user["user"] == {
        "client-certificate-data": base64.b64encode(b"cert").decode(),
        "client-key-data": base64.b64encode(b"key").decode(),
    }


def test_a_program_in_the_project_is_not_run(
    make_issuer: MakeIssuer,
    fake: FakeKubernetes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = tmp_path / "project"
    program = plugin(project, credential(token=TOKEN))
    monkeypatch.chdir(project)

    for command in (str(program), program.name):
        issuer = make_issuer(environ={"PATH": str(project)})
        logging_in_by(fake, issuer, command=command, installHint="Get it\x1b[31m.")
        with pytest.raises(ConfigError, match="is not run") as refused:
            issuer.issue(request_for("app.test"))
        assert refused.value.hint.startswith("Get it")
        assert "\x1b" not in str(refused.value)

    assert not (project / "seen.json").exists()


@pytest.mark.parametrize(
    "entry",
    [{"command": 7}, {"command": "x", "args": "a"}, {"command": "x", "args": [7]}],
)
def test_a_damaged_entry_for_a_program_is_one_sentence(
    make_issuer: MakeIssuer, fake: FakeKubernetes, entry: dict[str, Any]
) -> None:
    issuer = logging_in_by(fake, make_issuer(), **entry)

    with pytest.raises(ConfigError, match="is damaged"):
        issuer.issue(request_for("app.test"))


def test_a_missing_library_is_one_sentence(
    make_issuer: MakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)

    with pytest.raises(ConfigError, match="needs the library kubernetes") as refused:
        make_issuer().issue(request_for("app.test"))

    assert "flask-tlsdev[kubernetes]" in refused.value.hint


# What comes from the configuration.


def found(**keys: object) -> dict[str, Any]:
    return {name: key.read(name, keys) for name, key in KEYS.items()}


def test_the_users_kubeconfigs_are_those_of_his_environment(home: Path) -> None:
    own = {"HOME": str(home)}
    named = {**own, "KUBECONFIG": "/a/config:/b/config"}

    assert options(found(), own, own).kubeconfigs == (home / ".kube" / "config",)
    assert options(found(), named, named).kubeconfigs == (
        Path("/a/config"),
        Path("/b/config"),
    )


def test_in_a_pod_no_kubeconfig_is_needed(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    own = {
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
        "KUBERNETES_SERVICE_PORT": "443",
        "TLSDEV_KUBE_SERVICE_ACCOUNT": str(tmp_path),
        "POD_NAME": "shop-1",
        "POD_UID": "8f2c",
    }

    pod = options(found(), own, own).pod

    assert pod is not None
    assert (pod.host, pod.name, pod.uid) == ("10.0.0.1", "shop-1", "8f2c")
    named = {**own, "KUBECONFIG": "/a/config"}
    assert options(found(), named, named).pod is None


@pytest.mark.parametrize("variable", ["KUBECONFIG", "KUBERNETES_SERVICE_HOST"])
def test_what_a_dotenv_file_says_of_clusters_is_refused(
    make_issuer: MakeIssuer,
    fake: FakeKubernetes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    program = plugin(tmp_path / "bin", credential(token=TOKEN))
    evil = fake.kubeconfig(
        tmp_path / "evil", user={"exec": {"apiVersion": V1, "command": str(program)}}
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / ".env").write_text(f"{variable}={evil}\n")
    monkeypatch.chdir(project)
    environ = {"HOME": str(tmp_path), variable: str(evil)}

    read = options(found(TLSDEV_KUBE_ISSUER="web"), environ, user_environment(environ))

    with pytest.raises(ConfigError, match=f"dotenv file sets '{variable}'") as refused:
        CertManager(read, tmp_path / "store").issue(request_for("app.test"))
    assert "--kube-config" in refused.value.hint
    assert fake.asked == []
    assert not (tmp_path / "bin" / "seen.json").exists()


def test_roots_of_a_dotenv_file_vouch_for_no_api_server(
    make_issuer: MakeIssuer, fake: FakeKubernetes
) -> None:
    issuer = make_issuer(foreign_trust=("SSL_CERT_FILE",))
    (path,) = issuer.options.kubeconfigs

    # The kubeconfig has a CA of its own: the variable is not heard.
    assert issuer.issue(request_for("app.test")).chain

    content = yaml.safe_load(path.read_text())
    del content["clusters"][0]["cluster"]["certificate-authority"]
    write(path, content)
    with pytest.raises(ConfigError, match="sets 'SSL_CERT_FILE'"):
        issuer.issue(request_for("app.test"))
    assert fake.verbs() == ["create", "watch", "delete"]


def test_only_the_users_own_proxy_is_asked(
    make_issuer: MakeIssuer, fake: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "http://127.0.0.1:1"
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody)

    assert make_issuer().issue(request_for("app.test")).chain
    spared = make_issuer(proxy=nobody, no_proxy="localhost")
    assert spared.issue(request_for("app.test")).chain

    asked = len(fake.asked)
    with pytest.raises(IssuerUnavailable):
        make_issuer(proxy=nobody).issue(request_for("app.test"))
    assert len(fake.asked) == asked
    own = {"HTTPS_PROXY": nobody, "NO_PROXY": "localhost"}
    read = options(found(), own, own)
    assert (read.proxy, read.no_proxy) == (nobody, "localhost")
    assert options(found(), own, {}).proxy is None


def test_who_types_a_kubeconfig_means_it(tmp_path: Path) -> None:
    environ = {"KUBECONFIG": "/evil"}
    before = options(found(), environ, {})

    changes = on_command_line({"kubeconfig": tmp_path / "mine", "context": "one"})

    assert before.foreign_clusters == ("KUBECONFIG",)
    assert changes == {
        "kubeconfigs": (tmp_path / "mine",),
        "pod": None,
        "foreign_clusters": (),
        "context": "one",
        "context_is_own": True,
    }
    assert on_command_line({"context": "one"})["pod"] is None


def test_a_context_of_the_users_own_environment_is_his() -> None:
    keys = found(TLSDEV_KUBE_CONTEXT="one")

    assert not options(keys, {}, {}).context_is_own
    own = {"FLASK_TLSDEV_KUBE_CONTEXT": "one"}
    assert options(keys, own, own).context_is_own
    other = {"FLASK_TLSDEV_KUBE_CONTEXT": "two"}
    assert not options(keys, other, other).context_is_own


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("TLSDEV_KUBE_NAMESPACE", "a/b", "no name of a namespace"),
        ("TLSDEV_KUBE_NAMESPACE", "Shop", "no name of a namespace"),
        ("TLSDEV_KUBE_ISSUER", "../x", "no name of an issuer"),
        ("TLSDEV_KUBE_ISSUER", "x" * 300, "no name of an issuer"),
        ("TLSDEV_KUBE_ISSUER_KIND", "cluster issuer", "no kind of issuer"),
        ("TLSDEV_KUBE_ISSUER_GROUP", "group", "no API group"),
        ("TLSDEV_KUBE_SIGNER", "web", "no name of a signer"),
        ("TLSDEV_KUBE_SIGNER", "a.test/", "no name of a signer"),
        (
            "TLSDEV_KUBE_SIGNER",
            "kubernetes.io/kube-apiserver-client",
            "own components",
        ),
        ("TLSDEV_KUBE_CONTEXT", "a\nb", "no name of a context"),
        ("TLSDEV_KUBE_TIMEOUT", "2h", "too long"),
    ],
)
def test_a_key_that_cannot_be_is_one_sentence(key: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        found(**{key: value})


def test_kinds_may_be_typed_in_any_case() -> None:
    read = found(TLSDEV_KUBE_ISSUER_KIND="clusterissuer", TLSDEV_KUBE_TIMEOUT="10m")

    assert read["TLSDEV_KUBE_ISSUER_KIND"] == "ClusterIssuer"
    assert options(read, {}, {}).seconds == 600
