from __future__ import annotations

import re
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from flask.cli import cli

from flask_tlsdev.pairs import dump_certificates
from tests.runner import CliRunner

from ..profiles import forged
from ..profiles import new_key
from ..profiles import plain_root
from ..servers import flask
from ..servers import Server
from ..servers import serving
from ..tools import run

#: Sets the title, clears the screen, turns text round, hides, begins a new line.
EVIL = "\x1b]0;owned\a\x1b[2J\u202eevil\u200b\x9b31m\x85\u2028"

#: What a terminal acts on. Werkzeug's own colours are not somebody else's.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def assert_harmless(text: str) -> None:
    assert not UNSAFE.search(COLOURS.sub("", text)), ascii(text)
    assert "owned" not in text or "\\x1b]0;owned" in text


def test_fields_of_a_certificate_are_shown_harmlessly(tmp_path: Path) -> None:
    key = new_key()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, EVIL),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"O{EVIL}"),
        ]
    )
    name = EVIL.encode().decode("latin-1")[:20].encode("ascii", "ignore").decode()
    san = x509.SubjectAlternativeName(
        [
            x509.DNSName(name),
            x509.RFC822Name(name),
            x509.UniformResourceIdentifier(f"http://{name}"),
            x509.DirectoryName(subject),
        ]
    )
    leaf = forged(key, signer=key, issuer=plain_root(key), subject=subject, san=san)
    (tmp_path / "c.pem").write_bytes(dump_certificates([leaf]))

    for options in ([], ["--json"]):
        done = run(*flask("tls", "show", *options, "c.pem"), cwd=tmp_path)

        assert done.returncode == 0, done.stderr
        assert_harmless(done.stdout + done.stderr)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose folder has a name of that kind."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / EVIL.replace("/", "")
    path.mkdir()
    path.chmod(0o700)
    (path / "app.py").write_text(
        "from flask import Flask\nfrom flask_tlsdev import TLSDev\n"
        "app = Flask(__name__)\napp.config['TLSDEV_HANDSHAKE_TIMEOUT'] = '1s'\n"
        "TLSDev(app)\n"
    )
    yield path

    # Another test's app has the same name.
    sys.modules.pop("app", None)


def test_folders_are_shown_harmlessly(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    inside = ("tls", "--store-path", "pairs", "--ca-path", "ca")
    evil = f"sub{EVIL}"

    for arguments in (
        (*inside, "list"),
        (*inside, "ca", "show"),
        (*inside, "ca", "create"),
        (*inside, "ca", "create", "--yes"),
        (*inside, "ca", "show"),
        (*inside, "issue", "a.test"),
        (*inside, "list"),
        (*inside, "issue", "a.test", "--out", f"c{EVIL}", "--keyout", f"k{EVIL}"),
        (*inside, "issue", "a.test", "--out", f"c{EVIL}", "--keyout", f"k{EVIL}"),
        (*inside, "ca", "export", "--out", f"{evil}/root.crt"),
        (*inside, "ca", "export", "--out", f"r{EVIL}"),
        (*inside, "show", f"c{EVIL}", f"k{EVIL}"),
        (*inside, "show", "missing", evil),
        (*inside, "show", "."),
        (*inside, "delete", "a.test", "--yes"),
        (*inside, "delete", evil, "--yes"),
        (*inside, "issue", evil),
        (*inside, "issue", "--issuer", evil),
        (*inside, "issue", "--key-type", evil),
        (*inside, "issue", "--days", evil),
        (*inside, "issue", "--subject", evil, "--out", "x", "--keyout", "y"),
        (*inside, "issue", "--key", evil, "--out", "x"),
        (*inside, "issue", f"--{evil}"),
        (*inside, "ca", evil),
        (*inside, "ca", "create", "--yes", "--permit", evil),
        (*inside, "ca", "delete", "--yes"),
        ("tls", evil),
    ):
        done = CliRunner().invoke(cli, arguments)

        assert isinstance(done.exception, (SystemExit, type(None))), done.exception
        assert_harmless(done.output)


def test_banner_and_log_are_harmless(folder: Path) -> None:
    issue = ("issue", "localhost", "--out", "c.pem", "--keyout", "k.pem")
    assert run(*flask("tls", *issue), cwd=folder).returncode == 0
    pair = ("--cert", "c.pem", "--key", "k.pem")

    with serving("tls", "run", *pair, cwd=folder) as server:
        for head in (
            f"GET /{EVIL} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
            b"GET /%1b%5d0;owned%07%e2%80%ae%e2%80%8b%0a HTTP/1.1\r\nHost: a\r\n\r\n",
            f"{EVIL} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
            f"GET / {EVIL}\r\nHost: localhost\r\n\r\n".encode(),
            f"GET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\n".encode(),
        ):
            talk(server, head)
            talk(server, head, tls=False)

        talk(server, b"\x16\x03\x01\x1b[2J\x1b]0;owned\a", tls=False)
        talk(server, b"GET /the-end HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server.wait_for("the-end")

        assert_harmless(server.output.replace("\n", " "))


def talk(server: Server, data: bytes, *, tls: bool = True) -> None:
    """Send it, and wait until the server has answered and closed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as plain:
        client = context.wrap_socket(plain) if tls else plain
        client.sendall(data)
        # To be refused at once is an answer.
        with suppress(OSError):
            client.recv(4096)
        client.close()
