from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ..commercial import openssl
from ..servers import flask as command_line
from ..terminal import talk
from ..tools import run
from .conftest import Flask


@pytest.fixture(autouse=True)
def secret(project: Path) -> None:
    (project / "pass").write_text("open sesame\nnot this\n")


def test_a_key_is_made_that_nobody_else_can_read(flask: Flask, project: Path) -> None:
    done = flask("tls", "key", "--key-type", "rsa:2048", "--out", "key.pem")

    assert done.exit_code == 0, done.output
    assert "2048 bit" in openssl("pkey", "-in", "key.pem", "-check", "-text")
    assert stat.S_IMODE((project / "key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("bits", ["512", "1024"])
def test_a_weak_key_is_refused_with_what_to_type(
    flask: Flask, project: Path, bits: str
) -> None:
    done = flask("tls", "key", "--key-type", f"rsa:{bits}", "--out", "key.pem")

    assert done.exit_code == 2
    assert "too weak" in done.stderr
    assert "Use rsa:2048" in done.stderr
    assert not (project / "key.pem").exists()


def test_ed25519_comes_with_a_warning(flask: Flask) -> None:
    done = flask("tls", "key", "--key-type", "ed25519", "--out", "key.pem")

    assert done.exit_code == 0
    assert "browsers do not" in done.stderr


def test_a_passphrase_is_added_changed_and_removed(flask: Flask, project: Path) -> None:
    (project / "other").write_text("other")
    flask("tls", "key", "--out", "1.pem")

    flask(
        "tls", "key", "--from", "1.pem", "--out", "2.pem", "--passphrase-file", "pass"
    )
    flask(
        *("tls", "key", "--from", "2.pem", "--from-passphrase-file", "pass"),
        *("--out", "3.pem", "--passphrase-file", "other"),
    )
    done = flask(
        *("tls", "key", "--from", "3.pem", "--from-passphrase-file", "other"),
        *("--out", "4.pem", "--json"),
    )

    assert json.loads(done.stdout) == {
        "key": "4.pem",
        "type": "ec-p256",
        "encrypted": False,
    }
    assert "ENCRYPTED" in (project / "2.pem").read_text()
    openssl("pkey", "-in", "2.pem", "-passin", "pass:open sesame", "-noout")
    openssl("pkey", "-in", "3.pem", "-passin", "pass:other", "-noout")
    assert (project / "4.pem").read_text() == (project / "1.pem").read_text()


def test_the_environment_gives_the_passphrase(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLSDEV_PASSPHRASE", "open sesame")

    made = flask("tls", "key", "--out", "key.pem", "--encrypt")
    read = flask("tls", "csr", "a.test", "--key", "key.pem")

    assert made.exit_code == read.exit_code == 0, made.output + read.output
    openssl("pkey", "-in", "key.pem", "-passin", "pass:open sesame", "-noout")


def test_the_environment_alone_encrypts_nothing(
    flask: Flask, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLSDEV_PASSPHRASE", "open sesame")

    flask("tls", "key", "--out", "key.pem")

    assert "ENCRYPTED" not in (project / "key.pem").read_text()


def test_a_projects_dotenv_file_gives_no_passphrase(project: Path) -> None:
    (project / ".env").write_text("TLSDEV_PASSPHRASE=known to its author\n")

    done = run(
        *command_line("tls", "key", "--out", "key.pem", "--encrypt"), cwd=project
    )

    assert done.returncode == 2
    assert "There is no passphrase for key.pem" in done.stderr
    assert not (project / "key.pem").exists()


def test_an_empty_passphrase_is_refused(flask: Flask, project: Path) -> None:
    (project / "pass").write_text("\n")

    done = flask("tls", "key", "--out", "key.pem", "--passphrase-file", "pass")

    assert done.exit_code == 1
    assert "empty" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--out", "-"], "not written to standard output", id="stdout"),
        pytest.param(
            ["--out", "k", "--from", "pass", "--key-type", "ec-p256"],
            "--from writes one that exists",
            id="two sources",
        ),
        pytest.param(["--out", "pass"], "--force replaces it", id="in the way"),
        pytest.param(["--out", "k", "--from", "pass"], "no private key", id="no key"),
        pytest.param(
            ["--out", "k", "--from-passphrase-file", "pass"], "goes with", id="alone"
        ),
    ],
)
def test_bad_input_is_one_sentence(
    flask: Flask, project: Path, arguments: list[str], sentence: str
) -> None:
    done = flask("tls", "key", *arguments)

    assert done.exit_code in (1, 2)
    assert sentence in done.stderr
    assert (project / "pass").read_text() == "open sesame\nnot this\n"
    assert not (project / "k").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param(["RSA", "rsa_keygen_bits:1024"], "too weak", id="RSA 1024"),
        pytest.param(
            ["EC", "ec_paramgen_curve:secp256k1"], "do not know", id="secp256k1"
        ),
        pytest.param(["ED448", ""], "not for TLS", id="Ed448"),
    ],
)
def test_keys_that_clients_refuse_are_refused(
    flask: Flask, options: list[str], reason: str
) -> None:
    algorithm, option = options
    more = ("-pkeyopt", option) if option else ()
    openssl("genpkey", "-algorithm", algorithm, *more, "-out", "their.key")

    done = flask("tls", "csr", "a.test", "--key", "their.key")

    assert done.exit_code == 1
    assert reason in done.stderr


def test_the_terminal_is_asked_for_a_passphrase(flask: Flask, project: Path) -> None:
    flask("tls", "key", "--out", "key.pem", "--passphrase-file", "pass")
    command = command_line("tls", "csr", "a.test", "--key", "key.pem")

    shown = talk(command, [("Passphrase of key.pem", "open sesame")], cwd=project)

    assert "BEGIN CERTIFICATE REQUEST" in shown
    assert "open sesame" not in shown


def test_a_new_passphrase_is_asked_for_twice(project: Path) -> None:
    command = command_line("tls", "key", "--out", "key.pem", "--encrypt")
    answers = [("New passphrase of key.pem", "sesame"), ("Repeat", "sesame")]

    talk(command, answers, cwd=project)

    openssl("pkey", "-in", project / "key.pem", "-passin", "pass:sesame", "-noout")
