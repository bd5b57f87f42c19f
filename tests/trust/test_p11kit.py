"""p11-kit's own store: the exact commands, and a real one with a folder of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flask_tlsdev.programs import Done
from flask_tlsdev.trust.changes import install
from flask_tlsdev.trust.changes import look
from flask_tlsdev.trust.changes import remove
from flask_tlsdev.trust.p11kit import P11KitStore

from ..servers import ROOT as REPOSITORY
from ..tools import program
from ..tools import run
from .making import our_root
from .making import Remembering

ROOT = our_root()

#: A module that may write, in place of Debian's, which may not.
_COVER = """
set -e
cp /usr/share/p11-kit/modules/* "$1/modules"
printf 'module: p11-kit-trust.so\\ntrust-policy: yes\\nx-init-reserved: paths=%s\\n' \
    "$1/anchors" > "$1/modules/p11-kit-trust.module"
mount --bind "$1/modules" /usr/share/p11-kit/modules
mkdir -p "$1/compat"
printf '#!/bin/sh\\n' > "$1/compat/trust-extract-compat"
chmod 755 "$1/compat/trust-extract-compat"
mount --bind "$1/compat" /usr/libexec/p11-kit
shift
exec "$@"
"""

_CODE = """
import os
from flask_tlsdev.programs import Programs
from flask_tlsdev.trust.base import Root
from flask_tlsdev.trust.changes import install, look, remove
from flask_tlsdev.trust.p11kit import P11KitStore

store = P11KitStore(Programs(os.environ, interactive=False))
root = Root.from_der(bytes.fromhex(os.environ["ROOT"]))
print([change.state for change in
    (look(store, root), install(store, root), look(store, root), remove(store))])
"""


def test_p11_kit_itself_stores_and_removes_the_root(tmp_path: Path) -> None:
    program("trust")
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only root can mount")
    for name in ("modules", "anchors"):
        (tmp_path / name).mkdir()

    done = run(
        *(program("unshare"), "--mount", "/bin/sh", "-c", _COVER, "sh", tmp_path),
        *(sys.executable, "-c", _CODE),
        env={**os.environ, "ROOT": ROOT.der.hex()},
        cwd=REPOSITORY,
    )

    assert done.stdout == "['not trusted', 'trusted', 'trusted', 'not trusted']\n", (
        done.stdout + done.stderr
    )
    assert list((tmp_path / "anchors").iterdir()) == []


def test_the_commands_are_these() -> None:
    runner = Remembering(is_root=True)
    store = P11KitStore(runner)

    for step in (*store.install_steps(ROOT), *store.remove_steps([ROOT])):
        step.run(runner)

    script = (
        'f=$(/usr/bin/mktemp) && /bin/cat >"$f" && /usr/bin/trust anchor {} "$f";'
        ' s=$?; /bin/rm -f "$f"; exit $s'
    )
    assert runner.commands == [
        ("/bin/sh", "-c", script.format("--store")),
        ("/bin/sh", "-c", script.format("--remove")),
    ]
    assert runner.stdin == [ROOT.pem, ROOT.pem]


def test_a_place_that_cannot_be_written_is_said_in_its_words() -> None:
    def trust(arguments: object, stdin: bytes) -> Done:
        return Done(0)

    def sudo(arguments: object, stdin: bytes) -> Done:
        return Done(1, stderr=b"p11-kit: no configured writable location")

    store = P11KitStore(Remembering({"trust": trust, "sudo": sudo}))

    outcome = install(store, ROOT)

    assert outcome.state == "failed"
    assert "no configured writable location" in outcome.detail


def test_a_p11_kit_that_cannot_be_asked_is_a_failure() -> None:
    store = P11KitStore(Remembering({"trust": lambda *_: Done(1, stderr=b"broken")}))

    assert look(store, ROOT).state == "failed"
    assert remove(store).state == "failed"
