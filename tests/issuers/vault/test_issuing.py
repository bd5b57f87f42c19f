from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from http.server import BaseHTTPRequestHandler
from http.server import HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat

from flask_tlsdev.issuers import Issuer
from flask_tlsdev.issuers import Revoker
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.pairs import Pair
from flask_tlsdev.provision import issue

from ...tools import program
from ...tools import run
from ...vault_servers import Bao
from .conftest import MakeVault
from .conftest import request_for


def test_a_pair_comes_with_its_chain_and_root(bao: Bao, make_vault: MakeVault) -> None:
    request = request_for("app.test", "www.app.test")

    pair = issue(make_vault(bao), request)

    assert [each.subject.rfc4514_string() for each in pair.chain[1:]] == ["CN=Test CA"]
    assert [each.subject.rfc4514_string() for each in pair.roots] == ["CN=Test Root"]
    assert pair.key is request.key


def test_curl_believes_what_is_served(
    real_bao: Bao, make_vault: MakeVault, tmp_path: Path
) -> None:
    pair = issue(make_vault(real_bao), request_for("localhost", "127.0.0.1"))
    root = tmp_path / "root.pem"
    root.write_bytes(dump_certificates(pair.roots))

    with served(pair, tmp_path) as port:
        answer = run(
            program("curl"), "-sS", "--cacert", root, f"https://localhost:{port}/"
        )

    assert answer.stdout == "hello", answer.stderr


def test_an_address_alone_is_signed_by_a_role_that_wants_no_common_name(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    pair = issue(make_vault(dev_bao), request_for("127.0.0.1", "::1"))

    assert len(pair.chain) == 2


def test_the_life_is_what_was_asked_for(
    dev_bao: Bao, make_vault: MakeVault, told: list[str]
) -> None:
    pair = issue(make_vault(dev_bao), request_for("app.test", days=2))

    assert life_of(pair.chain[0]) < timedelta(days=2, minutes=5)
    assert not told


def test_a_shorter_life_of_the_role_is_said(
    dev_bao: Bao, make_vault: MakeVault, told: list[str]
) -> None:
    pair = issue(make_vault(dev_bao), request_for("app.test", days=200))

    assert life_of(pair.chain[0]) < timedelta(days=91)
    assert "is valid until" in told[0]
    assert "allows no more" in told[0]


def test_a_life_beyond_the_ca_ends_with_the_ca_and_is_said(
    dev_bao: Bao, make_vault: MakeVault, told: list[str]
) -> None:
    pair = issue(make_vault(dev_bao, role="long"), request_for("a.test", days=350))

    leaf, ca = pair.chain
    assert leaf.not_valid_after_utc <= ca.not_valid_after_utc
    assert "allows no more" in told[0]


def test_a_csr_of_somebody_else_is_signed(dev_bao: Bao, make_vault: MakeVault) -> None:
    request = request_for("app.test")

    chain = make_vault(dev_bao).sign(request.csr, timedelta(days=3), "server")

    assert chain[0].public_key() == request.key.public_key()


def test_a_revoked_certificate_is_in_the_crl(bao: Bao, make_vault: MakeVault) -> None:
    issuer = make_vault(bao)
    leaf = issue(issuer, request_for("app.test")).chain[0]

    issuer.revoke(leaf, x509.ReasonFlags.unspecified)

    crl = bao.ask("get", "pki/cert/crl")["data"]["certificate"]
    listed = x509.load_pem_x509_crl(crl.encode())
    assert listed.get_revoked_certificate_by_serial_number(leaf.serial_number)


def test_each_server_mount_and_role_is_another_issuer(
    dev_bao: Bao, real_bao: Bao, make_vault: MakeVault
) -> None:
    issuers = [
        make_vault(dev_bao),
        make_vault(real_bao),
        make_vault(dev_bao, role="other"),
        make_vault(dev_bao, mount="pki/web"),
        make_vault(dev_bao, namespace="team"),
        make_vault(dev_bao, mount="m" * 150, role="R" * 150),
    ]

    ids = {each.id for each in issuers}

    assert len(ids) == len(issuers)
    assert all(len(each) <= 64 and each.startswith("vault-") for each in ids)


def test_it_keeps_what_an_issuer_promises(dev_bao: Bao, make_vault: MakeVault) -> None:
    issuer: Issuer = make_vault(dev_bao)

    assert isinstance(issuer, Revoker)


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(pair: Pair, folder: Path) -> Iterator[int]:
    """A server with this pair, and its port."""
    certfile, keyfile = folder / "served.crt", folder / "served.key"
    certfile.write_bytes(dump_certificates(pair.chain))
    keyfile.write_bytes(
        pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile, keyfile)
    with HTTPServer(("127.0.0.1", 0), _Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def life_of(certificate: x509.Certificate) -> timedelta:
    return certificate.not_valid_after_utc - datetime.now(timezone.utc)
