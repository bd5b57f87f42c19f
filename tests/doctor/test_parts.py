"""Each part of the way, broken in each way that it is looked at for."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import certifi
import pytest

from flask_tlsdev.doctor import authority
from flask_tlsdev.doctor import Finding
from flask_tlsdev.doctor import hsts
from flask_tlsdev.doctor import names
from flask_tlsdev.doctor import pairs
from flask_tlsdev.doctor import places
from flask_tlsdev.doctor import variables
from flask_tlsdev.doctor.stores import check_stores
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.store import PairStore
from flask_tlsdev.trust.changes import Outcome
from flask_tlsdev.trust.runtimes import Bundles

from ..servers import flask
from ..tools import program
from ..tools import run
from ..trust.making import our_root


def now() -> datetime:
    """Asked by each test: a pair that it makes begins later than this module."""
    return datetime.now(timezone.utc)


ROOT = our_root()

modes = pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")


def wrong(findings: Iterable[Finding]) -> list[Finding]:
    """What is not well. Whatever is wrong has a command that mends it."""
    found = [each for each in findings if each.status != "ok"]
    assert all(each.fix for each in found)
    return found


def typed(finding: Finding) -> str:
    """The command of a fix."""
    return finding.fix.partition(": ")[2]


@pytest.fixture
def data(home: Path) -> Path:
    """The user's data folder, with a CA and a pair for app.test."""
    run(*flask("tls", "issue", "app.test"), cwd=home)
    return home / ".local" / "share" / "flask-tlsdev"


@pytest.fixture
def store(data: Path) -> PairStore:
    return PairStore(data / "pairs")


def key_of(store: PairStore) -> Path:
    return store.list()[0].files.keyfile


class TestPlaces:
    def test_nothing_is_wrong_with_what_we_made(self, data: Path) -> None:
        for what, name in (("store", "pairs"), ("CA folder", "ca")):
            found = list(places.check_folder(what, data / name))
            assert [each.check for each in found] == ["folders", "keys"]
            assert wrong(found) == []

    @modes
    def test_a_folder_that_others_can_write_to_is_closed_by_the_fix(
        self, store: PairStore
    ) -> None:
        store.root.chmod(0o777)

        (finding,) = wrong(places.check_folder("store", store.root))
        run("/bin/sh", "-c", typed(finding))

        assert wrong(places.check_folder("store", store.root)) == []

    @modes
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_a_key_that_others_can_read_is_closed_by_the_fix(
        self, store: PairStore, mode: int
    ) -> None:
        key_of(store).chmod(mode)

        (finding,) = wrong(places.check_folder("store", store.root))
        run("/bin/sh", "-c", typed(finding))

        assert finding.check == "keys"
        assert key_of(store).stat().st_mode & 0o777 == 0o600

    def test_a_ca_in_a_git_tree_is_wrong(self, data: Path) -> None:
        run(program("git"), "init", "-q", data.parent)

        assert [each.check for each in wrong(places.check_folder("CA", data))] == [
            "git"
        ]

    def test_a_store_in_a_git_tree_is_wrong_without_its_gitignore(
        self, data: Path, store: PairStore
    ) -> None:
        run(program("git"), "init", "-q", data.parent)

        before = wrong(places.check_folder("store", store.root))
        (store.root / ".gitignore").unlink()

        assert before == []
        (finding,) = wrong(places.check_folder("store", store.root))
        assert "TLSDEV_STORE_PATH" in finding.fix


class TestPairs:
    def test_a_good_pair_is_good(self, store: PairStore) -> None:
        (finding,) = pairs.check_pairs(store, now())

        assert (finding.check, finding.status) == ("pairs", "ok")

    def test_a_pair_that_has_ended_is_wrong(self, store: PairStore) -> None:
        later = now() + timedelta(days=400)

        (finding,) = wrong(pairs.check_pairs(store, later))

        assert typed(finding) == "flask tls issue app.test --force"

    def test_the_key_of_another_pair_is_seen(
        self, store: PairStore, home: Path
    ) -> None:
        run(*flask("tls", "issue", "other.test"), cwd=home)
        one, other = store.list()
        one.files.keyfile.write_bytes(other.files.keyfile.read_bytes())

        found = wrong(pairs.check_pairs(store, now()))

        assert any("no whole pair" in each.text for each in found)

    def test_a_root_of_somebody_else_is_refused_by_a_strict_client(
        self, store: PairStore
    ) -> None:
        (stored,) = store.list()
        assert stored.files.cafile is not None
        stored.files.cafile.write_bytes(ROOT.pem)

        found = wrong(pairs.check_pairs(store, now()))

        assert any("strict client refuses" in each.text for each in found)

    def test_a_pair_that_lost_a_file_is_deleted_by_the_fix(
        self, store: PairStore
    ) -> None:
        key_of(store).unlink()

        (finding,) = wrong(pairs.check_pairs(store, now()))
        run("/bin/sh", "-c", typed(finding))

        assert wrong(pairs.check_pairs(store, now())) == []

    def test_a_clock_that_is_behind_is_wrong(self, store: PairStore) -> None:
        (finding,) = wrong(pairs.check_clock(store, now() - timedelta(days=400)))

        assert "timedatectl" in finding.fix
        assert wrong(pairs.check_clock(store, now() + timedelta(hours=1))) == []


