from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from flask_tlsdev.contexts import client_context
from flask_tlsdev.contexts import ClientCA
from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import StoreError
from flask_tlsdev.store import PairFiles

from ..client_cas import Client
from ..client_cas import ClientAuthority
from ..client_cas import make_client_ca
from .making import make
from .making import put
from .serving import of_version
from .serving import Server
from .serving import serving
from .serving import trusting

TLS_VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]

#: What a client gets that is turned away: an alert, or with TLS 1.3, where it has
#: sent its request by then, perhaps only the end of the connection.
REFUSED = (ssl.SSLError, ConnectionError)

Asking = Callable[[bool], DevContext]


@pytest.fixture
def authority(tmp_path: Path) -> ClientAuthority:
    return make_client_ca(tmp_path / "clients")


@pytest.fixture
def asking(files: PairFiles, authority: ClientAuthority) -> Asking:
    """Makes a context that asks for certificates, or requires them."""

    def make_one(required: bool) -> DevContext:
        clients = ClientCA.read(authority.cafile, required=required)
        return server_context(files, clients=clients)

    return make_one


def showing(client: Client, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    context = of_version(version) if version else trusting()
    context.load_cert_chain(client.certfile, client.keyfile)
    return context


@pytest.mark.parametrize("version", TLS_VERSIONS, ids=str)
def test_a_client_of_the_ca_is_served(
    asking: Asking, authority: ClientAuthority, version: ssl.TLSVersion
) -> None:
    with serving(asking(True)) as server:
        answer = server.get(context=showing(authority.issue("reports"), version))

    assert answer.status == 200


@pytest.mark.parametrize("version", TLS_VERSIONS, ids=str)
def test_without_a_certificate_only_the_optional_server_answers(
    asking: Asking, version: ssl.TLSVersion
) -> None:
    with serving(asking(False)) as server:
        assert server.get(context=of_version(version)).status == 200

    with serving(asking(True)) as server, pytest.raises(REFUSED):
        server.get(context=of_version(version))


@pytest.mark.parametrize("required", [True, False])
def test_a_certificate_of_somebody_else_is_refused(
    asking: Asking, tmp_path: Path, required: bool
) -> None:
    stranger = make_client_ca(tmp_path / "strangers").issue("reports")

    with serving(asking(required)) as server, pytest.raises(REFUSED):
        server.get(context=showing(stranger))


def test_a_servers_certificate_is_none_for_a_client(
    asking: Asking, authority: ClientAuthority
) -> None:
    client = authority.issue("web", server=True)

    with serving(asking(False)) as server, pytest.raises(REFUSED):
        server.get(context=showing(client))


def test_the_one_who_signs_for_servers_is_not_asked_for_clients(
    asking: Asking, files: PairFiles
) -> None:
    """A server's own pair is no way in."""
    pair = Client(files.certfile, files.keyfile)

    with serving(asking(False)) as server, pytest.raises(REFUSED):
        server.get(context=showing(pair))


@pytest.mark.parametrize("version", TLS_VERSIONS, ids=str)
def test_a_resumed_session_still_knows_its_client(
    asking: Asking, authority: ClientAuthority, version: ssl.TLSVersion
) -> None:
    client = showing(authority.issue("reports"), version)
    context = asking(True)
    seen: list[bytes | None] = []
    context.sslsocket_class = _remembering(seen)

    with serving(context) as server:
        first = _session_of(server, client)
        with server.handshake(client, first) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"200 OK" in _read(connection)
            assert connection.session_reused

    assert len(seen) == 2
    assert seen[0] == seen[1] is not None


def _remembering(seen: list[bytes | None]) -> type[ssl.SSLSocket]:
    """Our listening socket, whose clients' certificates are noted when they end."""
    from flask_tlsdev.contexts.connection import ListeningSocket

    class Remembering(ListeningSocket):
        def accept(self):  # type: ignore[no-untyped-def]
            connection, address = super().accept()
            close = connection.shutdown

            def shutdown(how: int) -> None:
                with contextlib.suppress(ValueError):
                    seen.append(connection.getpeercert(True))
                close(how)

            connection.shutdown = shutdown  # type: ignore[method-assign]
            return connection, address

    return Remembering


def _session_of(server: Server, context: ssl.SSLContext) -> ssl.SSLSession | None:
    """A session of this server: TLS 1.3 gives it with the answer."""
    with server.handshake(context) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        _read(connection)
        return connection.session


def _read(connection: ssl.SSLSocket) -> bytes:
    parts = []
    while data := connection.recv(65536):
        parts.append(data)
    return b"".join(parts)


def test_a_new_pair_does_not_let_strangers_in(
    asking: Asking, authority: ClientAuthority, files: PairFiles
) -> None:
    with serving(asking(True)) as server:
        put(files.certfile.parent, make("rsa"))
        second = server.get(context=showing(authority.issue("reports")))
        with pytest.raises(REFUSED):
            server.get(context=trusting())

    assert second.status == 200


def _in_memory(server: DevContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """The server's end of a handshake as asyncio makes it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    serving = server.wrap_bio(to_server, to_client, server_side=True)

    for side in (asking, serving, asking, serving):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()

    return serving


@pytest.mark.parametrize("version", TLS_VERSIONS, ids=str)
def test_asyncio_asks_for_certificates_as_well(
    asking: Asking,
    authority: ClientAuthority,
    version: ssl.TLSVersion,
    tmp_path: Path,
) -> None:
    client = authority.issue("reports")
    stranger = make_client_ca(tmp_path / "strangers").issue("reports")

    known = _in_memory(asking(True), showing(client, version))

    assert known.getpeercert(True) == ssl.PEM_cert_to_DER_cert(client.pem)
    for context in (of_version(version), showing(stranger, version)):
        with pytest.raises(ssl.SSLError):
            _in_memory(asking(True), context)


def test_asyncio_agrees_on_http_as_well(asking: Asking) -> None:
    client = trusting()
    client.set_alpn_protocols(["h2", "http/1.1"])

    answering = _in_memory(asking(False), client)

    assert answering.selected_alpn_protocol() == "http/1.1"


def test_a_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "clients.crt"
    path.write_text("no certificate at all\n")

    with pytest.raises(CertificateError, match=r"clients\.crt"):
        ClientCA.read(path)
    with pytest.raises(CertificateError, match=r"clients\.crt"):
        client_context([path])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.crt"):
        ClientCA.read(tmp_path / "none.crt")


# The calling side


def test_the_calling_side_trusts_the_roots_that_it_is_given(
    server: Server, files: PairFiles
) -> None:
    context = client_context([files.certfile])

    assert server.get(context=context).status == 200


def test_the_calling_side_trusts_nobody_else(server: Server) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        server.get(context=client_context())


def test_the_calling_side_checks_the_name(server: Server, files: PairFiles) -> None:
    context = client_context([files.certfile])

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        context.wrap_socket(server.connect(), server_hostname="other.test")


def test_the_calling_side_speaks_no_old_version(files: PairFiles) -> None:
    assert client_context().minimum_version is ssl.TLSVersion.TLSv1_2
    strict = client_context(minimum_version="TLSv1.3")
    assert strict.minimum_version is ssl.TLSVersion.TLSv1_3


def test_the_calling_side_trusts_what_the_system_trusts() -> None:
    ours, theirs = client_context(), ssl.create_default_context()

    assert ours.cert_store_stats() == theirs.cert_store_stats()


def test_the_calling_side_shows_who_it_is(
    asking: Asking, authority: ClientAuthority, files: PairFiles
) -> None:
    client = authority.issue("reports")
    context = client_context(
        [files.certfile], pair=PairFiles(client.certfile, client.keyfile, None)
    )

    with serving(asking(True)) as server:
        assert server.get(context=context).status == 200
