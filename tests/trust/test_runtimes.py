from __future__ import annotations

import json
import os
import re
import ssl
import sys
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from flask_tlsdev.errors import TrustError
from flask_tlsdev.trust import runtimes
from flask_tlsdev.trust.runtimes import Bundles

from ..servers import flask
from ..servers import Server
from ..servers import serving
from ..tools import program
from ..tools import run
from .making import our_root

ROOT, LATER = our_root(), our_root(1)

URLLIB = (
    "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], method='GET'))"
)
REQUESTS = "import sys, requests; requests.get(sys.argv[1]).raise_for_status()"
HTTPX = "import sys, httpx; httpx.get(sys.argv[1]).raise_for_status()"
NODE = (
    "require('https').get(process.argv[1], a => a.resume())"
    ".on('error', e => { console.error(e.code); process.exit(1) })"
)

#: What asks for a page; git asks for a repository that is not there.
CLIENTS: dict[str, Callable[[str], list[str]]] = {
    "urllib": lambda url: [sys.executable, "-c", URLLIB, url],
    "requests": lambda url: [sys.executable, "-c", REQUESTS, url],
    "httpx": lambda url: [sys.executable, "-c", HTTPX, url],
    "node": lambda url: [program("node"), "-e", NODE, url],
    "curl": lambda url: [program("curl"), "-sS", "--noproxy", "*", url],
    "git": lambda url: [program("git"), "ls-remote", f"{url}none.git"],
}


@pytest.fixture
def bundles(tmp_path: Path) -> Bundles:
    return Bundles(tmp_path / "data")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving("--app", "example_app", "tls", "run") as server:
        yield server


def in_file(path: Path) -> set[bytes]:
    """The certificates that OpenSSL finds in it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    return set(context.get_ca_certs(binary_form=True))


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_is_refused_without_and_accepted_with_it(
    server: Server, name: str, tmp_path: Path
) -> None:
    command = CLIENTS[name](f"https://localhost:{server.port}/")
    clean = {key: os.environ[key] for key in ("HOME", "PATH")}

    before = run(*command, env=clean, cwd=tmp_path)
    after = run(*flask("tls", "env", "--", *command), env=clean, cwd=tmp_path)

    assert before.returncode != 0
    assert re.search("(?i)cert|verif", before.stderr), before.stderr
    if name == "git":
        # That far it only comes over a connection that it trusts.
        assert "not found" in after.stderr
    else:
        assert after.returncode == 0, after.stderr


def test_all_that_was_trusted_before_still_is(bundles: Bundles) -> None:
    bundles.make(ROOT, {})

    found = in_file(bundles.whole)

    for path in runtimes.public_roots():
        assert in_file(path) <= found
    assert ROOT.der in found
    assert in_file(bundles.extra) == {ROOT.der}


def test_certifi_is_among_them_and_is_not_touched(bundles: Bundles) -> None:
    path = Path(certifi.where())
    before = path.read_bytes(), path.stat().st_mtime_ns

    bundles.make(ROOT, {})

    assert path.resolve() in [each.resolve() for each in runtimes.public_roots()]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_is_as_it_should_be_is_not_written_again(bundles: Bundles) -> None:
    assert bundles.make(ROOT, {})
    written = bundles.whole.stat().st_ino

    assert not bundles.make(ROOT, {})
    assert bundles.whole.stat().st_ino == written


def test_it_is_made_anew_when_the_public_roots_change(
    bundles: Bundles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = tmp_path / "cacert.pem"
    public.write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setattr(runtimes, "public_roots", lambda: (public,))
    bundles.make(ROOT, {})

    public.write_bytes(_without_first(Path(certifi.where()).read_bytes()))

    assert not bundles.is_current(ROOT, {})
    assert bundles.make(ROOT, {})
    assert in_file(bundles.whole) == in_file(public) | {ROOT.der}


def _without_first(pem: bytes) -> bytes:
    return pem.partition(b"-----END CERTIFICATE-----")[2]


def test_another_ca_takes_the_place_of_the_earlier_one(bundles: Bundles) -> None:
    bundles.make(ROOT, {})
    environ = bundles.variables

    bundles.make(LATER, environ)

    assert LATER.der in in_file(bundles.whole)
    assert ROOT.der not in in_file(bundles.whole)
    assert in_file(bundles.extra) == {LATER.der}


@pytest.mark.parametrize("variable", runtimes.VARIABLES)
def test_a_file_that_the_user_names_is_kept_for_good(
    bundles: Bundles, tmp_path: Path, variable: str
) -> None:
    theirs = tmp_path / "company.pem"
    theirs.write_bytes(_first(Path(certifi.where()).read_bytes()))
    made = bundles.extra if variable == runtimes.EXTRA else bundles.whole

    bundles.make(ROOT, {variable: str(theirs)})
    once = in_file(made)
    bundles.make(ROOT, bundles.variables)

    assert once == in_file(made) == in_file(theirs) | {ROOT.der}


def _first(pem: bytes) -> bytes:
    end = b"-----END CERTIFICATE-----"
    return pem.partition(end)[0] + end + b"\n"


def test_a_file_that_is_gone_is_passed_over(bundles: Bundles) -> None:
    bundles.make(ROOT, {"SSL_CERT_FILE": "/nowhere.pem"})

    assert len(in_file(bundles.whole)) > 50


def test_ours_alone_is_refused(
    bundles: Bundles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "public_roots", lambda: ())

    with pytest.raises(TrustError, match="pip install certifi"):
        bundles.make(ROOT, {})

    assert not bundles.whole.exists()


def test_a_certifi_of_the_working_folder_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "certifi"
    foreign.mkdir()
    (foreign / "__init__.py").write_text("raise SystemExit('imported')")
    (foreign / "cacert.pem").write_bytes(LATER.pem)
    run(*flask("tls", "ca", "create"))

    done = run(*flask("tls", "env", "--json"), cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    made = Path(json.loads(done.stdout)["SSL_CERT_FILE"])
    assert LATER.der not in in_file(made)


def test_a_dotenv_file_names_no_roots(tmp_path: Path, home: Path) -> None:
    (tmp_path / "evil.pem").write_bytes(LATER.pem)
    (tmp_path / ".env").write_text(f"SSL_CERT_FILE={tmp_path / 'evil.pem'}\n")
    run(*flask("tls", "ca", "create"))

    done = run(*flask("tls", "env", "--json"), cwd=tmp_path)

    made = Path(json.loads(done.stdout)["SSL_CERT_FILE"])
    assert LATER.der not in in_file(made)
    assert made.is_relative_to(home)


def test_deleted_they_leave_nothing(bundles: Bundles) -> None:
    bundles.make(ROOT, {})
    environ = {**bundles.variables, "PIP_CERT": "/x"}

    assert bundles.named_by(environ) == runtimes.VARIABLES
    assert bundles.delete()
    assert not bundles.delete()
    assert {each.name for each in bundles.folder.iterdir()} == {
        "CACHEDIR.TAG",
        ".gitignore",
    }
