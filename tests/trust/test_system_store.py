"""Debian's store and Java's, for real, in a view of the file system of their own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..servers import ROOT
from ..servers import Server
from ..servers import serving
from ..tools import missing
from ..tools import program
from ..tools import run
from .private import FOLDERS

ALLOWED = bool(os.environ.get("TLSDEV_TEST_SYSTEM_STORE"))

#: Copies of the folders are put over them, for this process and its children.
_COVER = """
set -e
for folder in {folders}; do
    mkdir -p "$1$folder"
    cp -a "$folder/." "$1$folder/"
    mount --bind "$1$folder" "$folder"
done
shift
exec "$@"
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving("--app", "example_app", "tls", "run") as server:
        yield server


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "copies"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def _privately(copies: Path, *arguments: str | Path) -> str:
    for name in ("update-ca-certificates", "keytool", "git", "curl", "openssl"):
        program(name)
    if os.geteuid() != 0:
        missing("A shell of root's, for mounting over folders,")

    script = _COVER.format(folders=" ".join(FOLDERS))
    done = run(
        *(program("unshare"), "--mount", "/bin/sh", "-c", script, "sh", copies),
        *(sys.executable, "-m", "tests.trust.private", *arguments),
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _real() -> set[str]:
    names = {str(path) for top in FOLDERS[:2] for path in Path(top).rglob("*")}
    return {f"{name} {os.lstat(name).st_mtime_ns}" for name in names}


@pytest.mark.skipif(not ALLOWED, reason="only with TLSDEV_TEST_SYSTEM_STORE=1")
def test_every_client_of_the_system_trusts_the_ca_as_long_as_its_root_is_there(
    server: Server, copies: Path, tmp_path: Path
) -> None:
    of_the_machine = _real()

    said: dict[str, Any] = json.loads(_privately(copies, str(server.port), tmp_path))

    everyone = ("curl", "git", "java", "openssl", "python")
    assert said["before"] == dict.fromkeys(everyone, False)
    assert said["installing"].startswith("0\n"), said["installing"]
    assert "/bin/sh -c '/usr/bin/install -m 0644 /dev/stdin" in said["installing"]
    assert said["installed"] == dict.fromkeys(everyone, True)
    assert said["status"].startswith("0\n"), said["status"]
    assert said["uninstalling"].startswith("0\n"), said["uninstalling"]
    assert said["after"] == dict.fromkeys(everyone, False)
    assert said["end"] == said["start"]
    assert _real() == of_the_machine


def test_node_trusts_the_ca_through_its_variable_only(
    server: Server, tmp_path: Path
) -> None:
    code = (
        f"require('https').get('https://localhost:{server.port}/',"
        " answer => process.exit(answer.statusCode === 200 ? 0 : 1))"
        ".on('error', error => { console.log(error.code); process.exit(1) })"
    )
    (root,) = (Path(os.environ["HOME"])).rglob("root.crt")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    without = run(program("node"), "-e", code, env=environ)
    trusting = {**environ, "NODE_EXTRA_CA_CERTS": str(root)}
    with_it = run(program("node"), "-e", code, env=trusting)

    assert without.returncode == 1
    assert with_it.returncode == 0, with_it.stdout
