from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ..browsers import trust_in_nss
from ..servers import flask as command
from ..tools import program
from ..tools import run
from ..trust.making import our_root
from .conftest import Flask

STORES = {"nss", "system"}


@pytest.fixture(autouse=True)
def databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two databases that are named, so that no browser of this machine counts."""
    program("certutil")
    found = [tmp_path / "one", tmp_path / "two"]
    monkeypatch.setenv("TLSDEV_NSS_PATHS", os.pathsep.join(map(str, found)))
    return found


def install(flask: Flask, *options: str) -> str:
    result = flask("tls", "trust", "install", "--yes", *options)
    assert result.exit_code == 0, result.output
    return result.stdout


def status(flask: Flask, name: str = "nss") -> list[dict[str, object]]:
    answer = json.loads(flask("tls", "trust", "status", "--json").stdout)
    return [each for each in answer["stores"] if each["store"] == name]


def test_install_reports_each_store_and_sums_up(flask: Flask) -> None:
    *lines, last = install(flask).splitlines()

    assert [line.split()[0] for line in lines] == ["nss", "nss", "system"]
    assert last.startswith("Partial: not trusted by system (curl, Python, git, Go).")
    assert last.endswith("Type: flask tls trust install --store system")
    assert {each["state"] for each in status(flask)} == {"trusted"}


def test_install_makes_the_ca_if_there_is_none(flask: Flask) -> None:
    install(flask)

    assert flask("tls", "ca", "show").exit_code == 0


def test_consent_is_asked_with_fingerprint_names_and_end(flask: Flask) -> None:
    flask("tls", "ca", "create", "--permit", "shop.internal", "--yes")
    about = json.loads(flask("tls", "ca", "show", "--json").stdout)

    result = flask("tls", "trust", "install")

    digest = bytes.fromhex(about["root_sha256"]).hex(":").upper()
    assert result.exit_code == 2
    assert digest in result.stderr
    assert "shop.internal" in result.stderr
    assert about["not_after"][:10] in result.stderr
    assert "Add --yes" in result.stderr
    assert {each["state"] for each in status(flask)} == {"not trusted"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 5), (b"y\n", 0)])
def test_on_a_terminal_it_asks(
    answer: bytes, code: int, project: Path, databases: list[Path]
) -> None:
    terminal, its_end = pty.openpty()
    asking = subprocess.Popen(
        command("tls", "trust", "install"),
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)

    said = b""
    while b"Trust it?" not in said:
        said += os.read(terminal, 4096)
    os.write(terminal, answer)
    try:
        while more := os.read(terminal, 4096):
            said += more
    except OSError:
        # Linux says EIO when the other side is closed.
        pass
    ended = asking.wait(60)
    os.close(terminal)

    assert ended == code, said
    assert databases[0].exists() is (code == 0)


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_consent_does_not_come_from_the_environment(
    flask: Flask, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    install(flask)
    before = status(flask)
    flask("tls", "ca", "create", "--yes")
    for name in ("YES", "STORE", "NAMED"):
        monkeypatch.setenv(f"FLASK_TLS_TRUST_{verb.upper()}_{name}", "system")

    assert flask("tls", "trust", verb).exit_code == 2
    assert [each["path"] for each in status(flask)] == [e["path"] for e in before]


def test_dry_run_prints_the_commands_and_changes_nothing(
    flask: Flask, databases: list[Path]
) -> None:
    flask("tls", "ca", "create")

    result = flask("tls", "trust", "install", "--dry-run")

    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.output
    assert f"-d sql:{databases[0]} -A -a -t C,, -n 'flask-tlsdev root" in lines[3]
    assert any("/bin/sh -c '/usr/bin/install -m 0644" in line for line in lines)
    assert not databases[0].exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the lines are for a shell")
def test_the_printed_commands_do_what_they_say(
    flask: Flask, databases: list[Path]
) -> None:
    flask("tls", "ca", "create")
    option = ("--dry-run", "--store", "nss")
    printed = flask("tls", "trust", "install", *option).stdout

    assert run("/bin/sh", "-ec", printed).returncode == 0
    assert {each["state"] for each in status(flask)} == {"trusted"}

    printed = flask("tls", "trust", "uninstall", *option).stdout
    assert run("/bin/sh", "-ec", printed).returncode == 0
    assert {each["state"] for each in status(flask)} == {"not trusted"}


def test_dry_run_makes_no_ca(flask: Flask, home: Path) -> None:
    result = flask("tls", "trust", "install", "--dry-run")

    assert result.exit_code == 1
    assert "flask tls ca create" in result.stderr
    assert not list(home.rglob("ca.json"))


def test_only_the_named_store_is_changed(flask: Flask) -> None:
    result = flask("tls", "trust", "install", "--store", "java", "--yes")

    assert result.exit_code == 0
    assert {each["state"] for each in status(flask)} == {"not trusted"}


def test_an_unknown_store_is_wrong_usage(flask: Flask) -> None:
    result = flask("tls", "trust", "install", "--store", "browser")

    assert result.exit_code == 2
    assert "chromium" in result.stderr or "macos" in result.stderr


def test_one_failing_store_does_not_stop_the_others(
    flask: Flask, databases: list[Path]
) -> None:
    databases[0].mkdir()
    (databases[0] / "cert9.db").write_bytes(b"this is no database at all")

    result = flask("tls", "trust", "install", "--yes")

    states = [each["state"] for each in status(flask)]
    assert result.exit_code == 1
    assert "not a database" in result.stdout
    assert states == ["failed", "trusted"]


def test_check_ends_with_three_unless_all_trust_it(flask: Flask) -> None:
    before = flask("tls", "trust", "status", "--check", "--store", "nss")
    install(flask)
    after = flask("tls", "trust", "status", "--check", "--store", "nss")
    everything = flask("tls", "trust", "status", "--check")

    assert (before.exit_code, after.exit_code) == (3, 0)
    assert after.stdout.splitlines()[-1].startswith("Full:")
    assert everything.exit_code == 3


def test_uninstall_leaves_nothing(flask: Flask, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    install(flask)

    result = flask("tls", "trust", "uninstall", "--yes")

    assert result.exit_code == 0, result.output
    assert "None: no trust store here holds a root" in result.stdout
    assert sorted(tmp_path.iterdir()) == before


def test_uninstall_needs_no_ca_and_where_there_is_nothing_no_consent(
    flask: Flask,
) -> None:
    assert flask("tls", "trust", "uninstall").exit_code == 0


def test_uninstall_takes_out_roots_of_deleted_cas(
    flask: Flask, databases: list[Path]
) -> None:
    trust_in_nss(databases[0], our_root().pem, "orphan")

    result = flask("tls", "trust", "uninstall", "--yes")

    assert our_root().ca_id in result.stderr
    assert status(flask)[0]["other_roots"] == []


def test_a_new_ca_takes_over(flask: Flask) -> None:
    install(flask)
    old = json.loads(flask("tls", "ca", "show", "--json").stdout)["id"]
    flask("tls", "ca", "create", "--yes")

    between = status(flask)
    install(flask)
    after = status(flask)

    assert [each["state"] for each in between] == ["another root"] * 2
    assert [each["other_roots"] for each in between] == [[old], [old]]
    assert [each["state"] for each in after] == ["trusted"] * 2
    assert [each["other_roots"] for each in after] == [[], []]


def test_deleting_the_ca_takes_its_roots_along(flask: Flask, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    install(flask)
    flask("tls", "ca", "create", "--yes")

    result = flask("tls", "ca", "delete", "--yes")

    assert result.exit_code == 0, result.output
    assert sorted(tmp_path.iterdir()) == before


def test_deleting_the_ca_lists_what_it_could_not_remove(
    flask: Flask, databases: list[Path], home: Path
) -> None:
    install(flask)
    (databases[1] / "cert9.db").write_bytes(b"this is no database at all")

    result = flask("tls", "ca", "delete", "--yes")

    assert result.exit_code == 1
    assert f"failed       {databases[1]}" in result.stdout
    assert not databases[0].exists()
    assert not list(home.rglob("*.key"))


@pytest.mark.parametrize("verb", ["install", "uninstall", "status"])
def test_through_sudo_it_refuses(
    flask: Flask, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only root was made root by sudo")
    monkeypatch.setenv("SUDO_UID", "1000")

    result = flask("tls", "trust", verb)

    assert result.exit_code == 1
    assert "without sudo" in result.stderr


@pytest.mark.parametrize("where", ["root", "intermediate"])
def test_a_root_of_another_profile_is_not_installed(
    flask: Flask, home: Path, where: str
) -> None:
    flask("tls", "ca", "create")
    name = {"root": "root.crt", "intermediate": "ca.crt"}[where]
    (file,) = home.rglob(name)
    file.write_bytes(our_root().pem)

    result = flask("tls", "trust", "install", "--yes")

    assert result.exit_code == 1
    assert "cannot be used" in result.stderr
    assert {each.get("state") for each in _states(flask)} <= {None}


def _states(flask: Flask) -> list[dict[str, object]]:
    result = flask("tls", "trust", "status", "--json")
    return [] if result.exit_code else json.loads(result.stdout)["stores"]


def test_a_repository_names_no_database_no_jdk_and_no_program(
    flask: Flask, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TLSDEV_NSS_PATHS", "TLSDEV_JAVA_HOMES", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    evil = project / "evil"
    for path in ("bin/keytool", "lib/security/cacerts"):
        (evil / path).parent.mkdir(parents=True, exist_ok=True)
        (evil / path).write_text(f"#!/bin/sh\ntouch {project}/ran\n")
        (evil / path).chmod(0o755)
    (project / ".env").write_text(
        f"JAVA_HOME={evil}\nTLSDEV_JAVA_HOMES={evil}\nTLSDEV_NSS_PATHS={evil}\n"
    )

    paths = [
        each["path"]
        for each in json.loads(flask("tls", "trust", "status", "--json").stdout)[
            "stores"
        ]
    ]

    assert os.environ["JAVA_HOME"] == str(evil)
    assert not [path for path in paths if str(project) in str(path)]


def test_json_says_the_whole_of_it(flask: Flask) -> None:
    install(flask)

    answer = json.loads(flask("tls", "trust", "status", "--json").stdout)

    assert answer["summary"] == "partial"
    assert {each["store"] for each in answer["stores"]} == STORES
    assert set(answer["stores"][0]) == {
        "store",
        "path",
        "state",
        "detail",
        "other_roots",
        "changed",
        "needs_root",
    }


def test_in_a_container_the_host_is_spoken_of(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODESPACES", "true")

    result = flask("tls", "trust", "status")

    assert "a Codespace" in result.stderr
    assert "flask tls ca export" in result.stderr
