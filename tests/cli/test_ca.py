from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Flask


def show(flask: Flask) -> dict[str, object]:
    answer = json.loads(flask("tls", "ca", "show", "--json").stdout)
    assert isinstance(answer, dict)
    return answer


def test_a_ca_for_development_names_is_made(flask: Flask) -> None:
    result = flask("tls", "ca", "create")

    assert result.exit_code == 0, result.output
    assert show(flask)["permits"] == ["localhost", "test", "127.0.0.0/8", "::1/128"]


def test_what_a_thief_could_do_is_said_before_it_is_asked_for(flask: Flask) -> None:
    result = flask("tls", "ca", "create", "--permit", "shop.example", "--yes")

    assert result.exit_code == 0, result.output
    assert "shop.example" in result.stderr
    assert "shop.example" in str(show(flask)["permits"])


def test_earlier_permits_are_kept(flask: Flask) -> None:
    flask("tls", "ca", "create", "--permit", "a.example", "--yes")
    flask("tls", "ca", "create", "--permit", "b.example", "--yes")

    assert {"a.example", "b.example"} <= set(show(flask)["permits"])  # type: ignore[call-overload]


def test_another_ca_is_not_made_without_consent(flask: Flask) -> None:
    flask("tls", "ca", "create")
    before = show(flask)

    result = flask("tls", "ca", "create")

    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert show(flask) == before


def test_consent_does_not_come_from_the_environment(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    flask("tls", "ca", "create")
    before = show(flask)
    for name in ("YES", "PERMIT"):
        monkeypatch.setenv(f"FLASK_TLS_CA_CREATE_{name}", "1")
        monkeypatch.setenv(f"FLASK_TLS_CA_DELETE_{name}", "1")

    assert flask("tls", "ca", "create").exit_code == 2
    assert flask("tls", "ca", "delete").exit_code == 2
    assert show(flask) == before


@pytest.mark.parametrize(
    "name", ["com", "co.uk", "github.io", "0.0.0.0/0", "::/0", "", "*", "nip.io"]
)
def test_what_would_hurt_everybody_is_never_permitted(
    flask: Flask, home: Path, name: str
) -> None:
    result = flask("tls", "ca", "create", "--yes", "--permit", name)

    assert result.exit_code in (1, 2), result.output
    assert not list(home.rglob("*.key"))


def test_export_gives_the_root_and_nothing_else(flask: Flask, project: Path) -> None:
    flask("tls", "ca", "create")

    printed = flask("tls", "ca", "export").stdout
    flask("tls", "ca", "export", "--out", "root.crt")

    assert (project / "root.crt").read_text() == printed
    assert printed.count("BEGIN") == 1
    assert "PRIVATE" not in printed


def test_export_does_not_replace_a_file(flask: Flask, project: Path) -> None:
    flask("tls", "ca", "create")
    (project / "root.crt").write_text("precious")

    result = flask("tls", "ca", "export", "--out", "root.crt")

    assert result.exit_code == 1
    assert (project / "root.crt").read_text() == "precious"


def test_delete_leaves_no_key(flask: Flask, home: Path) -> None:
    flask("tls", "ca", "create")

    result = flask("tls", "ca", "delete", "--yes")

    assert result.exit_code == 0, result.output
    assert not list(home.rglob("*.key"))
    assert flask("tls", "ca", "show").exit_code == 1


def test_without_a_ca_the_command_that_makes_one_is_named(flask: Flask) -> None:
    result = flask("tls", "ca", "show")

    assert result.exit_code == 1
    assert "flask tls ca create" in result.stderr


def test_the_folder_can_be_given(flask: Flask, tmp_path: Path, home: Path) -> None:
    result = flask("tls", "--ca-path", str(tmp_path / "own"), "ca", "create")

    assert result.exit_code == 0, result.output
    assert (tmp_path / "own" / "ca.json").exists()
    assert not list(home.rglob("ca.json"))


def test_no_app_is_imported(flask: Flask, project: Path) -> None:
    (project / "app.py").write_text("open('imported', 'w')\n")

    flask("tls", "ca", "create")
    flask("tls", "list")
    flask("tls", "show", "app.py")

    assert not (project / "imported").exists()
