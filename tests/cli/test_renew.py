from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from flask_tlsdev.issuers import imported
from flask_tlsdev.pairs import Pair
from flask_tlsdev.store import PairStore

from .conftest import Flask


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def tls(flask: Flask, store: Path) -> Flask:
    def run(*arguments: str) -> object:
        return flask("tls", "--store-path", str(store), *arguments)

    return run  # type: ignore[return-value]  # the same, with a store


def test_what_is_not_due_stays_unless_it_is_forced(tls: Flask, store: Path) -> None:
    tls("issue", "shop.test")
    (old,) = PairStore(store).list()

    kept = tls("renew", "shop.test")
    between = PairStore(store).list()
    forced = tls("renew", "shop.test", "--force")
    (new,) = PairStore(store).list()

    assert "shop.test: not due, before" in kept.stdout
    assert between == [old]
    assert "shop.test: renewed" in forced.stdout
    assert new.sidecar != old.sidecar


def test_every_pair_is_renewed_by_who_issued_it(tls: Flask, store: Path) -> None:
    tls("issue", "a.test")
    tls("issue", "b.test", "--issuer", "self-signed", "--key-type", "rsa:2048")

    done = tls("renew", "--all", "--force", "--json")

    found = {each["names"][0]: each for each in json.loads(done.stdout)}
    assert {name: each["state"] for name, each in found.items()} == {
        "a.test": "renewed",
        "b.test": "renewed",
    }
    assert found["b.test"]["issuer"] == "self-signed"
    kinds = {each.sidecar.key_type for each in PairStore(store).list()}
    assert kinds == {"ec-p256", "rsa:2048"}


def test_what_was_imported_is_left_alone_with_a_word(tls: Flask, store: Path) -> None:
    tls("issue", "shop.test", "--issuer", "self-signed")
    (stored,) = PairStore(store).list()
    pair: Pair = PairStore(store).load(stored)
    imported.save(PairStore(store), pair, force=False)
    PairStore(store).delete(stored)

    done = tls("renew", "--all", "--force")

    assert done.exit_code == 0
    assert "left alone, it was imported" in done.stderr


def test_a_pair_of_a_ca_that_is_gone_is_left_alone(tls: Flask) -> None:
    tls("issue", "shop.test")
    tls("ca", "create", "--yes")

    done = tls("renew", "--all", "--force")

    assert "left alone, nothing here is the issuer local-ca-" in done.stderr


def test_nothing_to_renew_says_where_to_look(tls: Flask) -> None:
    done = tls("renew", "nobody.test")

    assert done.exit_code == 1
    assert "flask tls list" in done.stderr


def test_name_and_all_do_not_go_together(tls: Flask) -> None:
    assert tls("renew", "shop.test", "--all").exit_code == 2


def test_the_units_repeat_what_was_typed(tls: Flask, store: Path) -> None:
    done = tls(
        *("renew", "--systemd", "--challenge", "dns-01"),
        *("--dns-hook", "/opt/my hook/dns 100%", "--deploy-hook", "systemctl reload x"),
    )

    (line,) = (each for each in done.stdout.splitlines() if each.startswith("Exec"))
    assert "100%%" in line
    command = shlex.split(line.removeprefix("ExecStart=").replace("%%", "%"))
    assert command[1:6] == ["-m", "flask", "tls", "--store-path", str(store)]
    assert command[6:8] == ["renew", "--all"]
    assert command[command.index("--dns-hook") + 1] == "/opt/my hook/dns 100%"
    assert command[command.index("--deploy-hook") + 1] == "systemctl reload x"
    assert "RandomizedDelaySec" in done.stdout


def test_a_dotenv_file_gives_no_hook_and_no_consent(
    tls: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_TLS_RENEW_DEPLOY_HOOK", "touch evil")
    monkeypatch.setenv("FLASK_TLS_RENEW_DNS_HOOK", "touch evil")
    tls("issue", "shop.test")

    tls("renew", "--all", "--force")

    assert not Path("evil").exists()


def test_a_projects_hook_is_approved_once(tls: Flask) -> None:
    tls("issue", "shop.test")
    Path("tlsdev-hooks.json").write_text('{"deploy": ["./deployed"]}')
    Path("deployed").write_text("#!/bin/sh\ntouch went\n")
    Path("deployed").chmod(0o700)

    refused = tls("renew", "--all", "--force")
    before = tls("hooks", "show")
    tls("hooks", "approve", "--yes")
    done = tls("renew", "--all", "--force")

    assert "flask tls hooks approve" in refused.stderr
    assert "Not approved." in before.stdout
    assert done.exit_code == 0, done.stderr
    assert Path("went").exists()
