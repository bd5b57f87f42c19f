"""The commands for macOS, against a fake: no test was run on a real one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from flask_tlsdev.programs import Done
from flask_tlsdev.trust.changes import install
from flask_tlsdev.trust.changes import look
from flask_tlsdev.trust.changes import remove
from flask_tlsdev.trust.macos import Keychain

from .making import our_root
from .making import Remembering

ROOT = our_root()
HOME = {"HOME": "/Users/you"}
KEYCHAIN = "/Users/you/Library/Keychains/login.keychain-db"
SECURITY = "/usr/bin/security"


class Mac:
    """The three answers of ``security`` that matter."""

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self.trusted = False
        self.refuses = b""

    def __call__(self, arguments: Sequence[str], stdin: bytes) -> Done:
        match arguments[1]:
            case "find-certificate":
                return Done(0 if self.held else 44, stdout=b"".join(self.held))
            case "verify-cert":
                return Done(0 if self.trusted else 1)
            case "add-trusted-cert" if self.refuses:
                return Done(1, stderr=self.refuses)
            case "add-trusted-cert":
                self.held, self.trusted = [ROOT.pem], True
            case "delete-certificate":
                self.held, self.trusted = [], False
        return Done(0)


@pytest.fixture
def mac() -> Mac:
    return Mac()


@pytest.fixture
def runner(mac: Mac) -> Remembering:
    return Remembering({"security": mac})


def test_the_root_goes_into_the_login_keychain_for_servers_only(
    runner: Remembering,
) -> None:
    outcome = install(Keychain(HOME, runner), ROOT)

    (added,) = [c for c in runner.commands if c[1] == "add-trusted-cert"]
    assert added == (
        *(SECURITY, "add-trusted-cert", "-r", "trustRoot"),
        *("-p", "basic", "-p", "ssl", "-k", KEYCHAIN, "/ca/0/root.crt"),
    )
    assert (outcome.state, outcome.changed) == ("trusted", True)


def test_trust_is_asked_of_the_system_not_taken_from_the_list(
    runner: Remembering, mac: Mac
) -> None:
    mac.held = [ROOT.pem]

    outcome = look(Keychain(HOME, runner), ROOT)

    assert runner.commands[-1] == (
        *(SECURITY, "verify-cert", "-c", "/ca/0/root.crt", "-p", "ssl", "-l", "-L"),
    )
    assert outcome.state == "not trusted"


def test_removal_takes_the_settings_too(runner: Remembering, mac: Mac) -> None:
    mac.held, mac.trusted = [ROOT.pem], True

    outcome = remove(Keychain(HOME, runner))

    sha1 = hashlib.sha1(ROOT.der, usedforsecurity=False).hexdigest().upper()
    assert (SECURITY, "delete-certificate", "-Z", sha1, "-t", KEYCHAIN) in (
        runner.commands
    )
    assert (outcome.state, outcome.changed) == ("not trusted", True)


def test_no_window_is_opened_where_nobody_is(mac: Mac) -> None:
    runner = Remembering({"security": mac}, interactive=False)

    outcome = install(Keychain(HOME, runner), ROOT)

    assert outcome.state == "failed"
    assert "nobody is there" in outcome.detail
    assert not [c for c in runner.commands if c[1] == "add-trusted-cert"]


def test_a_no_in_the_window_is_passed_on(runner: Remembering, mac: Mac) -> None:
    mac.refuses = b"SecTrustSettingsSetTrustSettings: The authorization was canceled."

    outcome = install(Keychain(HOME, runner), ROOT)

    assert outcome.state == "failed"
    assert "authorization was canceled" in outcome.detail
