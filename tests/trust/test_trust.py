from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flask_tlsdev import trust
from flask_tlsdev.errors import TrustError
from flask_tlsdev.trust import State
from flask_tlsdev.trust import StoreState

from ..browsers import CHROMIUM_DATABASE
from ..browsers import trust_in_nss
from ..plain_https import PlainRoot
from ..tools import run

ROOT = PlainRoot.make()


def _environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}


def test_every_store_gives_one_state(tmp_path: Path) -> None:
    profile = tmp_path / ".mozilla" / "firefox" / "mine"
    trust_in_nss(tmp_path / CHROMIUM_DATABASE, ROOT.pem, "root")
    trust_in_nss(profile, ROOT.pem, "root", flags=",,")
    (profile.parent / "profiles.ini").write_text("[Profile0]\nPath=mine\n")
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(ROOT.pem)

    found = trust.state(ROOT.der, {**_environ(tmp_path), "SSL_CERT_FILE": str(bundle)})

    assert found == (
        StoreState("openssl", str(bundle), "trusted"),
        StoreState("chromium", str(tmp_path / CHROMIUM_DATABASE), "trusted"),
        StoreState(
            "firefox", str(profile), "not trusted", "there, but not trusted for servers"
        ),
    )
    assert trust.summary(found) == "partial"


def test_a_machine_without_stores_says_absent_for_each(tmp_path: Path) -> None:
    found = trust.state(ROOT.der, _environ(tmp_path))

    assert {each.state for each in found} == {"absent"}
    assert trust.summary(found) == "none"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_stores_of_other_systems_are_said_not_to_be_looked_at(
    tmp_path: Path, platform: str
) -> None:
    *_, last = trust.state(ROOT.der, _environ(tmp_path), platform=platform)

    assert last.state == "absent"
    assert last.detail == "not looked at here"


def test_a_pem_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="DER form"):
        trust.state(ROOT.pem, _environ(tmp_path))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "none"),
        (["absent"], "none"),
        (["not trusted", "absent"], "none"),
        (["unreadable"], "none"),
        (["trusted", "absent"], "full"),
        (["trusted", "trusted"], "full"),
        (["trusted", "not trusted"], "partial"),
        (["trusted", "unreadable"], "partial"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_the_summary_promises_no_more_than_was_seen(
    states: list[State], expected: str
) -> None:
    found = [StoreState("any", "/any", state) for state in states]

    assert trust.summary(found) == expected


def test_stores_can_be_asked_one_by_one(tmp_path: Path) -> None:
    trust_in_nss(tmp_path / CHROMIUM_DATABASE, ROOT.pem, "root")

    found = {store.name: store for store in trust.stores(_environ(tmp_path))}

    assert found["chromium"].available()
    assert found["chromium"].contains(ROOT.der)
    assert not found["firefox"].available()
    assert not found["firefox"].contains(ROOT.der)


def test_asking_imports_no_cryptography_and_runs_no_program(tmp_path: Path) -> None:
    trust_in_nss(tmp_path / CHROMIUM_DATABASE, ROOT.pem, "root")
    der = tmp_path / "root.der"
    der.write_bytes(ROOT.der)
    code = (
        "import sys, os\n"
        "def watch(event, arguments):\n"
        "    if event in ('subprocess.Popen', 'os.exec', 'os.fork', 'os.posix_spawn',"
        " 'os.system', 'os.mkdir', 'os.remove', 'os.rename', 'socket.connect'):\n"
        "        raise SystemExit(event)\n"
        "    if event == 'open' and isinstance(arguments[2], int):\n"
        "        if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):\n"
        "            raise SystemExit(str(arguments))\n"
        "from flask_tlsdev import trust\n"
        "sys.dont_write_bytecode = True\n"
        "sys.addaudithook(watch)\n"
        "der = open(sys.argv[1], 'rb').read()\n"
        "states = trust.state(der, {'HOME': sys.argv[2]})\n"
        "assert states[1].state == 'trusted', states\n"
        "assert 'cryptography' not in sys.modules\n"
    )

    done = run(sys.executable, "-c", code, str(der), str(tmp_path))

    assert done.returncode == 0, done.stderr