class TestAuthority:
    def test_ours_is_described(self, data: Path) -> None:
        (finding,) = authority.check_authorities(data / "ca")

        assert finding.status == "ok"
        assert "localhost, test, 127.0.0.0/8, ::1/128 and nothing" in finding.text

    def test_none_is_a_warning(self, tmp_path: Path) -> None:
        (finding,) = wrong(authority.check_authorities(tmp_path / "ca"))

        assert typed(finding) == "flask tls ca create"

    def test_a_root_in_place_of_ours_is_wrong(self, data: Path) -> None:
        LocalCA.open(data / "ca").root_path.write_bytes(ROOT.pem)

        (finding,) = wrong(authority.check_authorities(data / "ca"))

        assert finding.status == "failed"

    def test_a_ca_that_says_less_than_it_may_sign_is_wrong(self, data: Path) -> None:
        summary = data / "ca" / "ca.json"
        content = json.loads(summary.read_text())
        content["permits"] = ["localhost", "127.0.0.0/8"]
        summary.write_text(json.dumps(content))

        (finding,) = wrong(authority.check_authorities(data / "ca"))

        assert finding.status == "failed"


class TestVariables:
    def check(
        self, environ: dict[str, str], tmp_path: Path, with_root: bool = True
    ) -> list[Finding]:
        bundles = Bundles(tmp_path / "data")
        root = ROOT if with_root else None
        return wrong(variables.check_variables(environ, root, bundles))

    def test_an_empty_environment_is_well(self, tmp_path: Path) -> None:
        assert self.check({}, tmp_path) == []

    @pytest.mark.parametrize("name", ["SSL_CERT_FILE", "PIP_CERT", "SSL_CERT_DIR"])
    def test_a_dead_path_is_wrong(self, name: str, tmp_path: Path) -> None:
        (finding,) = self.check({name: "/nowhere\x1b"}, tmp_path)

        assert finding.status == "failed"
        assert typed(finding) == f"unset {name}"
        assert "\x1b" not in finding.text

    def test_an_empty_file_is_wrong(self, tmp_path: Path) -> None:
        (finding,) = self.check({"SSL_CERT_FILE": os.devnull}, tmp_path)

        assert finding.status == "failed"

    def test_a_bundle_without_our_root_is_a_warning(self, tmp_path: Path) -> None:
        environ = {"REQUESTS_CA_BUNDLE": certifi.where()}

        (finding,) = self.check(environ, tmp_path)

        assert finding.status == "warning"
        assert "flask tls env" in finding.fix
        assert self.check(environ, tmp_path, with_root=False) == []

    def test_a_file_is_said_once_however_many_name_it(self, tmp_path: Path) -> None:
        names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "PIP_CERT")

        (dead,) = self.check(dict.fromkeys(names, "/nowhere"), tmp_path)
        (without,) = self.check(dict.fromkeys(names, certifi.where()), tmp_path)

        assert set(typed(dead).split()) == {"unset", *names}
        # pip does not ask the app, and ``flask tls env`` does not set its variable.
        assert without.text.startswith("SSL_CERT_FILE, CURL_CA_BUNDLE name ")

    def test_a_pipe_is_wrong_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")

        (finding,) = self.check({"SSL_CERT_FILE": str(tmp_path / "pipe")}, tmp_path)

        assert finding.status == "failed"

    def test_our_bundle_is_well_until_it_is_out_of_date(self, tmp_path: Path) -> None:
        bundles = Bundles(tmp_path / "data")
        bundles.make(ROOT, {})
        before = self.check(bundles.variables, tmp_path)

        bundles.make(our_root(1), {})
        after = self.check({}, tmp_path)

        assert before == []
        assert [typed(each) for each in after] == ["flask tls env"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
            ("PYTHONHTTPSVERIFY", "0"),
            ("GIT_SSL_NO_VERIFY", "true"),
        ],
    )
    def test_switched_off_is_wrong(self, name: str, value: str, tmp_path: Path) -> None:
        (finding,) = self.check({name: value}, tmp_path)

        assert finding.status == "failed"

    def test_a_proxy_that_is_asked_for_localhost_is_a_warning(
        self, tmp_path: Path
    ) -> None:
        environ = {"HTTPS_PROXY": "http://proxy:3128"}

        assert len(self.check(environ, tmp_path)) == 1
        assert self.check({**environ, "NO_PROXY": "a, localhost"}, tmp_path) == []

    def test_a_log_of_keys_is_a_warning(self, tmp_path: Path) -> None:
        assert len(self.check({"SSLKEYLOGFILE": "/tmp/keys"}, tmp_path)) == 1


