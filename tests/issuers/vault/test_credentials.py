"""To whom is the user's token sent? To nobody that a repository names."""

from __future__ import annotations

import http.server
from pathlib import Path

import pytest

from flask_tlsdev.config import Settings
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.issuers.vault import check_address
from flask_tlsdev.issuers.vault import check_path
from flask_tlsdev.provision import issue

from ...acme_servers import make_https_pair
from ...answering import answering
from ...vault_servers import Bao
from .conftest import MakeVault
from .conftest import request_for

CONFIG = {"TLSDEV_ISSUER": "vault", "TLSDEV_VAULT_ROLE": "web"}


def test_the_users_own_address_gets_his_token(
    dev_bao: Bao, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".vault-token").write_text(dev_bao.token)
    environ = {"HOME": str(home), "VAULT_ADDR": dev_bao.address}

    issuer = Settings.from_mapping(CONFIG, environ=environ).make_issuer()

    assert issue(issuer, request_for("app.test")).chain


@pytest.mark.parametrize(
    "own",
    [
        {"VAULT_TOKEN": "s.secret"},
        {"BAO_TOKEN": "s.secret"},
        {"VAULT_TOKEN": "s.secret", "VAULT_ADDR": "https://vault.example.com"},
        {},
    ],
)
def test_an_address_of_the_app_gets_nothing_of_the_users(
    own: dict[str, str], home: Path
) -> None:
    (home / ".vault-token").write_text("s.secret")
    seen: list[str] = []

    with answering(lambda one: seen.append(str(one.headers))) as address:
        settings = Settings.from_mapping(
            {**CONFIG, "TLSDEV_VAULT_ADDR": address},
            environ={"HOME": str(home), **own},
        )
        with pytest.raises(ConfigError, match="Nothing of yours") as caught:
            issue(settings.make_issuer(), request_for("app.test"))

    assert seen == []
    assert f"export VAULT_ADDR={address}" in caught.value.hint


@pytest.mark.parametrize(
    "config",
    [
        {"TLSDEV_VAULT_TOKEN_FILE": "FILE"},
        {
            "TLSDEV_VAULT_AUTH": "approle",
            "TLSDEV_VAULT_ROLE_ID": "x",
            "TLSDEV_VAULT_SECRET_ID_FILE": "FILE",
        },
        {
            "TLSDEV_VAULT_AUTH": "kubernetes",
            "TLSDEV_VAULT_AUTH_ROLE": "x",
            "TLSDEV_VAULT_JWT_FILE": "FILE",
        },
        {
            "TLSDEV_VAULT_AUTH": "cert",
            "TLSDEV_VAULT_CLIENT_CERT": "FILE",
            "TLSDEV_VAULT_CLIENT_KEY": "FILE",
        },
    ],
)
def test_an_app_cannot_have_a_file_of_the_users_sent(
    config: dict[str, str], home: Path
) -> None:
    file = home / "secret"
    file.write_text("s.secret")
    given = {
        name: str(file) if each == "FILE" else each for name, each in config.items()
    }
    seen: list[str] = []

    with answering(lambda one: seen.append(str(one.headers))) as address:
        settings = Settings.from_mapping(
            {**CONFIG, **given, "TLSDEV_VAULT_ADDR": address},
            environ={"HOME": str(home)},
        )
        with pytest.raises(ConfigError, match="Nothing of yours"):
            issue(settings.make_issuer(), request_for("app.test"))

    assert seen == []


def test_a_token_in_the_configuration_goes_where_the_configuration_says(
    dev_bao: Bao, home: Path
) -> None:
    settings = Settings.from_mapping(
        {
            **CONFIG,
            "TLSDEV_VAULT_ADDR": dev_bao.address,
            "TLSDEV_VAULT_TOKEN": dev_bao.token,
        },
        environ={"HOME": str(home)},
    )

    assert issue(settings.make_issuer(), request_for("app.test")).chain


def test_a_token_that_the_app_took_from_the_environment_is_the_users(
    home: Path,
) -> None:
    settings = Settings.from_mapping(
        {
            **CONFIG,
            "TLSDEV_VAULT_ADDR": "http://127.0.0.1:1",
            "TLSDEV_VAULT_TOKEN": "s.secret",
        },
        environ={"HOME": str(home), "FLASK_TLSDEV_VAULT_TOKEN": "s.secret"},
    )

    with pytest.raises(ConfigError, match="Nothing of yours"):
        issue(settings.make_issuer(), request_for("app.test"))


