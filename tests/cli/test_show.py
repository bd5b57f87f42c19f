from __future__ import annotations

import json
from pathlib import Path

from .conftest import Flask


def test_a_chain_is_shown_certificate_by_certificate(
    flask: Flask, project: Path
) -> None:
    flask("tls", "issue", "app.test", "--keyout", "key.pem", "--out", "cert.pem")

    text = flask("tls", "show", "cert.pem").stdout

    assert "cert.pem (1 of 2): certificate" in text
    assert "app.test" in text
    assert "flask-tlsdev intermediate" in text


def test_json_says_what_each_thing_is(flask: Flask, project: Path) -> None:
    flask("tls", "issue", "app.test", "--keyout", "key.pem", "--out", "cert.pem")

    found = json.loads(flask("tls", "show", "cert.pem", "key.pem", "--json").stdout)

    assert [item["kind"] for item in found] == [
        "certificate",
        "certificate",
        "private key",
    ]


def test_a_private_key_is_not_given_away(flask: Flask, project: Path) -> None:
    flask("tls", "issue", "app.test", "--keyout", "key.pem", "--out", "cert.pem")
    secret = (project / "key.pem").read_text().splitlines()[1]

    result = flask("tls", "show", "key.pem")

    assert result.exit_code == 0
    assert secret not in result.output


def test_standard_input_is_a_dash(flask: Flask, project: Path) -> None:
    flask("tls", "issue", "app.test", "--keyout", "key.pem", "--out", "cert.pem")

    result = flask("tls", "show", "-", input=(project / "cert.pem").read_bytes())

    assert "app.test" in result.stdout


def test_what_is_no_certificate_is_a_sentence(flask: Flask, project: Path) -> None:
    (project / "notes.txt").write_text("just notes")

    for source in ("notes.txt", "missing.pem", "."):
        result = flask("tls", "show", source)

        assert result.exit_code == 1, result.output
        assert result.stderr.startswith("Error: ")
