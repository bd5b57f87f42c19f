from __future__ import annotations

import os
import stat
from pathlib import Path

import click
import pytest
import yaml

from flask_tlsdev.cli.manifest import manifest
from flask_tlsdev.manifest import issuers
from flask_tlsdev.manifest import KINDS
from flask_tlsdev.manifest import secrets
from flask_tlsdev.manifest.plan import SPELLINGS

from .conftest import Flask

APP = """\
from flask import Flask

from flask_tlsdev import TLSDev

app = Flask(__name__)
app.config["TLSDEV_NAMES"] = ["app.test"]
TLSDev(app)
"""


@pytest.fixture(autouse=True)
def app(project: Path) -> None:
    (project / "app.py").write_text(APP)


def kinds(text: str) -> list[str]:
    return [each["kind"] for each in yaml.safe_load_all(text)]


def test_the_choices_of_the_command_are_the_kinds_there_are() -> None:
    choices = {
        option.name: set(option.type.choices)
        for option in manifest.params
        if isinstance(option.type, click.Choice)
    }

    assert choices["kinds"] == {*KINDS, *secrets.KINDS}
    assert choices["issuer"] == set(SPELLINGS)
    assert choices["dns_provider"] == set(issuers.DNS_PROVIDERS)


def test_what_runs_the_app_is_written_by_default(flask: Flask) -> None:
    done = flask("tls", "manifest")

    assert done.exit_code == 0, done.output
    assert kinds(done.stdout) == [
        "ClusterIssuer",
        "Certificate",
        "Deployment",
        "Service",
    ]
    assert "app.test" in done.stdout
    assert "PRIVATE" not in done.stdout


def test_kinds_are_written_in_the_order_in_which_they_are_needed(flask: Flask) -> None:
    done = flask("tls", "manifest", "--kind", "service", "--kind", "certificate")

    assert kinds(done.stdout) == ["Certificate", "Service"]


def test_the_same_configuration_gives_the_same_text(flask: Flask) -> None:
    assert flask("tls", "manifest").stdout == flask("tls", "manifest").stdout


def test_the_command_line_counts(flask: Flask) -> None:
    done = flask(
        *("tls", "manifest", "--kind", "issuer", "--kind", "deployment"),
        *("--issuer", "self-signed", "--service", "api", "--namespace", "shop"),
        *("--image", "registry.test/api:1", "--probe-path", "/up"),
    )

    issuer, deployment = yaml.safe_load_all(done.stdout)
    assert issuer["kind"] == "Issuer"
    assert issuer["spec"] == {"selfSigned": {}}
    assert issuer["metadata"]["namespace"] == "shop"
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.test/api:1"
    assert container["readinessProbe"]["httpGet"]["path"] == "/up"


@pytest.mark.parametrize(
    ("named", "gunicorn"),
    [
        ("app", "app:app"),
        ("app.py", "app:app"),
        ("app:app", "app:app"),
        ("app:create_app", "app:create_app()"),
        ("app:create_app('a b')", "app:app"),
    ],
)
def test_gunicorn_is_given_the_app_that_flask_was(
    flask: Flask, project: Path, named: str, gunicorn: str
) -> None:
    factory = "\n\ndef create_app(name=''):\n    return app\n"
    (project / "app.py").write_text(APP + factory)

    done = flask("--app", named, "tls", "manifest", "--kind", "deployment")

    (deployment,) = yaml.safe_load_all(done.stdout)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"][-1] == gunicorn


def test_a_file_is_written_whole_and_not_over_another(
    flask: Flask, project: Path
) -> None:
    first = flask("tls", "manifest", "--out", "web.yaml")
    text = (project / "web.yaml").read_text()
    second = flask("tls", "manifest", "--out", "web.yaml", "--service", "api")

    assert first.exit_code == 0, first.output
    assert first.stdout == ""
    assert kinds(text)[0] == "ClusterIssuer"
    assert second.exit_code == 1
    assert (project / "web.yaml").read_text() == text
    assert flask("tls", "manifest", "--out", "web.yaml", "--force").exit_code == 0


def test_the_secret_is_the_users_own_file_and_not_on_the_terminal(
    flask: Flask, project: Path
) -> None:
    before = os.umask(0)
    try:
        done = flask("tls", "manifest", "--secret-file", "ca.yaml")
    finally:
        os.umask(before)

    assert done.exit_code == 0, done.output
    file = project / "ca.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (secret,) = yaml.safe_load_all(file.read_text())
    assert secret["data"]["tls.key"] not in done.output
    assert secret["metadata"]["name"] == "default-web-ca"
    assert kinds(done.stdout)[0] == "ClusterIssuer"
    assert "can sign app.test, web.default.svc" in done.stderr
    assert "root's key is thrown away" in done.stderr


def test_a_secret_is_never_replaced_without_being_told(
    flask: Flask, project: Path
) -> None:
    (project / "ca.yaml").write_text("mine")

    done = flask("tls", "manifest", "--secret-file", "ca.yaml")

    assert done.exit_code == 1
    assert done.stdout == ""
    assert "Made a CA" not in done.stderr
    assert (project / "ca.yaml").read_text() == "mine"
    assert (
        flask("tls", "manifest", "--secret-file", "ca.yaml", "--force").exit_code == 0
    )
    assert "mine" not in (project / "ca.yaml").read_text()


