from __future__ import annotations

from pathlib import Path

import pytest

from ..commercial import openssl
from ..servers import flask as command_line
from ..terminal import talk
from .conftest import Flask


def text_of(csr: str) -> str:
    return openssl("req", "-noout", "-verify", "-text", stdin=csr)


def test_the_csr_is_printed_to_be_pasted(flask: Flask) -> None:
    done = flask("tls", "csr", "shop.test", "10.0.0.1", "--keyout", "key.pem")

    assert done.stdout.startswith("-----BEGIN CERTIFICATE REQUEST-----")
    text = text_of(done.stdout)
    assert "Subject: CN = shop.test" in text
    assert "DNS:shop.test, IP Address:10.0.0.1" in text


def test_the_subject_is_taken_with_its_escapes(flask: Flask) -> None:
    done = flask(
        *("tls", "csr", "shop.test", "--keyout", "key.pem"),
        *("--subject", r"C=DE,O=Rock\, Paper GmbH,L=Köln,CN=shop.test"),
    )

    subject = openssl(
        "req", "-noout", "-subject", "-nameopt", "utf8", stdin=done.stdout
    )
    assert "Rock, Paper GmbH" in subject.replace("\\,", ",")
    assert "Köln" in subject


def test_it_is_for_the_key_that_was_given(flask: Flask) -> None:
    flask("tls", "key", "--key-type", "rsa:2048", "--out", "key.pem")

    done = flask("tls", "csr", "a.test", "--key", "key.pem", "--out", "a.csr")

    assert done.exit_code == 0
    assert openssl("req", "-in", "a.csr", "-noout", "-pubkey") == openssl(
        "pkey", "-in", "key.pem", "-pubout"
    )


def test_questions_are_asked_on_a_terminal(project: Path) -> None:
    command = command_line(
        *("tls", "csr", "shop.test", "--keyout", "key.pem", "--out", "shop.csr"),
        "--interactive",
    )
    answers = [
        ("Country", "Germany"),
        ("two letters, such as DE", "DE"),
        ("State", ""),
        ("City", "Köln"),
        ("Organization", "Rock, Paper"),
        ("Unit", ""),
        ("Common name [shop.test]", ""),
        ("E-mail", ""),
    ]

    talk(command, answers, cwd=project)

    subject = openssl(
        *("req", "-in", project / "shop.csr", "-noout", "-subject"),
        *("-nameopt", "utf8,sep_comma_plus_space"),
    )
    assert "C=DE, L=Köln, O=Rock, Paper, CN=shop.test" in subject


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["a.test"], "either --keyout FILE", id="no key"),
        pytest.param(
            ["a.test", "--keyout", "k", "--interactive", "--subject", "O=A"],
            "give one of them",
            id="two subjects",
        ),
        pytest.param(
            ["a.test", "--keyout", "k", "--interactive"], "terminal", id="no terminal"
        ),
        pytest.param(["a.test", "--keyout", "-"], "standard output", id="key on -"),
        pytest.param(
            ["a.test", "--keyout", "k", "--subject", "O:A"],
            "no attribute",
            id="subject",
        ),
        pytest.param(["https://a.test/", "--keyout", "k"], "a.test?", id="URL"),
    ],
)
def test_bad_input_is_one_sentence(
    flask: Flask, project: Path, arguments: list[str], sentence: str
) -> None:
    done = flask("tls", "csr", *arguments)

    assert done.exit_code in (1, 2)
    assert sentence in done.stderr
    assert not list(project.iterdir())
