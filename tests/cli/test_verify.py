from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result

from ..commercial import Authority
from ..commercial import openssl
from ..tools import program
from .conftest import Flask


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    program("openssl")
    made = Authority.make(tmp_path_factory.mktemp("ca") / "acme")
    openssl(
        *("req", "-new", "-newkey", "rsa:2048", "-noenc"),
        *("-keyout", made.folder / "leaf.key", "-subj", "/CN=a.test"),
        *("-addext", "subjectAltName=DNS:a.test,DNS:localhost"),
        *("-out", made.folder / "leaf.csr"),
    )
    made.sign(made.folder / "leaf.csr", made.folder / "leaf.crt")
    return made


@pytest.fixture
def leaf(authority: Authority) -> Path:
    return authority.folder / "leaf.crt"


def failed(done: Result) -> dict[str, str]:
    """What failed, by the name of the check."""
    answer = json.loads(done.stdout)
    assert answer["ok"] is (done.exit_code == 0)
    assert done.exit_code in (0, 3)
    return {
        each["name"]: each["text"]
        for each in answer["checks"]
        if each["status"] == "failed"
    }


def verify(flask: Flask, authority: Authority, *options: str | Path) -> dict[str, str]:
    texts = map(str, (*options, "--ca", authority.root))
    return failed(flask("tls", "verify", "--json", *texts))


def test_a_whole_chain_is_good(flask: Flask, authority: Authority, leaf: Path) -> None:
    files = (leaf, authority.two, authority.one)

    assert verify(flask, authority, *files, "--name", "a.test") == {}


@pytest.mark.parametrize(
    ("options", "check", "reason"),
    [
        pytest.param(["--at", "2040-01-01"], "dates", "expired on", id="expired"),
        pytest.param(["--at", "2020-01-01"], "dates", "not yet", id="not yet"),
        pytest.param(["--name", "b.test"], "names", "not for b.test", id="name"),
        pytest.param(["--purpose", "client"], "purpose", "clients out", id="purpose"),
    ],
)
def test_what_is_wrong_is_named(
    flask: Flask,
    authority: Authority,
    leaf: Path,
    options: list[str],
    check: str,
    reason: str,
) -> None:
    files = (leaf, authority.two, authority.one)

    found = verify(flask, authority, *files, *options)

    assert reason in found[check]


def test_a_missing_intermediate_is_named(
    flask: Flask, authority: Authority, leaf: Path
) -> None:
    found = verify(flask, authority, leaf, authority.one)

    assert "CN=Acme Intermediate 2" in found["chain"]
    assert "is missing" in found["chain"]


def test_wrong_order_is_said(flask: Flask, authority: Authority, leaf: Path) -> None:
    found = verify(flask, authority, leaf, authority.one, authority.two)

    assert found == {"order": "The certificates are in the wrong order."}


def test_a_key_of_another_certificate_is_said(
    flask: Flask, authority: Authority, leaf: Path
) -> None:
    files = (leaf, authority.two, authority.one)

    flask("tls", "key", "--out", "other.pem")

    found = verify(flask, authority, *files, "other.pem")

    assert "does not belong" in found["key"]


def test_a_forbidden_name_is_said(flask: Flask, project: Path) -> None:
    flask("tls", "ca", "create")
    flask("tls", "ca", "export", "--out", "root.crt")
    (folder,) = Path.home().rglob("ca.key")
    openssl(
        *("req", "-new", "-newkey", "rsa:2048", "-noenc", "-keyout", "evil.key"),
        *("-subj", "/CN=bank.example", "-out", "evil.csr"),
    )
    (project / "ext").write_text("subjectAltName=DNS:bank.example\n")
    openssl(
        *("x509", "-req", "-in", "evil.csr", "-CA", folder.with_name("ca.crt")),
        *("-CAkey", folder, "-extfile", "ext", "-out", "evil.crt", "-days", "9"),
    )

    done = flask(
        *("tls", "verify", "evil.crt", str(folder.with_name("ca.crt")), "--json"),
        *("--ca", "root.crt"),
    )

    assert "may not sign 'bank.example'" in failed(done)["constraints"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param(["rsa:1024", "-sha256"], "1024 bits", id="short key"),
        pytest.param(["rsa:2048", "-sha1"], "SHA1", id="SHA-1"),
    ],
)
def test_weak_certificates_are_said(
    flask: Flask, authority: Authority, project: Path, options: list[str], reason: str
) -> None:
    kind, digest = options
    openssl(
        *("req", "-new", "-newkey", kind, "-noenc", "-keyout", "weak.key"),
        *("-subj", "/CN=a.test", "-out", "weak.csr"),
    )
    (project / "ext").write_text("subjectAltName=DNS:a.test\n")
    openssl(
        *("x509", "-req", "-in", "weak.csr", "-CA", authority.two, digest),
        *("-CAkey", authority.folder / "two.key", "-extfile", "ext"),
        *("-out", "weak.crt", "-days", "9"),
    )

    found = verify(flask, authority, "weak.crt", authority.two, authority.one)

    assert reason in f"{found}"


