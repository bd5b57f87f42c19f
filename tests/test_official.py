"""A certificate from a commercial authority: sent for, put in, served, believed."""

from __future__ import annotations

import http.server
import json
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .browsers import chromium
from .cli.conftest import Flask
from .cli.conftest import flask as flask
from .cli.conftest import project as project
from .commercial import Authority
from .commercial import openssl
from .servers import serving
from .test_road import EXAMPLE
from .tools import program
from .tools import run


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    program("openssl")
    return Authority.make(tmp_path_factory.mktemp("ca") / "acme")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    program("openssl")
    return Authority.make(tmp_path_factory.mktemp("ca") / "other", "Other")


@pytest.fixture
def ordered(flask: Flask, project: Path, authority: Authority) -> Path:
    """The certificate in ``cert.pem``, sent back for the CSR to ``key.pem``."""
    return order(flask, project, authority)


def order(flask: Flask, project: Path, authority: Authority, url: str = "") -> Path:
    done = flask(
        *("tls", "csr", "shop.test", "www.shop.test", "--subject", "O=Shop,C=DE"),
        *("--key-type", "rsa:2048", "--keyout", "key.pem", "--out", "shop.csr"),
    )
    assert done.exit_code == 0, done.output
    return authority.sign(project / "shop.csr", project / "cert.pem", url=url)


def served_chain(done_json: str) -> list[str]:
    chain: list[str] = json.loads(done_json)["chain"]
    return chain


GOOD_CHAIN = ["'O=Shop,C=DE'", "'Acme Intermediate 2'", "'Acme Intermediate 1'"]


def test_the_csr_is_what_an_authority_accepts(ordered: Path, project: Path) -> None:
    text = openssl("req", "-in", "shop.csr", "-noout", "-verify", "-text")

    assert "DNS:shop.test, DNS:www.shop.test" in text
    assert "O = Shop, C = DE" in text
    assert stat.S_IMODE((project / "key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("with_root", [True, False], ids=["root", "no root"])
@pytest.mark.parametrize("order", ["right", "wrong"])
def test_the_chain_is_sorted_whatever_the_order(
    flask: Flask,
    ordered: Path,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    with_root: bool,
) -> None:
    files = [str(ordered), str(authority.two), str(authority.one)]
    if order == "wrong":
        files.reverse()
    if with_root:
        files.insert(0, str(authority.root))
    else:
        # As with every authority that this system knows.
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))

    done = flask("tls", "import", *files, "--key", "key.pem", "--json")

    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["chain"] == GOOD_CHAIN
    assert answer["roots"] == (["'Acme Root'"] if with_root else [])
    written = Path(answer["certificate"]).read_text()
    assert written.count("BEGIN CERTIFICATE") == 3
    chain = "".join(
        path.read_text() for path in (ordered, authority.two, authority.one)
    )
    assert written == "".join(
        part + "-----END CERTIFICATE-----\n"
        for part in chain.replace("\n\n", "\n").split("-----END CERTIFICATE-----\n")[
            :-1
        ]
    )


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        pytest.param([], "Acme Intermediate 2", id="both"),
        pytest.param(["two"], "Acme Intermediate 1", id="upper"),
        pytest.param(["one"], "Acme Intermediate 2", id="lower"),
        pytest.param(["one", "root"], "Acme Intermediate 2", id="lower, with the root"),
    ],
)
def test_what_is_missing_is_named(
    flask: Flask,
    ordered: Path,
    authority: Authority,
    home: Path,
    given: list[str],
    missing: str,
) -> None:
    files = [str(getattr(authority, name)) for name in given]

    done = flask("tls", "import", str(ordered), *files, "--key", "key.pem")

    assert done.exit_code == 1
    assert f"CN={missing}' (key " in done.stderr
    assert "whose certificate is missing" in done.stderr
    assert not list(home.rglob("tls.key"))


def test_a_foreign_intermediate_takes_no_ones_place(
    flask: Flask, ordered: Path, authority: Authority, foreign: Authority
) -> None:
    instead = flask(
        *("tls", "import", str(ordered), str(foreign.two), str(authority.one)),
        *(str(authority.root), "--key", "key.pem"),
    )
    beside = flask(
        *("tls", "import", str(ordered), str(foreign.two), str(authority.two)),
        *(str(authority.one), str(authority.root), "--key", "key.pem", "--json"),
    )

    assert instead.exit_code == 1
    assert "CN=Acme Intermediate 2" in instead.stderr
    assert beside.exit_code == 0
    assert json.loads(beside.stdout)["unused"] == ["'Other Intermediate 2'"]
    assert "Not needed, left out: 'Other Intermediate 2'" in beside.stderr


def test_another_key_is_refused(
    flask: Flask, ordered: Path, authority: Authority
) -> None:
    flask("tls", "key", "--out", "other.pem")

    done = flask(
        *("tls", "import", str(ordered), str(authority.two), str(authority.one)),
        *(str(authority.root), "--key", "other.pem"),
    )

    assert done.exit_code == 1
    assert "does not belong to" in done.stderr


