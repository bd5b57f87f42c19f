from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.challenges import Challenges
from flask_tlsdev.contexts.validating import record_length
from flask_tlsdev.contexts.validating import validated_host
from flask_tlsdev.issuers.acme.solvers.tlsalpn01 import make_certificate
from flask_tlsdev.names import parse_name

from ..servers import serving

PROOF = f"{'a' * 32}.{'t' * 43}"


def hello(host: str | None, *protocols: str) -> bytes:
    """What a client of OpenSSL's says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)

    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(
    ("message", "host"),
    [
        (hello("shop.test", "acme-tls/1"), "shop.test"),
        (hello("1.0.0.127.in-addr.arpa", "acme-tls/1"), "1.0.0.127.in-addr.arpa"),
        (hello("shop.test", "http/1.1"), None),
        (hello("shop.test", "http/1.1", "acme-tls/1"), None),
        (hello("shop.test"), None),
        (hello(None, "acme-tls/1"), None),
        (b"", None),
        (b"GET / HTTP/1.1\r\n", None),
    ],
    ids=["name", "address", "browser", "both", "neither", "no name", "empty", "http"],
)
def test_a_validator_is_told_by_its_protocol(message: bytes, host: str | None) -> None:
    assert validated_host(message) == host


def test_the_length_of_the_first_record_is_known_from_its_head() -> None:
    message = hello("shop.test", "acme-tls/1")

    assert record_length(message[:3]) == 5
    assert record_length(message[:5]) == len(message)


@given(st.integers(0, 600), st.binary(max_size=8))
def test_no_message_of_a_stranger_is_an_error(at: int, noise: bytes) -> None:
    message = hello("shop.test", "acme-tls/1")
    at = min(at, len(message))

    for spoiled in (message[:at], message[:at] + noise + message[at + len(noise) :]):
        found = validated_host(spoiled)
        assert found is None or isinstance(found, str)


def certificate(port: int, host: str, *protocols: str) -> tuple[bytes, str | None]:
    """What the server shows to this client, and the protocol that they agree on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(protocols)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=host) as client:
            return client.getpeercert(True) or b"", client.selected_alpn_protocol()


def test_the_dev_server_answers_validators_of_pending_names_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    monkeypatch.setenv("TLSDEV_STORE_PATH", str(store))
    pem = make_certificate(parse_name("shop.test"), PROOF)
    answer = ssl.PEM_cert_to_DER_cert(pem[pem.index(b"-----BEGIN CERT") :].decode())

    with serving("--app", "example_app", "tls", "run") as server:
        usual = server.certificate()
        before, _ = certificate(server.port, "shop.test", "acme-tls/1")
        with Challenges(store).publish_certificate("shop.test", pem):
            validator = certificate(server.port, "shop.test", "acme-tls/1")
            browser = certificate(server.port, "shop.test", "http/1.1")
            other, _ = certificate(server.port, "other.test", "acme-tls/1")
            split = _in_pieces(server.port)

    assert validator == (answer, "acme-tls/1")
    assert split == answer
    assert browser == (usual, "http/1.1")
    assert before == other == usual


def _in_pieces(port: int) -> bytes:
    """The certificate for a validator whose message comes in two pieces."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["acme-tls/1"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="shop.test")

    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        done = False
        while not done:
            try:
                client.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                said = outgoing.read()
                plain.sendall(said[:7])
                # The server has seen that much when it answers somebody else.
                certificate(port, "other.test", "http/1.1")
                plain.sendall(said[7:])
                incoming.write(plain.recv(65536))
    return client.getpeercert(True) or b""
