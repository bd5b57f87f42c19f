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

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.x509.oid import NameOID

from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.issuers import Issuer
from flask_tlsdev.issuers import Revoker
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.pairs import Pair
from flask_tlsdev.provision import issue
from flask_tlsdev.provision import obtain

from ...test_provision import From
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
        make_vault(dev_bao, namespace="group"),
        make_vault(dev_bao, mount="m" * 150, role="R" * 150),
    ]

    ids = {each.id for each in issuers}

    assert len(ids) == len(issuers)
    assert all(len(each) <= 64 and each.startswith("vault-") for each in ids)


def test_it_keeps_what_an_issuer_promises(dev_bao: Bao, make_vault: MakeVault) -> None:
    issuer: Issuer = make_vault(dev_bao)

    assert isinstance(issuer, Revoker)


def test_mounts_roles_and_namespaces_live_side_by_side(
    dev_bao: Bao, make_vault: MakeVault, tmp_path: Path
) -> None:
    dev_bao.write("sys/namespaces/group", custom_metadata={})
    own = {"type": "pki", "config": {"max_lease_ttl": "8760h"}}
    for at in ("other", "group/other"):
        namespace, _, mount = at.rpartition("/")
        prefix = f"{namespace}/" if namespace else ""
        ask(dev_bao, f"{prefix}sys/mounts/{mount}", **own)
        ask(
            dev_bao, f"{prefix}{mount}/root/generate/internal", common_name=f"Root {at}"
        )
        ask(dev_bao, f"{prefix}{mount}/roles/web", key_type="any", allow_any_name=True)
    issuers = [
        make_vault(dev_bao),
        make_vault(dev_bao, role="long"),
        make_vault(dev_bao, mount="other"),
        make_vault(dev_bao, mount="other", namespace="group"),
    ]

    found = [
        obtain(From(tmp_path, issuer=issuer), parse(["app.test"])) for issuer in issuers
    ]

    again = [
        obtain(From(tmp_path, issuer=issuer), parse(["app.test"])) for issuer in issuers
    ]
    assert len({each.files.certfile for each in found}) == 4
    assert len({each.files.certfile.read_bytes() for each in found}) == 4
    assert [each.sidecar for each in again] == [each.sidecar for each in found]
    assert not any(each.is_new for each in again)
    signers = [issuer_of(each.files.certfile) for each in found]
    assert signers == [
        "CN=Test CA",
        "CN=Test CA",
        "CN=Root other",
        "CN=Root group/other",
    ]


def ask(bao: Bao, path: str, **content: object) -> None:
    bao.ask("post", path, **content)


def issuer_of(certfile: Path) -> str:
    leaf = x509.load_pem_x509_certificate(certfile.read_bytes())
    return leaf.issuer.rfc4514_string()


@pytest.mark.parametrize("from_csr", [True, False])
def test_uris_of_a_csr_are_signed_where_the_role_allows_them(
    dev_bao: Bao, make_vault: MakeVault, from_csr: bool
) -> None:
    dev_bao.write(
        "pki/roles/uris",
        use_csr_sans=from_csr,
        key_type="any",
        allowed_domains=["test"],
        allow_subdomains=True,
        allowed_uri_sans=["spiffe://app.test/*"],
    )
    issuer = make_vault(dev_bao, role="uris")

    chain = issuer.sign(csr_with("spiffe://app.test/web"), timedelta(days=1), "server")

    entries = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
    kind = x509.UniformResourceIdentifier
    assert entries.value.get_values_for_type(kind) == ["spiffe://app.test/web"]
    assert entries.value.get_values_for_type(x509.DNSName) == ["app.test"]
    with pytest.raises(IssuerRefused, match="does not allow that"):
        issuer.sign(csr_with("spiffe://bank.test/web"), timedelta(days=1), "server")


def csr_with(uri: str) -> x509.CertificateSigningRequest:
    names: list[x509.GeneralName] = [
        x509.DNSName("app.test"),
        x509.UniformResourceIdentifier(uri),
    ]
    builder = x509.CertificateSigningRequestBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.test")])
    ).add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256())


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
