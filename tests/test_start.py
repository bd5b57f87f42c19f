"""What a start costs is kept by what it imports: milliseconds are not steady."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .servers import flask
from .servers import serving
from .tools import run

APP = """\
import sys
from flask import Flask
app = Flask(__name__)
{more}
@app.get("/")
def index(): return "\\n".join(sys.modules)
"""

WITH_TLSDEV = "from flask_tlsdev import TLSDev\nTLSDev(app)"

#: As many of our modules as there were when this was written, and a few.
MOST = {"an app": 92, "an app with TLSDev": 141}

#: What serves no stored pair.
NOT_NEEDED = (
    "cryptography",
    "acme",
    "hvac",
    "requests",
    "configparser",
    "concurrent.futures",
    "asyncio",
    "sqlite3",
    "flask_tlsdev.certificates",
    "flask_tlsdev.contexts.plain_http",
    "flask_tlsdev.csr",
    "flask_tlsdev.describe",
    "flask_tlsdev.doctor",
    "flask_tlsdev.files._writing",
    "flask_tlsdev.headers.grading",
    "flask_tlsdev.hooks",
    "flask_tlsdev.issuers.acme",
    "flask_tlsdev.issuers.vault",
    "flask_tlsdev.keys._reading",
    "flask_tlsdev.lan",
    "flask_tlsdev.manifest",
    "flask_tlsdev.on_demand",
    "flask_tlsdev.pairs",
    "flask_tlsdev.phones",
    "flask_tlsdev.programs",
    "flask_tlsdev.trust.changes",
    "flask_tlsdev.trust.java",
    "flask_tlsdev.trust.linux",
    "flask_tlsdev.verification",
    "flask_tlsdev.web.audit",
)


def imported_by(folder: Path, app: str) -> set[str]:
    """The modules of a server that has found its pair in the store and answered."""
    (folder / "app.py").write_text(app)
    root = folder / "root.crt"
    assert run(*flask("tls", "issue"), cwd=folder).returncode == 0
    assert run(*flask("tls", "ca", "export", "--out", root)).returncode == 0

    with serving("tls", "run", cwd=folder) as server:
        _, answer = server.get(cafile=root)

    return set(answer.decode().split())


@pytest.mark.parametrize("kind", MOST)
def test_a_start_with_a_stored_pair_imports_what_serves_it(
    tmp_path: Path, kind: str
) -> None:
    more = WITH_TLSDEV if kind == "an app with TLSDev" else ""

    imported = imported_by(tmp_path, APP.format(more=more))

    ours = {name for name in imported if name.partition(".")[0] == "flask_tlsdev"}
    assert not imported.intersection(NOT_NEEDED)
    assert len(ours) <= MOST[kind], sorted(ours)


def test_an_app_without_our_headers_does_not_load_them(tmp_path: Path) -> None:
    imported = imported_by(tmp_path, APP.format(more=""))

    assert not imported & {"flask_tlsdev.headers", "flask_tlsdev.web"}


def test_another_command_of_flask_loads_none_of_ours(tmp_path: Path) -> None:
    program = "import sys, flask_tlsdev.cli; print(*sys.modules)"

    done = run(sys.executable, "-c", program, cwd=tmp_path)

    ours = {name for name in done.stdout.split() if name.startswith("flask_tlsdev.")}
    assert ours == {
        "flask_tlsdev.cli",
        "flask_tlsdev.cli.dotenv",
        "flask_tlsdev.cli.group",
        "flask_tlsdev.cli.variables",
        "flask_tlsdev.errors",
        "flask_tlsdev.printable",
    }
