from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from flask_tlsdev import hooks
from flask_tlsdev.config import Settings
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.hooks import Hook
from flask_tlsdev.hooks import ProjectHooks

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs are scripts")


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return path


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    program = script(tmp_path / "hook", 'for each; do echo "<$each>"; done')
    hook = Hook.parse(f"{program} 'a b' '$(id)' ';' '>x'", "--dns-hook")

    said = hooks.run(hook, ["auth"], {})

    assert said.splitlines() == ["<a b>", "<$(id)>", "<;>", "<>x>", "<auth>"]
    assert Hook.parse(hook.as_typed, "--dns-hook") == hook


def test_a_program_sees_no_secret_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LD_PRELOAD", "")
    program = script(tmp_path / "hook", "env")

    said = hooks.run(Hook.of([str(program)], "x"), [], {"CERTBOT_DOMAIN": "a.test"})

    assert "CERTBOT_DOMAIN=a.test" in said
    assert "secret" not in said
    assert "LD_PRELOAD" not in said


def test_a_program_that_fails_says_its_last_line(tmp_path: Path) -> None:
    program = script(tmp_path / "hook", "echo one; echo 'no \033[31mzone' >&2; exit 3")

    with pytest.raises(TLSDevError, match=r"ended with 3; it said: no \\x1b\[31mzone"):
        hooks.run(Hook.of([str(program)], "--dns-hook"), [], {})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no program"),
        ("'open", "cannot be read"),
        ("no-such-program", "no program"),
    ],
)
def test_what_is_no_program_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        hooks.find_program(Hook.parse(text, "--dns-hook"))


def test_a_program_that_everybody_can_change_is_refused(tmp_path: Path) -> None:
    program = script(tmp_path / "hook", "true")
    program.chmod(0o777)

    with pytest.raises(ConfigError, match="Everybody can write"):
        hooks.find_program(Hook.of([str(program)], "--dns-hook"))


def test_a_bare_name_is_not_looked_up_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "my-hook", "true")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:.:{os.environ['PATH']}")

    with pytest.raises(ConfigError, match="no program 'my-hook'"):
        hooks.find_program(Hook.of(["my-hook"], "--dns-hook"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    script(tmp_path / "dns", "true")
    content = {"dns": ["./dns", "zone.json"], "deploy": ["true"]}
    (tmp_path / "tlsdev-hooks.json").write_text(json.dumps(content))
    return tmp_path


def read(project: Path) -> ProjectHooks:
    found = ProjectHooks.read(project)
    assert found is not None
    return found


def test_a_projects_hook_runs_only_after_approval(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    approvals = tmp_path_factory.mktemp("own") / "approved"

    with pytest.raises(ConfigError, match="flask tls hooks approve"):
        read(project).hook("dns", approvals)

    read(project).approve(approvals)
    hook = read(project).hook("dns", approvals)
    assert hook is not None
    assert hooks.find_program(hook) == project / "dns"
    assert read(project).hook("other", approvals) is None

    read(project).take_back(approvals)
    assert not read(project).is_approved(approvals)


@pytest.mark.parametrize("changed", ["tlsdev-hooks.json", "dns"])
def test_a_change_has_to_be_approved_again(
    changed: str, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    approvals = tmp_path_factory.mktemp("own") / "approved"
    read(project).approve(approvals)

    path = project / changed
    path.write_text(path.read_text() + "\n")

    assert not read(project).is_approved(approvals)


def test_the_same_file_elsewhere_is_not_approved(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    approvals = tmp_path_factory.mktemp("own") / "approved"
    read(project).approve(approvals)
    other = tmp_path_factory.mktemp("other")
    for name in ("tlsdev-hooks.json", "dns"):
        (other / name).write_bytes((project / name).read_bytes())

    assert not read(other).is_approved(approvals)


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"dns": "a text"}', '{"dns": []}', '{"other": ["a"]}', '{"dns": [1]}'],
)
def test_a_projects_file_that_is_none_is_one_sentence(
    content: str, tmp_path: Path
) -> None:
    (tmp_path / "tlsdev-hooks.json").write_text(content)

    with pytest.raises(ConfigError, match="cannot be used"):
        ProjectHooks.read(tmp_path)


@pytest.mark.parametrize(
    "key", ["TLSDEV_ACME_DNS_HOOK", "TLSDEV_DEPLOY_HOOK", "TLSDEV_ACME_AGREE_TOS"]
)
def test_an_app_names_no_program_and_accepts_no_terms(key: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot be set in app\.config"):
        Settings.from_mapping({key: "rm -r ."}, environ={})


def test_a_dotenv_file_names_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"TLSDEV_ACME_DNS_HOOK": "/bin/evil", "TLSDEV_ACME_AGREE_TOS": "1"}
    own = Settings.from_mapping({}, environ=environ)
    (tmp_path / ".env").write_text(
        "TLSDEV_ACME_DNS_HOOK=/bin/evil\nTLSDEV_ACME_AGREE_TOS=1\n"
    )

    foreign = Settings.from_mapping({}, environ=environ)

    assert own.acme.dns_hook is not None
    assert own.acme.agree_tos
    assert foreign.acme.dns_hook is None
    assert not foreign.acme.agree_tos
