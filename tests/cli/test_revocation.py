"""``flask tls verify --fetch-revocation``, against real servers."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..acme_servers import free_ports
from ..commercial import Authority
from ..commercial import openssl
from ..tools import program
from ..vault_servers import Bao
from ..vault_servers import running_bao
from .conftest import Flask


@pytest.fixture(scope="module", params=["dev", "real"])
def bao(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bao]:
    """Its URLs are of http and on loopback, or of https under a CA of its own."""
    folder = tmp_path_factory.mktemp("bao")
    with running_bao(folder, dev=request.param == "dev") as running:
        yield running


@pytest.fixture
def issued(
    flask: Flask, bao: Bao, project: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with a copy of a pair from there."""
    monkeypatch.setenv("VAULT_ADDR", bao.address)
    monkeypatch.setenv("VAULT_TOKEN", bao.token)
    if bao.cafile:
        monkeypatch.setenv("VAULT_CACERT", str(bao.cafile))
    typed = ("--issuer", "vault", "--vault-role", "web", "--force", "--json")
    done = flask("tls", "issue", "app.test", *typed)
    found = json.loads(done.stdout)
    for name in ("certificate", "roots"):
        (project / name).write_bytes(Path(found[name]).read_bytes())

    return project


def verify(flask: Flask, folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """The exit code and what is said of the leaf's revocation."""
    done = flask(
        *("tls", "verify", str(folder / "certificate"), "--json"),
        *("--ca", str(folder / "roots"), "--fetch-revocation"),
    )
    checks = [
        (each["status"], each["text"])
        for each in json.loads(done.stdout)["checks"]
        if each["name"] == "revocation" and "'Test CA' does not say" not in each["text"]
    ]
    assert "Fetching http" in done.stderr
    return done.exit_code, checks


def test_openbaos_list_and_responder_are_asked(flask: Flask, issued: Path) -> None:
    assert verify(flask, issued) == (
        0,
        [
            ("ok", "'app.test' was not revoked, says the OCSP responder"),
            ("ok", "'app.test' is not on the list of 'Test CA'"),
        ],
    )


def test_the_ca_and_its_addresses_are_shown(
    flask: Flask, issued: Path, bao: Bao
) -> None:
    shown = [
        flask("tls", "show", str(issued / name)).stdout
        for name in ("certificate", "roots")
    ]

    assert f"{bao.address}/v1/pki/crl" in shown[0]
    assert f"{bao.address}/v1/pki/ocsp" in shown[0]
    assert "Test CA" in shown[0]
    assert "Test Root" in shown[1]


def test_what_was_revoked_there_is_refused(flask: Flask, issued: Path) -> None:
    revoked = flask("tls", "revoke", "app.test", "--yes")
    assert revoked.exit_code == 0, revoked.output

    code, checks = verify(flask, issued)

    assert code == 3
    assert [status for status, _ in checks] == ["failed", "failed"]
    assert all("'app.test' was revoked on" in text for _, text in checks)


def test_nothing_is_good_while_nobody_answers(
    flask: Flask, issued: Path, bao: Bao
) -> None:
    bao.kill()

    code, checks = verify(flask, issued)

    assert code == 3
    assert [status for status, _ in checks] == ["failed", "failed"]
    assert all("Connection refused" in text for _, text in checks)
    bao.start()
    if not bao.dev:
        bao.unseal()


def test_the_date_of_another_day_is_not_for_what_is_fetched(flask: Flask) -> None:
    done = flask("tls", "verify", "x", "--at", "2027-01-31", "--fetch-revocation")

    assert done.exit_code == 2
    assert "leave --at out" in done.stderr


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        ("V\t400101000000Z\t", 0, "was not revoked, says the OCSP responder"),
        ("R\t400101000000Z\t260101000000Z,keyCompromise", 3, "reason: keyCompromise"),
    ],
    ids=["good", "revoked"],
)
def test_openssls_responder_is_believed_in_its_issuers_name(
    flask: Flask, tmp_path: Path, entry: str, code: int, said: str
) -> None:
    program("openssl")
    authority = Authority.make(tmp_path / "ca")
    (port,) = free_ports(1)
    leaf = signed(authority, f"http://127.0.0.1:{port}")
    serial = openssl("x509", "-in", leaf, "-noout", "-serial").strip().split("=")[1]
    (tmp_path / "index").write_text(f"{entry}\t{serial}\tunknown\t/CN=a.test\n")

    with responding(authority, tmp_path / "index", port):
        done = flask(
            *("tls", "verify", str(leaf), str(authority.two), str(authority.one)),
            *("--ca", str(authority.root), "--fetch-revocation"),
        )

    assert said in done.stdout, done.output
    assert done.exit_code == code


def signed(authority: Authority, ocsp: str) -> Path:
    folder = authority.folder
    openssl(
        *("req", "-new", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=a.test"),
        *("-addext", "subjectAltName=DNS:a.test"),
        *("-keyout", folder / "leaf.key", "-out", folder / "leaf.csr"),
    )
    return authority.sign(folder / "leaf.csr", folder / "leaf.crt", ocsp=ocsp)


@contextlib.contextmanager
def responding(authority: Authority, index: Path, port: int) -> Iterator[None]:
    """``openssl ocsp`` with a certificate of its own."""
    certificate, key = authority.responder()
    process = subprocess.Popen(
        [
            *(program("openssl"), "ocsp", "-index", index, "-port", str(port)),
            *("-rsigner", certificate, "-rkey", key, "-CA", authority.two),
            *("-ndays", "1"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert process.stdout is not None
        while b"waiting for" not in process.stdout.readline():
            assert process.poll() is None
        yield
    finally:
        process.kill()
        process.communicate()
