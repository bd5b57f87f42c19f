from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ..tools import program
from ..tools import run
from .conftest import Flask

SELF_SIGNED = ("tls", "issue", "localhost", "--issuer", "self-signed")
FILES = ("--keyout", "key.pem", "--out", "cert.pem")


def test_a_pair_goes_into_the_store_and_is_kept(flask: Flask, home: Path) -> None:
    first = json.loads(flask("tls", "issue", "app.test", "--json").stdout)
    second = json.loads(flask("tls", "issue", "app.test", "--json").stdout)

    assert first["new"] is True
    assert second == {**first, "new": False}
    assert first["names"] == ["app.test"]
    assert Path(first["key"]).is_relative_to(home)
    assert stat.S_IMODE(Path(first["key"]).stat().st_mode) == 0o600


def test_force_issues_although_a_good_pair_is_there(flask: Flask) -> None:
    flask("tls", "issue", "app.test")

    again = json.loads(flask("tls", "issue", "app.test", "--force", "--json").stdout)

    assert again["new"] is True


def test_without_names_the_configured_ones_are_issued(flask: Flask) -> None:
    answer = json.loads(flask("tls", "issue", "--json").stdout)

    assert answer["names"] == ["localhost", "127.0.0.1", "::1"]


def test_one_command_as_with_openssl(flask: Flask, project: Path) -> None:
    result = flask(*SELF_SIGNED, "--key-type", "rsa:4096", "--days", "365", *FILES)

    assert result.exit_code == 0, result.output
    openssl = program("openssl")
    assert run(
        openssl, "verify", "-x509_strict", "-CAfile", "cert.pem", "cert.pem"
    ).stdout.endswith("OK\n")
    text = run(openssl, "x509", "-in", "cert.pem", "-noout", "-text").stdout
    assert "Public-Key: (4096 bit)" in text
    assert stat.S_IMODE((project / "key.pem").stat().st_mode) == 0o600


def test_with_out_the_store_is_not_touched(flask: Flask, home: Path) -> None:
    flask(*SELF_SIGNED, *FILES)

    assert not list(home.rglob("tls.crt"))


def test_an_existing_key_is_used(flask: Flask, project: Path) -> None:
    openssl = program("openssl")
    run(openssl, "ecparam", "-name", "prime256v1", "-genkey", "-out", "own.pem")

    result = flask(*SELF_SIGNED, "--key", "own.pem", "--out", "cert.pem")

    assert result.exit_code == 0, result.output
    of_key = run(openssl, "pkey", "-in", "own.pem", "-pubout").stdout
    of_certificate = run(openssl, "x509", "-in", "cert.pem", "-pubkey", "-noout").stdout
    assert of_certificate == of_key


def test_the_local_ca_puts_the_intermediate_behind_the_leaf(
    flask: Flask, project: Path
) -> None:
    result = flask("tls", "issue", "app.test", *FILES)

    assert result.exit_code == 0, result.output
    assert (project / "cert.pem").read_text().count("BEGIN CERTIFICATE") == 2


def test_a_certificate_can_go_to_standard_output(flask: Flask) -> None:
    result = flask(*SELF_SIGNED, "--keyout", "key.pem", "--out", "-")

    assert result.stdout.startswith("-----BEGIN CERTIFICATE-----")
    assert result.stdout.endswith("-----END CERTIFICATE-----\n")
    assert "key.pem" in result.stderr


def test_the_key_can_be_encrypted(flask: Flask, project: Path) -> None:
    (project / "secret").write_text("open sesame\n")

    flask(*SELF_SIGNED, *FILES, "--passphrase-file", "secret")

    assert "ENCRYPTED" in (project / "key.pem").read_text()
    openssl = program("openssl")
    done = run(openssl, "pkey", "-in", "key.pem", "-passin", "pass:open sesame")
    assert done.returncode == 0, done.stderr


def test_a_subject_is_taken_as_typed(flask: Flask) -> None:
    flask(*SELF_SIGNED, *FILES, "--subject", r"C=DE,O=Rock\, Paper GmbH,CN=localhost")

    text = run(program("openssl"), "x509", "-in", "cert.pem", "-noout", "-subject")
    assert text.stdout == 'subject=C = DE, O = "Rock, Paper GmbH", CN = localhost\n'


@pytest.mark.parametrize("there", ["key.pem", "cert.pem"])
def test_a_file_in_the_way_is_kept_and_nothing_is_half_done(
    flask: Flask, project: Path, there: str
) -> None:
    (project / there).write_text("precious")

    result = flask(*SELF_SIGNED, *FILES)

    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert (project / there).read_text() == "precious"
    assert [path.name for path in project.iterdir()] == [there]


def test_force_replaces_files(flask: Flask, project: Path) -> None:
    (project / "cert.pem").write_text("old")

    result = flask(*SELF_SIGNED, *FILES, "--force")

    assert result.exit_code == 0
    assert "BEGIN CERTIFICATE" in (project / "cert.pem").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--out", "c"], "--keyout FILE", id="no place for the key"),
        pytest.param(
            ["--out", "c", "--keyout", "-"], "not written to standard", id="key on -"
        ),
        pytest.param(["--keyout", "k"], "--out", id="keyout alone"),
        pytest.param(["--subject", "O=A"], "--out", id="subject alone"),
        pytest.param(["--key-type", "rsa:1024"], "rsa:2048", id="weak key"),
        pytest.param(["--key-type", "rsa4096"], "rsa:4096", id="near miss"),
        pytest.param(["--days", "soon"], "days", id="no duration"),
        pytest.param(["--issuer", "lets-encrypt"], "local-ca", id="unknown issuer"),
        pytest.param(["*.localhost"], "refuse a wildcard", id="wildcard"),
        pytest.param(["https://a.test/x"], "a.test", id="URL"),
        pytest.param(["shop.example"], "--permit shop.example", id="not permitted"),
    ],
)
def test_bad_input_is_one_sentence(
    flask: Flask, project: Path, home: Path, arguments: list[str], sentence: str
) -> None:
    result = flask("tls", "issue", *arguments)

    assert result.exit_code in (1, 2)
    assert sentence in result.stderr
    assert "Traceback" not in result.output
    assert not list(home.rglob("tls.crt"))
    assert not list(project.iterdir())


def test_an_app_that_cannot_be_imported_is_an_error(
    flask: Flask, project: Path
) -> None:
    (project / "app.py").write_text("import no_such_module_here\n")

    result = flask("tls", "issue")

    assert result.exit_code != 0
    assert "no_such_module_here" in result.output


def test_the_apps_own_configuration_counts(flask: Flask, project: Path) -> None:
    (project / "wsgi.py").write_text(
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "app.config['TLSDEV_NAMES'] = ['shop.test']\n"
    )

    answer = json.loads(flask("tls", "issue", "--json").stdout)

    assert answer["names"] == ["shop.test"]
