from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flask_tlsdev.config import Settings
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.issuers.acme import Acme
from flask_tlsdev.issuers.acme import directory_url
from flask_tlsdev.issuers.acme import Options
from flask_tlsdev.issuers.acme import recall
from flask_tlsdev.issuers.acme.memory import remember


def test_nobody_asks_a_production_server_by_accident() -> None:
    settings = Settings.from_mapping({"TLSDEV_ISSUER": "acme"}, environ={"HOME": "/"})

    issuer = settings.make_issuer()

    assert isinstance(issuer, Acme)
    assert "staging" in issuer.options.directory
    assert not issuer.options.agree_tos


def test_production_is_one_word() -> None:
    assert directory_url("letsencrypt").startswith("https://acme-v02.api.letsencrypt")


@pytest.mark.parametrize(
    "text",
    [
        "http://ca.test/dir",
        "ftp://ca.test/dir",
        "file:///etc/passwd",
        "https://user:pass@ca.test/dir",
        "https:///dir",
        "https://ca.test:x/dir",
        "https://ca.test/a b",
        "https://ca.test/\x1b",
        "letsencrypt-prod",
        "",
    ],
)
def test_a_directory_is_an_https_url(text: str) -> None:
    with pytest.raises(ConfigError, match="no directory of an ACME server"):
        directory_url(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TLSDEV_ACME_DIRECTORY", "http://ca.test"),
        ("TLSDEV_ACME_EMAIL", "ann at example.com"),
        ("TLSDEV_ACME_CHALLENGE", "http"),
        ("TLSDEV_ACME_HTTP_PORT", "eighty"),
        ("TLSDEV_ACME_TLS_PORT", 70000),
        ("TLSDEV_ACME_DNS_SERVER", "dns.example.com"),
        ("TLSDEV_ACME_CA_FILE", "relative.pem"),
        ("TLSDEV_ACME_EAB_KID", "\x1b"),
        ("TLSDEV_ACME_DIRECTOY", "x"),
    ],
)
def test_a_bad_value_names_its_key(key: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_mapping({key: value}, environ={})

    assert caught.value.key == key


def test_every_key_reaches_the_issuer() -> None:
    config = {
        "TLSDEV_ACME_DIRECTORY": "https://ca.test/dir",
        "TLSDEV_ACME_EMAIL": "ann@example.com",
        "TLSDEV_ACME_CHALLENGE": "dns-01",
        "TLSDEV_ACME_HTTP_PORT": "8080",
        "TLSDEV_ACME_TLS_PORT": 8443,
        "TLSDEV_ACME_DNS_SERVER": "[::1]:8053",
        "TLSDEV_ACME_EAB_KID": "kid",
        "TLSDEV_ACME_EAB_HMAC_KEY": "very-secret",
        "TLSDEV_ACME_PREFERRED_CHAIN": "ISRG Root X1",
        "TLSDEV_ACME_PROFILE": "shortlived",
    }

    settings = Settings.from_mapping(config, environ={})

    assert settings.acme == Options(
        directory="https://ca.test/dir",
        email="ann@example.com",
        challenge="dns-01",
        http_port=8080,
        tls_port=8443,
        dns_server="[::1]:8053",
        eab_kid="kid",
        eab_hmac_key="very-secret",
        preferred_chain="ISRG Root X1",
        profile="shortlived",
    )
    assert "very-secret" not in repr(settings)


def test_what_is_remembered_has_no_secret(tmp_path: Path) -> None:
    options = Options(
        directory="https://ca.test/dir", eab_kid="kid", eab_hmac_key="very-secret"
    )
    (tmp_path / ".acme").mkdir(0o700)

    remember(tmp_path, options)

    found = recall(tmp_path, options.issuer_id)
    assert found is not None
    assert found.eab_hmac_key is None
    assert (
        "very-secret"
        not in (tmp_path / ".acme").joinpath(f"{options.issuer_id}.json").read_text()
    )


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 1}', '{"version": 1, "directory": "x"}']
)
def test_a_memory_that_is_damaged_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / ".acme").mkdir()
    (tmp_path / ".acme" / "acme-x.json").write_text(content)

    assert recall(tmp_path, "acme-x") is None


WITHOUT = """\
import sys
sys.modules["acme"] = sys.modules["josepy"] = None
from flask.cli import cli
cli(["tls", "issue", "shop.example.com", "--issuer", "acme",
     "--directory", "https://127.0.0.1:1/dir"])
"""


def test_without_the_library_one_sentence_says_how_to_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert 'pip install "flask-tlsdev[acme]"' in done.stderr


LIGHT = """\
import sys
import flask_tlsdev.cli
from flask_tlsdev.config import Settings
Settings.from_mapping({"TLSDEV_ISSUER": "acme"}, environ={"HOME": "/"}).make_issuer().id
heavy = {"cryptography", "acme", "josepy", "dns", "requests"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_id_costs_no_import_of_a_library() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="pwd is Unix's")
def test_a_user_without_a_home_has_no_challenges_and_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", nobody)

    assert Settings.from_mapping({}, environ={}).challenges is None