def test_lint_is_a_warning_and_no_failure(
    flask: Flask, authority: Authority, project: Path
) -> None:
    long = authority.sign(authority.folder / "leaf.csr", project / "long.crt", days=500)

    done = flask(
        *("tls", "verify", str(long), str(authority.two), str(authority.one)),
        *("--ca", str(authority.root)),
    )

    assert done.exit_code == 0
    assert "at most 398 days" in done.stdout


@contextmanager
def served(authority: Authority, *chain: Path) -> Iterator[str]:
    """A server that sends these certificates, whatever their order."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    bundle = authority.folder / "served.pem"
    bundle.write_text("".join(path.read_text() for path in chain))
    context.load_cert_chain(bundle, authority.folder / "leaf.key")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener, context), daemon=True)
        thread.start()
        yield f"localhost:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.settimeout(20)
        try:
            with context.wrap_socket(client, server_side=True) as connection:
                connection.recv(1)
        except OSError:
            client.close()


def test_a_good_server_is_good(flask: Flask, authority: Authority, leaf: Path) -> None:
    with served(authority, leaf, authority.two, authority.one) as address:
        done = flask(*("tls", "verify", address, "--ca", str(authority.root), "--json"))
        shown = flask("tls", "show", address, "--json")
        pem = flask("tls", "show", address, "--pem")

    assert failed(done) == {}
    assert "TLSv1.3 with " in done.stdout
    assert len(json.loads(shown.stdout)) == 3
    assert pem.stdout.count("BEGIN CERTIFICATE") == 3


def test_a_server_without_intermediate_is_said(
    flask: Flask, authority: Authority, leaf: Path
) -> None:
    with served(authority, leaf) as address:
        found = verify(flask, authority, address)

    assert found["chain"].startswith("The server sends no intermediate")


def test_a_servers_wrong_order_and_its_root_are_said(
    flask: Flask, authority: Authority, leaf: Path
) -> None:
    chain = (leaf, authority.root, authority.one, authority.two)
    with served(authority, *chain) as address:
        done = flask("tls", "verify", address, "--ca", str(authority.root))

    assert done.exit_code == 3
    assert "The certificates are in the wrong order." in done.stdout
    assert "The root 'Acme Root' is sent along" in done.stdout


def test_what_cannot_be_seen_is_not_judged(
    flask: Flask, authority: Authority, leaf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hasattr(ssl.SSLSocket, "get_unverified_chain"):
        pytest.skip("this Python sees the whole chain")
    monkeypatch.setenv("PATH", "/nowhere")

    with served(authority, leaf, authority.two) as address:
        done = flask("tls", "verify", address, "--ca", str(authority.root))

    assert "-       order: What the server sends beside" in done.stdout
    assert "It takes Python 3.13 or the openssl program" in done.stdout
    assert "or the server sends it unseen" in done.stdout
    assert done.exit_code == 0


def test_a_server_that_speaks_no_tls_is_one_sentence(flask: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            client, _ = listener.accept()
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        done = flask("tls", "verify", f"127.0.0.1:{port}")
        thread.join()

    assert done.exit_code == 1
    assert "does not finish a TLS handshake" in done.stderr


def test_nobody_there_is_one_sentence(flask: Flask) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        done = flask("tls", "show", f"127.0.0.1:{port}")

    assert done.exit_code == 1
    assert "Connection refused" in done.stderr


def test_a_pair_of_the_own_ca_is_good_without_more_options(flask: Flask) -> None:
    flask("tls", "issue", "a.test", "--keyout", "key.pem", "--out", "cert.pem")

    done = flask("tls", "verify", "cert.pem", "key.pem", "--name", "a.test")

    assert done.exit_code == 0
    assert "is the root of your own CA" in done.stdout


def test_a_public_key_that_is_none_is_said(flask: Flask, project: Path) -> None:
    flask("tls", "issue", "a.test", "--keyout", "key.pem", "--out", "cert.pem")
    openssl("x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der")
    der = (project / "cert.der").read_bytes()
    # The first byte of an uncompressed point.
    at = der.index(b"\x03\x42\x00\x04") + 3
    (project / "cert.der").write_bytes(der[:at] + b"\x09" + der[at + 1 :])

    done = flask("tls", "verify", "cert.der", "key.pem")
    put_in = flask("tls", "import", "cert.der", "--key", "key.pem")

    assert done.exit_code == 3
    assert "public key" in done.stdout
    assert put_in.exit_code == 1
