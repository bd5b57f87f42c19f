from __future__ import annotations

import json

import pytest

from .conftest import Flask


@pytest.mark.parametrize(
    ("variable", "command"),
    [
        ("FLASK_TLS_LIST_JSON", ["list"]),
        ("FLASK_TLS_CA_SHOW_JSON", ["ca", "show"]),
        ("FLASK_TLS_ISSUE_JSON", ["issue"]),
    ],
)
def test_a_variable_is_called_as_its_option_is_typed(
    flask: Flask, monkeypatch: pytest.MonkeyPatch, variable: str, command: list[str]
) -> None:
    flask("tls", "issue")
    monkeypatch.setenv(variable, "1")

    answer = flask("tls", *command)

    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)


def test_consent_has_no_variable_by_any_name(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    flask("tls", "issue")
    for name in ("YES", "FORCE"):
        monkeypatch.setenv(f"FLASK_TLS_DELETE_{name}", "1")

    assert flask("tls", "delete", "localhost").exit_code == 2
