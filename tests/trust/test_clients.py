from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from flask_tlsdev import keys
from flask_tlsdev.certificates import self_sign
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.trust import clients
from flask_tlsdev.trust.defaults import subject_hash
from flask_tlsdev.trust.root import Root

from ..browsers import Browser
from ..browsers import chromium
from ..browsers import CHROMIUM_DATABASE
from ..browsers import firefox
from ..browsers import trust_in_nss
from ..profiles import authority
from ..profiles import leaf_for
from ..profiles import new_key
from ..profiles import NOW
from ..tools import program
from ..tools import run

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems keep roots elsewhere"
)

Start = Callable[..., AbstractContextManager[Browser]]


class Pair:
    """Files of a pair, and a server that serves them."""

    def __init__(self, folder: Path, chain: bytes, root: bytes) -> None:
        self.certfile = folder / "cert.pem"
        self.keyfile = folder / "key.pem"
        self.root = root
        self.certfile.write_bytes(chain)
        self.keyfile.write_bytes(keys.dump(new_key()))

    def verdicts(self, environ: dict[str, str]) -> tuple[clients.Clients, ...]:
        """By the root, as for a stored pair, and by the chain, as for ``--cert``."""
        der = ssl.PEM_cert_to_DER_cert(self.root.decode())
        return (
            clients.of_root(der, environ),
            clients.of_chain(self.certfile, self.keyfile, environ),
        )

    @contextmanager
    def served(self) -> Iterator[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certfile, self.keyfile)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def signed(tmp_path: Path) -> Pair:
    ca = authority()
    chain = dump_certificates([leaf_for("localhost", new_key()), ca.intermediate])
    return Pair(tmp_path, chain, dump_certificates([ca.root]))


@pytest.fixture
def self_signed(tmp_path: Path) -> Pair:
    certificate = self_sign(
        parse("localhost"), new_key(), lifetime=timedelta(days=30), now=NOW
    )
    pem = dump_certificates([certificate])
    return Pair(tmp_path, pem, pem)


@pytest.fixture(params=["signed", "self_signed"])
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.getfixturevalue(request.param)
    return found


def curl_accepts(port: int, environ: dict[str, str]) -> bool:
    done = run(
        program("curl"),
        *("--silent", "--noproxy", "*", f"https://localhost:{port}/"),
        env={"PATH": os.environ["PATH"], **environ},
    )
    return done.returncode == 0


def python_accepts(port: int, environ: dict[str, str]) -> bool:
    script = (
        "import sys, urllib.request\n"
        "urllib.request.urlopen(sys.argv[1], timeout=20).read()\n"
    )
    done = run(
        *(sys.executable, "-c", script, f"https://localhost:{port}/"),
        env={"PATH": os.environ["PATH"], **environ},
    )
    return done.returncode == 0


#: Where the root is, and what else is set. ``{file}`` has it, ``{folder}`` has it
#: under its hash, ``{other}`` has another one.
PLACES = {
    "nowhere": {},
    "a file": {"SSL_CERT_FILE": "{file}"},
    "a folder": {"SSL_CERT_DIR": "{folder}"},
    "the second folder": {"SSL_CERT_DIR": "/nowhere:{folder}"},
    "curl's file": {"CURL_CA_BUNDLE": "{file}"},
    "not in curl's": {"CURL_CA_BUNDLE": "{other}", "SSL_CERT_FILE": "{file}"},
    "curl's is empty": {"CURL_CA_BUNDLE": "", "SSL_CERT_FILE": "{file}"},
    "not curl's folder": {"CURL_CA_BUNDLE": "{other}", "SSL_CERT_DIR": "{folder}"},
    "both": {"SSL_CERT_FILE": "{file}", "SSL_CERT_DIR": "{folder}"},
    "another file": {"SSL_CERT_FILE": "{other}"},
    "no file": {"SSL_CERT_FILE": ""},
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_what_is_said_of_curl_and_python_is_what_they_do(
    pair: Pair, home: Path, tmp_path: Path, place: dict[str, str]
) -> None:
    file, folder, other = tmp_path / "in.pem", tmp_path / "hashed", tmp_path / "other"
    root = Root.from_der(ssl.PEM_cert_to_DER_cert(pair.root.decode()))
    folder.mkdir()
    file.write_bytes(pair.root)
    (folder / f"{subject_hash(root.subject):08x}.0").write_bytes(pair.root)
    other.write_bytes(dump_certificates([authority("rsa:2048").root]))
    environ = {"HOME": str(home)} | {
        name: text.format(file=file, folder=folder, other=other)
        for name, text in place.items()
    }

    by_root, by_chain = pair.verdicts(environ)
    with pair.served() as port:
        does = {
            "curl": curl_accepts(port, environ),
            "Python": python_accepts(port, environ),
        }

    for found in (by_root, by_chain):
        assert {who: found.verdicts[who] == "yes" for who in does} == does


#: The flags of ``certutil -t``, or that the root is not there at all.
@pytest.mark.parametrize("flags", [None, "C,,", "P,,", ",,"], ids=str)
@pytest.mark.parametrize("start", [chromium, firefox])
def test_what_is_said_of_browsers_is_what_they_do(
    pair: Pair, start: Start, flags: str | None
) -> None:
    name = "Chromium" if start is chromium else "Firefox"

    def prepare(home: Path) -> None:
        database = home / CHROMIUM_DATABASE if start is chromium else home / "profile"
        if flags is not None:
            trust_in_nss(database, pair.root, "the root", flags=flags)

        ini = home / ".mozilla" / "firefox" / "profiles.ini"
        ini.parent.mkdir(parents=True)
        ini.write_text(f"[Profile0]\nIsRelative=0\nPath={home / 'profile'}\n")
        homes.append(home)

    homes: list[Path] = []
    with pair.served() as port, start(prepare=prepare) as browser:
        environ = {"HOME": str(homes[0])}
        found = [each.verdicts[name] for each in pair.verdicts(environ)]
        accepts = browser.open(f"https://localhost:{port}/").error is None

    for verdict in found:
        # Of what came with a browser, or is none of a CA, nothing is said.
        assert verdict in ("yes", "unknown") if accepts else verdict != "yes"

    # A root of ours came with no browser.
    if pair.certfile.read_bytes() != pair.root:
        assert found[0] != "unknown"


def test_a_pair_that_cannot_be_read_is_trusted_by_nobody(
    signed: Pair, home: Path
) -> None:
    signed.keyfile.write_text("no key")

    found = clients.of_chain(signed.certfile, signed.keyfile, {"HOME": str(home)})

    assert found.saying("yes") == ()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_nothing_is_looked_at_nothing_is_said_of_browsers(
    pair: Pair, platform: str
) -> None:
    der = ssl.PEM_cert_to_DER_cert(pair.root.decode())

    for found in (
        clients.of_root(der, {}, platform=platform),
        clients.of_chain(pair.certfile, pair.keyfile, {}, platform=platform),
    ):
        assert found.browsers.saying("yes", "no", "in part") == ()
