"""The commands for Windows and WSL, against a fake: no test was run on a real one."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest

from flask_tlsdev.programs import Done
from flask_tlsdev.programs import WSL_POWERSHELL
from flask_tlsdev.trust.changes import install
from flask_tlsdev.trust.changes import look
from flask_tlsdev.trust.changes import remove
from flask_tlsdev.trust.windows import ADD
from flask_tlsdev.trust.windows import LIST
from flask_tlsdev.trust.windows import POWERSHELL
from flask_tlsdev.trust.windows import REMOVE
from flask_tlsdev.trust.windows import WindowsStore

from .making import our_root
from .making import Remembering

ROOT = our_root()


class Windows:
    """A store behind the three scripts."""

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self.refuses = b""

    def __call__(self, arguments: Sequence[str], stdin: bytes) -> Done:
        script = arguments[-1]
        if script == LIST:
            lines = [base64.b64encode(der) for der in self.held]
            return Done(0, stdout=b"\r\n".join(lines))
        if self.refuses:
            return Done(1, stderr=self.refuses)

        assert stdin == ROOT.pem
        self.held = {ADD: [ROOT.der], REMOVE: []}[script]
        return Done(0)


@pytest.fixture
def windows() -> Windows:
    return Windows()


@pytest.fixture
def runner(windows: Windows) -> Remembering:
    return Remembering({"powershell.exe": windows})


@pytest.mark.parametrize("powershell", [POWERSHELL, WSL_POWERSHELL])
def test_the_root_is_put_in_and_read_back_by_powershell(
    runner: Remembering, powershell: str
) -> None:
    store = WindowsStore(powershell, runner)

    installed, removed = install(store, ROOT), remove(store)

    flags = (powershell, "-NoProfile", "-NonInteractive", "-Command")
    assert (*flags, ADD) in runner.commands
    assert (*flags, REMOVE) in runner.commands
    assert {command[:4] for command in runner.commands} == {flags}
    assert (installed.state, removed.state) == ("trusted", "not trusted")


def test_the_scripts_are_these() -> None:
    assert ADD == (
        "$ErrorActionPreference = 'Stop';"
        " $store = New-Object Security.Cryptography.X509Certificates.X509Store"
        " 'Root', 'CurrentUser';"
        " $store.Open('ReadWrite');"
        " $text = [Console]::In.ReadToEnd()"
        " -replace '-----[A-Z ]+-----', '' -replace '\\s', '';"
        " $bytes = [Convert]::FromBase64String($text);"
        " $root = New-Object Security.Cryptography.X509Certificates.X509Certificate2"
        " (,$bytes);"
        " $root.FriendlyName = 'flask-tlsdev'; $store.Add($root)"
    )
    assert '"' not in ADD + REMOVE + LIST


def test_both_sides_are_compared_by_their_bytes(
    runner: Remembering, windows: Windows
) -> None:
    windows.held = [our_root(1).der]

    outcome = look(WindowsStore(WSL_POWERSHELL, runner), ROOT)

    assert outcome.state == "another root"
    assert outcome.others == (our_root(1).ca_id,)


def test_a_no_in_the_window_is_passed_on(runner: Remembering, windows: Windows) -> None:
    windows.refuses = b"The operation was canceled by the user."

    outcome = install(WindowsStore(POWERSHELL, runner), ROOT)

    assert outcome.state == "failed"
    assert "canceled by the user" in outcome.detail


def test_no_window_is_opened_where_nobody_is(windows: Windows) -> None:
    runner = Remembering({"powershell.exe": windows}, interactive=False)

    outcome = install(WindowsStore(POWERSHELL, runner), ROOT)

    assert outcome.state == "failed"
    assert {command[-1] for command in runner.commands} == {LIST}


def test_a_store_that_cannot_be_read_is_a_failure() -> None:
    runner = Remembering({"powershell.exe": lambda *_: Done(1, stderr=b"no interop")})

    outcome = look(WindowsStore(WSL_POWERSHELL, runner), ROOT)

    assert outcome.state == "failed"
    assert "no interop" in outcome.detail
