from __future__ import annotations

import json
from pathlib import Path

from .conftest import Flask


def test_an_empty_store_is_said(flask: Flask) -> None:
    result = flask("tls", "list")

    assert result.exit_code == 0
    assert "no pairs" in result.stdout


def test_list_names_every_pair(flask: Flask) -> None:
    flask("tls", "issue", "a.test")
    flask("tls", "issue", "b.test", "--issuer", "self-signed")

    found = json.loads(flask("tls", "list", "--json").stdout)

    assert [(pair["names"], pair["issuer"][:10]) for pair in found] == [
        (["a.test"], "local-ca-" + found[0]["issuer"][9]),
        (["b.test"], "self-signe"),
    ]
    assert "b.test" in flask("tls", "list").stdout


def test_delete_takes_every_pair_of_the_name_and_no_other(flask: Flask) -> None:
    flask("tls", "issue", "a.test")
    flask("tls", "issue", "a.test", "--issuer", "self-signed")
    flask("tls", "issue", "b.test")

    result = flask("tls", "delete", "a.test", "--yes")

    assert "2 pairs" in result.stdout
    left = json.loads(flask("tls", "list", "--json").stdout)
    assert [pair["names"] for pair in left] == [["b.test"]]


def test_delete_asks(flask: Flask, home: Path) -> None:
    flask("tls", "issue", "a.test")

    result = flask("tls", "delete", "a.test")

    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert list(home.rglob("tls.key"))


def test_delete_of_what_is_not_there_is_a_sentence(flask: Flask) -> None:
    result = flask("tls", "delete", "a.test", "--yes")

    assert result.exit_code == 1
    assert "flask tls list" in result.stderr
