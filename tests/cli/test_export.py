from __future__ import annotations

import stat
from pathlib import Path

import pytest

from .conftest import Flask


@pytest.fixture(autouse=True)
def issued(flask: Flask) -> None:
    assert flask("tls", "issue", "a.test").exit_code == 0


def test_the_chain_is_printed_by_default(flask: Flask) -> None:
    done = flask("tls", "export", "a.test")

    assert done.stdout.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE" not in done.stdout


@pytest.mark.parametrize("name", ["p12", "dotenv", "k8s-secret"])
def test_files_with_a_key_are_the_users_own(
    flask: Flask, project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TLSDEV_PASSPHRASE", "open sesame")

    done = flask("tls", "export", "a.test", "--format", name, "--out", "file")

    assert done.exit_code == 0, done.output
    assert stat.S_IMODE((project / "file").stat().st_mode) == 0o600


def test_a_key_can_be_written_beside_the_chain(flask: Flask, project: Path) -> None:
    (project / "pass").write_text("open sesame")

    done = flask(
        *("tls", "export", "a.test", "--out", "chain.pem", "--keyout", "key.pem"),
        *("--passphrase-file", "pass"),
    )

    assert done.exit_code == 0, done.output
    assert "ENCRYPTED" in (project / "key.pem").read_text()
    assert stat.S_IMODE((project / "key.pem").stat().st_mode) == 0o600


def test_a_key_is_printed_only_when_told_to_and_never_in_ci(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("tls", "export", "a.test", "--format", "dotenv")
    flask("tls", "export", "a.test", "--out", "c.pem", "--keyout", "k.pem")
    show = ("tls", "show", "--pem", "k.pem")

    untold = flask(*command), flask(*show)
    told = flask(*command, "--print-private-key"), flask(*show, "--print-private-key")
    monkeypatch.setenv("CI", "true")
    in_ci = flask(*command, "--print-private-key"), flask(*show, "--print-private-key")

    for done in (*untold, *in_ci):
        assert done.exit_code in (1, 2)
        assert "PRIVATE KEY" not in done.output
    for done in told:
        assert done.exit_code == 0
        assert "BEGIN PRIVATE KEY" in done.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param(["--format", "p12", "--out", "f"], "no passphrase", id="no pass"),
        pytest.param(["--format", "p12"], "--out FILE", id="binary"),
        pytest.param(["--legacy", "--out", "f"], "--format p12", id="legacy alone"),
        pytest.param(
            ["--format", "dotenv", "--out", "f", "--keyout", "g"],
            "leave",
            id="two keys",
        ),
        pytest.param(["--keyout", "-"], "standard output", id="key on -"),
    ],
)
def test_bad_input_is_one_sentence(
    flask: Flask, project: Path, options: list[str], sentence: str
) -> None:
    done = flask("tls", "export", "a.test", *options)

    assert done.exit_code in (1, 2)
    assert sentence in done.stderr
    assert not list(project.iterdir())


def test_an_empty_passphrase_is_refused(flask: Flask, project: Path) -> None:
    (project / "pass").write_text("\n")

    done = flask(
        *("tls", "export", "a.test", "--format", "p12", "--out", "f"),
        *("--passphrase-file", "pass"),
    )

    assert done.exit_code == 1
    assert not (project / "f").exists()


def test_what_is_not_there_is_said_with_what_to_type(flask: Flask) -> None:
    done = flask("tls", "export", "b.test")

    assert done.exit_code == 1
    assert "flask tls issue b.test" in done.stderr


def test_nothing_is_overwritten_without_force(flask: Flask, project: Path) -> None:
    (project / "f").write_text("precious")

    kept = flask("tls", "export", "a.test", "--out", "f")
    forced = flask("tls", "export", "a.test", "--out", "f", "--force")

    assert kept.exit_code == 1
    assert forced.exit_code == 0