@pytest.mark.parametrize("name", ["VAULT_ADDR", "SSL_CERT_FILE", "VAULT_CACERT"])
def test_a_dotenv_file_is_not_the_user(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    values = {
        "VAULT_ADDR": "http://127.0.0.1:1",
        "SSL_CERT_FILE": "/repository/root.pem",
        "VAULT_CACERT": "/repository/root.pem",
    }
    (tmp_path / ".env").write_text(f"{name}={values[name]}\n")
    environ = {"HOME": str(home), "VAULT_TOKEN": "s.secret", name: values[name]}
    if name != "VAULT_ADDR":
        environ["VAULT_ADDR"] = "https://vault.example.com"

    settings = Settings.from_mapping(CONFIG, environ=environ)

    if name == "VAULT_CACERT":
        assert settings.vault.ca_file is None
    else:
        assert settings.vault.foreign


def test_a_ca_file_of_the_app_does_not_vouch_for_the_users_server(
    home: Path, tmp_path: Path
) -> None:
    root, _ = make_https_pair(tmp_path)
    settings = Settings.from_mapping(
        {**CONFIG, "TLSDEV_VAULT_CA_FILE": str(root)},
        environ={
            "HOME": str(home),
            "VAULT_TOKEN": "s.secret",
            "VAULT_ADDR": "https://vault.example.com",
        },
    )

    with pytest.raises(ConfigError, match="its CA file is not from your own"):
        issue(settings.make_issuer(), request_for("app.test"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    dev_bao: Bao, make_vault: MakeVault, status: int
) -> None:
    seen: list[str] = []

    def redirect(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", f"{other}{handler.path}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with answering(lambda one: seen.append(str(one.headers))) as other:
        with answering(redirect) as address:
            with pytest.raises(IssuerRefused, match="No token is sent there"):
                issue(make_vault(dev_bao, address=address), request_for("app.test"))

    assert seen == []


def test_no_variable_moves_the_request_or_the_token(
    dev_bao: Bao, make_vault: MakeVault, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    (home / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    with answering(lambda one: seen.append(str(one.headers))) as other:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "VAULT_ADDR"):
            monkeypatch.setenv(name, other)
        monkeypatch.setenv("VAULT_TOKEN", "s.other")

        assert issue(make_vault(dev_bao), request_for("app.test")).chain

    assert seen == []


@pytest.mark.parametrize(
    "text",
    [
        "http://vault.example.com:8200",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "https://user:password@vault.example.com",
        "https://vault.example.com/v1",
        "https://vault.example.com?x=1",
        "ftp://vault.example.com",
        "https://",
        "https://a:b",
        "https://a b",
        "https://a\x1b",
        "vault.example.com:8200",
    ],
)
def test_an_address_is_https_or_on_this_machine(text: str) -> None:
    with pytest.raises(ConfigError, match="no address of a Vault server"):
        check_address(text)


@pytest.mark.parametrize(
    "text", ["", "..", "a/../b", "a//b", "a?b", "a b", "%2e", "x" * 201]
)
def test_a_path_leads_nowhere_else(text: str) -> None:
    with pytest.raises(ConfigError, match="no name of a mount"):
        check_path(text)


def test_no_secret_is_shown(home: Path) -> None:
    settings = Settings.from_mapping(
        {**CONFIG, "TLSDEV_VAULT_TOKEN": "s.secret", "TLSDEV_VAULT_SECRET_ID": "t.u"},
        environ={"HOME": str(home)},
    )

    assert "s.secret" not in repr(settings)
    assert "t.u" not in repr(settings)
    with pytest.raises(TLSDevError) as caught:
        Settings.from_mapping(
            {**CONFIG, "TLSDEV_VAULT_TOKEN": "s.sec\x00ret"}, environ={}
        )
    assert "sec" not in str(caught.value).replace("secret", "")


def test_a_plain_vault_addr_elsewhere_gets_nothing_and_is_said(home: Path) -> None:
    environ = {
        "HOME": str(home),
        "VAULT_ADDR": "http://vault.example.com:8200",
        "VAULT_TOKEN": "s.secret",
    }
    issuer = Settings.from_mapping(CONFIG, environ=environ).make_issuer()

    with pytest.raises(ConfigError, match="no address of a Vault server") as caught:
        issue(issuer, request_for("app.test"))

    assert "https://" in caught.value.hint