class TestStores:
    @pytest.mark.parametrize(
        ("state", "others", "needs_root", "status"),
        [
            ("trusted", (), False, "ok"),
            ("trusted", ("12345678",), False, "warning"),
            ("not trusted", (), False, "failed"),
            ("not trusted", (), True, "warning"),
            ("another root", ("12345678",), False, "failed"),
            ("failed", (), False, "failed"),
        ],
    )
    def test_each_state_has_its_finding(
        self, state: str, others: tuple[str, ...], needs_root: bool, status: str
    ) -> None:
        outcome = Outcome(
            "nss",
            "/x",
            state,  # type: ignore[arg-type]
            others=others,
            needs_root=needs_root,
        )

        (finding,) = check_stores([outcome], has_ca=True)

        assert finding.status == status
        assert bool(finding.fix) is (status != "ok")

    def test_an_administrators_is_named(self) -> None:
        outcome = Outcome("system", "/x", "not trusted", needs_root=True)

        (finding,) = check_stores([outcome], has_ca=True)

        assert typed(finding) == "flask tls trust install --store system"

    def test_without_a_ca_only_old_roots_count(self) -> None:
        old = Outcome("nss", "/x", "another root", others=("12345678",))
        outcomes = [Outcome("nss", "/y", "not trusted"), old]

        (finding,) = check_stores(outcomes, has_ca=False)

        assert "flask tls trust uninstall" in finding.fix


class TestNames:
    def found(
        self, monkeypatch: pytest.MonkeyPatch, *addresses: str
    ) -> tuple[Finding, ...]:
        def look(name: str, *_: object, **__: object) -> list[object]:
            if not addresses:
                raise socket.gaierror
            return [(0, 0, 0, "", (address, 0)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look)
        return tuple(names.check_names(["app.test"]))

    def test_this_machine_is_well(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert wrong(self.found(monkeypatch, "127.0.0.1", "::1")) == []

    def test_elsewhere_is_wrong(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (finding,) = wrong(self.found(monkeypatch, "127.0.0.1", "192.0.2.77"))

        assert finding.status == "failed"
        assert "192.0.2.77" in finding.text
        assert typed(finding).startswith("echo '127.0.0.1 app.test'")

    def test_nowhere_is_a_warning(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (finding,) = wrong(self.found(monkeypatch))

        assert finding.status == "warning"

    def test_a_name_server_that_is_silent_does_not_hold_it_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answered = threading.Event()
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: answered.wait(30) and []
        )

        (finding,) = names.check_names(["app.test"], patience=0.01)
        answered.set()

        assert "in time" in finding.text

    def test_only_local_pairs_have_names_that_belong_here(self) -> None:
        found = names.local_names(
            [
                ("local-ca-12345678", ("app.test", "*.app.test", "127.0.0.1")),
                ("acme-letsencrypt", ("shop.example",)),
            ]
        )

        assert found == ("app.test", "localhost")


def test_a_pin_of_chromium_is_found(home: Path) -> None:
    # What Chromium wrote after a visit to app.test.
    digest = "Ce6DHIG5Nav7VAuZQ1K8Qn5Zj0HW7RFcEoxWkXOVWZU="
    file = home / ".config" / "chromium" / "Default" / "TransportSecurity"
    file.parent.mkdir(parents=True)
    entry = {"host": digest, "mode": "force-https", "expiry": now().timestamp() + 60}
    file.write_text(json.dumps({"sts": [entry], "version": 2}))
    environ = {"HOME": str(home)}

    found = list(hsts.check_pins(["app.test", "localhost"], environ, now()))
    later = list(hsts.check_pins(["app.test"], environ, now() + timedelta(minutes=2)))
    file.write_text("[" * 100_000)

    assert [each.text.split()[2] for each in wrong(found)] == ["app.test"]
    assert later == []
    assert list(hsts.check_pins(["app.test"], environ, now())) == []


def test_the_parts_need_no_app(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise SystemExit('the app was imported')")

    done = subprocess.run(
        flask("tls", "doctor", "--json"), cwd=tmp_path, capture_output=True, check=False
    )

    assert b"the app was imported" not in done.stderr + done.stdout
    assert json.loads(done.stdout)["findings"]