def test_a_link_is_not_followed_to_write_a_secret(flask: Flask, project: Path) -> None:
    (project / "ca.yaml").symlink_to("elsewhere")

    done = flask("tls", "manifest", "--secret-file", "ca.yaml")

    assert done.exit_code == 1
    assert not (project / "elsewhere").exists()


def test_the_pair_itself_can_be_put_into_a_secret(flask: Flask, project: Path) -> None:
    done = flask("tls", "manifest", "--kind", "tls-secret", "--secret-file", "s.yaml")

    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    (secret,) = yaml.safe_load_all((project / "s.yaml").read_text())
    assert secret["metadata"]["name"] == "web-tls"


def test_a_key_is_printed_only_when_told_to_and_never_in_ci(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    unasked = flask("tls", "manifest", "--kind", "ca-secret")
    asked = flask("tls", "manifest", "--kind", "ca-secret", "--print-private-key")
    monkeypatch.setenv("CI", "true")
    in_ci = flask("tls", "manifest", "--kind", "ca-secret", "--print-private-key")

    assert unasked.exit_code == 2
    assert "tls.key" not in unasked.output
    assert kinds(asked.stdout) == ["Secret"]
    assert in_ci.exit_code == 2
    assert "tls.key" not in in_ci.output


@pytest.mark.parametrize(
    "options",
    [
        ("--kind", "issuer", "--kind", "cluster-issuer"),
        ("--secret-file", "-"),
        ("--secret-file", "s", "--print-private-key"),
        ("--print-private-key",),
        ("--kind", "ca-secret", "--print-private-key", "--out", "o"),
        ("--out", "same", "--secret-file", "./same"),
        ("--kind", "pod"),
        ("--service", "Web"),
        ("--namespace", "a/b"),
        ("--image", "a b"),
        ("--probe-path", "up"),
        ("--class", "$(id)"),
        ("--issuer", "files"),
    ],
    ids=" ".join,
)
def test_what_does_not_go_together_is_a_usage_error(
    flask: Flask, project: Path, options: tuple[str, ...]
) -> None:
    done = flask("tls", "manifest", *options)

    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert {each.name for each in project.iterdir()} <= {"app.py", "__pycache__"}


def test_nothing_is_written_where_one_part_cannot_be(
    flask: Flask, project: Path
) -> None:
    (project / "app.py").write_text(APP.replace("app.test", "app.example.com"))

    done = flask("tls", "manifest", "--out", "web.yaml", "--secret-file", "ca.yaml")

    assert done.exit_code == 1
    assert "Add --permit app.example.com" in done.stderr
    assert not (project / "web.yaml").exists()
    assert not (project / "ca.yaml").exists()


def test_another_issuer_has_no_secret_of_ours(flask: Flask) -> None:
    done = flask("tls", "manifest", "--issuer", "self-signed", "--secret-file", "s")

    assert done.exit_code == 1
    assert "self-signed" in done.stderr


@pytest.mark.parametrize("option", ["PERMIT", "OUT", "SECRET_FILE", "FORCE"])
def test_a_repository_neither_permits_nor_writes_anything(
    flask: Flask, project: Path, option: str
) -> None:
    (project / "app.py").write_text(APP.replace("app.test", "app.example.com"))
    (project / ".env").write_text(f"FLASK_TLS_MANIFEST_{option}=app.example.com\n")

    done = flask("tls", "manifest", "--kind", "ca-secret", "--print-private-key")

    assert done.exit_code == 1
    assert "may not sign app.example.com" in done.stderr
    assert not (project / "app.example.com").exists()


def test_a_name_for_a_cluster_without_dns_goes_all_the_way(
    flask: Flask, project: Path
) -> None:
    name = "app.192-168-49-2.nip.io"
    (project / "app.py").write_text(APP.replace("app.test", name))

    done = flask(
        *("tls", "manifest", "--kind", "ingress", "--secret-file", "ca.yaml"),
        *("--permit", name),
    )
    laptop = flask("tls", "ca", "create", "--permit", name, "--yes")

    assert done.exit_code == 0, done.output
    assert f"host: {name}" in done.stdout
    assert f"can pose as {name} and every name below it" in done.stderr
    assert laptop.exit_code == 0, laptop.output
    assert flask("tls", "issue", name).exit_code == 0


def test_the_ca_of_this_machine_is_not_made_for_it(flask: Flask, home: Path) -> None:
    flask("tls", "manifest", "--secret-file", "ca.yaml")

    assert flask("tls", "ca", "show").exit_code == 1
    assert list(home.iterdir()) == []


def test_an_issuer_that_is_there_already_is_left_out_by_default(
    flask: Flask, project: Path
) -> None:
    more = (
        'app.config["TLSDEV_ISSUER"] = "cert-manager"\n'
        'app.config["TLSDEV_KUBE_ISSUER"] = "company"\n'
        'app.config["TLSDEV_KUBE_NAMESPACE"] = "shop"\n'
    )
    (project / "app.py").write_text(APP.replace("TLSDev(app)", f"{more}TLSDev(app)"))

    done = flask("tls", "manifest")

    assert done.exit_code == 0, done.output
    certificate, deployment, service = yaml.safe_load_all(done.stdout)
    assert certificate["spec"]["issuerRef"]["name"] == "company"
    assert {
        each["metadata"]["namespace"] for each in (certificate, deployment, service)
    } == {"shop"}
