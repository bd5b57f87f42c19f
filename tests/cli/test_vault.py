from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..vault_servers import Bao
from ..vault_servers import running_bao
from .conftest import Flask


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    with running_bao(tmp_path_factory.mktemp("bao"), dev=True) as running:
        yield running


@pytest.fixture
def login(bao: Bao, home: Path) -> None:
    """What ``vault login`` leaves behind."""
    (home / ".vault-token").write_text(bao.token)


@pytest.mark.usefixtures("login")
def test_a_pair_is_issued_renewed_and_revoked(flask: Flask, bao: Bao) -> None:
    typed = ("--issuer", "vault", "--vault-role", "web", "--vault-addr", bao.address)

    first = flask("tls", "issue", "app.test", *typed, "--json")
    renewed = flask("tls", "renew", "--all", "--force")
    revoked = flask("tls", "revoke", "app.test", "--yes")

    assert json.loads(first.stdout)["issuer"].startswith("vault-pki-web-")
    assert renewed.exit_code == 0, renewed.output
    assert revoked.exit_code == 0, revoked.output
    assert "Revoked" in revoked.output


@pytest.mark.usefixtures("login")
def test_the_users_vault_addr_is_enough(
    flask: Flask, bao: Bao, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_ADDR", bao.address)

    result = flask(
        "tls", "issue", "app.test", "--issuer", "vault", "--vault-role", "web"
    )

    assert result.exit_code == 0, result.output


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(
    "variable",
    ["VAULT_ADDR", "FLASK_TLSDEV_VAULT_ADDR", "FLASK_TLS_ISSUE_VAULT_ADDR"],
)
def test_a_repository_does_not_get_the_users_token(
    flask: Flask,
    bao: Bao,
    project: Path,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / ".env").write_text(f"{variable}={bao.address}\n")
    # What `flask` does with the file, in the environment that monkeypatch restores.
    monkeypatch.setenv(variable, bao.address)

    result = flask(
        "tls", "issue", "app.test", "--issuer", "vault", "--vault-role", "web"
    )

    assert result.exit_code != 0
    assert "Nothing of yours" in result.output


def test_an_odd_address_is_one_sentence(flask: Flask) -> None:
    result = flask(
        "tls", "issue", "app.test", "--vault-addr", "http://vault.example.com"
    )

    assert result.exit_code == 2
    assert "is no address of a Vault server" in result.output


def test_a_pair_stays_while_vault_is_away(
    flask: Flask, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_bao(tmp_path_factory.mktemp("bao"), dev=True) as away:
        (home / ".vault-token").write_text(away.token)
        issued = flask(
            *("tls", "issue", "app.test", "--issuer", "vault", "--json"),
            *("--vault-role", "web", "--vault-addr", away.address),
        )
    certificate = Path(json.loads(issued.stdout)["certificate"])
    before = certificate.read_bytes()

    result = flask("tls", "renew", "--all", "--force")

    assert result.exit_code == 1
    assert "nobody listens there" in result.output
    assert certificate.read_bytes() == before