@contextmanager
def offered(data: bytes) -> Iterator[str]:
    """The URL of an HTTP server that answers with this."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/two.crt"
        server.shutdown()


def test_a_missing_intermediate_is_fetched_only_when_told_to(
    flask: Flask, project: Path, authority: Authority
) -> None:
    der = project / "two.der"
    openssl("x509", "-in", authority.two, "-outform", "DER", "-out", der)

    with offered(der.read_bytes()) as url:
        cert = order(flask, project, authority, url=url)
        files = (str(cert), str(authority.one), str(authority.root))
        command = ("tls", "import", *files, "--key", "key.pem", "--json")
        untold = flask(*command)
        told = flask(*command, "--fetch-issuer")

    assert untold.exit_code == 1
    assert url in untold.stderr
    assert "--fetch-issuer" in untold.stderr
    assert told.exit_code == 0, told.stderr
    assert served_chain(told.stdout) == GOOD_CHAIN


def test_what_is_fetched_is_not_believed(
    flask: Flask, project: Path, authority: Authority, foreign: Authority
) -> None:
    with offered(foreign.two.read_bytes()) as url:
        cert = order(flask, project, authority, url=url)
        done = flask(
            *("tls", "import", str(cert), str(authority.one), str(authority.root)),
            *("--key", "key.pem", "--fetch-issuer"),
        )

    assert done.exit_code == 1
    assert "whose certificate is missing" in done.stderr


@pytest.fixture
def imported(flask: Flask, ordered: Path, authority: Authority) -> Path:
    done = flask(
        *("tls", "import", str(authority.root), str(authority.one), str(ordered)),
        *(str(authority.two), "--key", "key.pem"),
    )
    assert done.exit_code == 0, done.output
    return authority.root


@pytest.fixture
def run_imported(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setenv("FLASK_TLSDEV_NAMES", "shop.test")
    monkeypatch.setenv("FLASK_TLSDEV_ISSUER", "imported")
    return EXAMPLE


def test_curl_believes_the_server(
    imported: Path, run_imported: tuple[str, ...]
) -> None:
    with serving(*run_imported, "--issuer", "imported") as server:
        done = run(
            program("curl"),
            *("--silent", "--show-error", "--cacert", imported, "--noproxy", "*"),
            *("--connect-to", f"::127.0.0.1:{server.port}", "https://shop.test/"),
        )

    assert done.returncode == 0, done.stderr
    assert "It works over HTTPS" in done.stdout


def test_chromium_believes_the_server(
    imported: Path, run_imported: tuple[str, ...]
) -> None:
    with (
        serving(*run_imported, "--issuer", "imported") as server,
        chromium(imported.read_bytes()) as browser,
    ):
        page = browser.open(f"https://shop.test:{server.port}/")

    assert page.error is None
    assert page.security == "secure"


def test_verify_believes_the_server(
    flask: Flask, imported: Path, run_imported: tuple[str, ...]
) -> None:
    with serving(*run_imported, "--issuer", "imported") as server:
        done = flask(
            *("tls", "verify", f"127.0.0.1:{server.port}", "--ca", str(imported)),
            *("--name", "shop.test", "--json"),
        )

    answer = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert answer["path"] == [*GOOD_CHAIN, "'Acme Root'"]
    assert not [each for each in answer["checks"] if each["status"] == "failed"]


def test_a_name_that_was_not_imported_is_not_made_up(
    flask: Flask, imported: Path
) -> None:
    done = flask("tls", "issue", "other.test", "--issuer", "imported")

    assert done.exit_code == 1
    assert "No imported pair is good for other.test" in done.stderr


def test_a_renewed_certificate_takes_the_old_ones_place(
    flask: Flask, imported: Path, project: Path, authority: Authority
) -> None:
    longer = authority.sign(project / "shop.csr", project / "longer.pem", days=120)
    others = (str(authority.two), str(authority.one), str(authority.root))

    new = flask("tls", "import", str(longer), *others, "--key", "key.pem")
    old = flask("tls", "import", "cert.pem", *others, "--key", "key.pem")
    forced = flask("tls", "import", "cert.pem", *others, "--key", "key.pem", "--force")

    assert new.exit_code == 0
    assert old.exit_code == 1
    assert "--force" in old.stderr
    assert forced.exit_code == 0


def test_the_validation_file_is_shown_over_plain_http_without_a_redirect(
    tmp_path: Path,
) -> None:
    (tmp_path / "fileauth.txt").write_text("<html>token-1234")
    (tmp_path.parent / "secret.txt").write_text("secret")
    app = f"""
from flask import Flask, abort
from flask_tlsdev import TLSDev
app = Flask(__name__)
app.config["TLSDEV_VALIDATION_PATH"] = {str(tmp_path)!r}
app.config["TLSDEV_FORCE_HTTPS"] = True
TLSDev(app)
@app.before_request
def log_in(): abort(401)
client = app.test_client()
path = "/.well-known/pki-validation/"
found = client.get(path + "fileauth.txt")
print(found.status_code, found.text, found.mimetype)
for other in ("none.txt", "../secret.txt", "%2e%2e/secret.txt", ""):
    print(client.get(path + other).status_code)
print(client.post(path + "fileauth.txt").status_code, client.get("/").status_code)
"""
    done = run(sys.executable, "-c", app)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "200 <html>token-1234 text/plain"
    assert "200" not in "".join(lines[1:])
