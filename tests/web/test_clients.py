from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_tlsdev import ClientCertificate
from flask_tlsdev import require_client_certificate
from flask_tlsdev import tls_client
from flask_tlsdev.web import client_certificate

from ..client_cas import Client
from ..client_cas import make_client_ca


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    return make_client_ca(tmp_path_factory.mktemp("clients")).issue("reports")


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.testing = True

    @app.get("/who")
    def who() -> dict[str, object]:
        if not tls_client:
            return {"known": False}

        return {
            "known": True,
            "subject": tls_client.subject,
            "names": tls_client.names,
            "fingerprint": tls_client.fingerprint,
            "pem": tls_client.pem,
        }

    @app.get("/any")
    @require_client_certificate
    def any_client() -> str:
        return "in"

    @app.get("/some")
    @require_client_certificate(names=["Reports.client.test", "x.client.test"])
    def some() -> str:
        return "in"

    @app.get("/others")
    @require_client_certificate(names=["x.client.test"])
    def others() -> str:
        return "in"

    return app


def shown(client: Client) -> dict[str, str]:
    return {"SSL_CLIENT_CERT": client.pem}


def test_a_client_is_known_by_what_its_certificate_says(
    app: Flask, client: Client
) -> None:
    answer = app.test_client().get("/who", environ_overrides=shown(client))

    assert answer.json == {
        "known": True,
        "subject": "CN=reports",
        "names": ["reports.client.test"],
        "fingerprint": client.fingerprint,
        "pem": client.pem,
    }


def test_without_a_certificate_nobody_is_known(app: Flask) -> None:
    assert app.test_client().get("/who").json == {"known": False}


def test_outside_a_request_nobody_is_known() -> None:
    assert not tls_client


def test_outside_of_tests_the_environment_alone_says_nothing(
    app: Flask, client: Client
) -> None:
    app.testing = False

    answer = app.test_client().get("/who", environ_overrides=shown(client))

    assert answer.json == {"known": False}


def test_a_header_says_nothing(app: Flask, client: Client) -> None:
    one_line = client.pem.replace("\n", " ")
    headers = {"SSL-Client-Cert": one_line, "X-SSL-Client-Cert": one_line}

    assert app.test_client().get("/who", headers=headers).json == {"known": False}


def test_behind_a_proxy_nobody_is_known(app: Flask, client: Client) -> None:
    """The certificate on the connection is the proxy's."""
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]

    answer = app.test_client().get("/who", environ_overrides=shown(client))

    assert answer.json == {"known": False}


def test_a_view_for_clients_lets_clients_in_and_nobody_else(
    app: Flask, client: Client
) -> None:
    web = app.test_client()

    assert web.get("/any", environ_overrides=shown(client)).text == "in"
    refused = web.get("/any")

    assert refused.status_code == 403
    assert "you showed none" in refused.text


def test_a_view_for_some_clients_looks_at_their_names(
    app: Flask, client: Client
) -> None:
    web = app.test_client()

    assert web.get("/some", environ_overrides=shown(client)).text == "in"
    assert web.get("/others", environ_overrides=shown(client)).status_code == 403
    assert web.get("/some").status_code == 403


def test_a_view_for_one_certificate_looks_at_its_fingerprint(
    app: Flask, client: Client
) -> None:
    colons = ":".join(
        client.fingerprint[at : at + 2].upper()
        for at in range(0, len(client.fingerprint), 2)
    )
    view = require_client_certificate(fingerprints=[colons])(lambda: "in")
    other = require_client_certificate(fingerprints=["00" * 32])(lambda: "in")
    app.add_url_rule("/one", "one", view)
    app.add_url_rule("/other", "other", other)
    web = app.test_client()

    assert web.get("/one", environ_overrides=shown(client)).text == "in"
    assert web.get("/other", environ_overrides=shown(client)).status_code == 403


def test_an_async_view_can_be_for_clients_too(app: Flask, client: Client) -> None:
    pytest.importorskip("asgiref")

    @app.get("/async")
    @require_client_certificate
    async def in_a_while() -> str:
        return "in"

    web = app.test_client()

    assert web.get("/async", environ_overrides=shown(client)).text == "in"
    assert web.get("/async").status_code == 403


def test_one_text_instead_of_a_list_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="lists"):
        require_client_certificate(names="reports.client.test")


# On real connections


@pytest.fixture
def connected(client: Client) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """Server's and client's end of a connection on which the client is asked."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(client.certfile, client.keyfile)
    ours.load_verify_locations(client.certfile.with_name("clients.crt"))
    ours.verify_mode = ssl.CERT_OPTIONAL
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname = False
    theirs.verify_mode = ssl.CERT_NONE
    theirs.load_cert_chain(client.certfile, client.keyfile)

    here, there = socket.socketpair()
    server = ours.wrap_socket(here, server_side=True, do_handshake_on_connect=False)
    calling = theirs.wrap_socket(there, do_handshake_on_connect=False)
    for end in (server, calling):
        end.settimeout(0)
    _shake_hands(server, calling)

    yield server, calling

    server.close()
    calling.close()


def _shake_hands(*ends: ssl.SSLSocket) -> None:
    waiting = list(ends)
    while waiting:
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)


@pytest.mark.parametrize("key", ["werkzeug.socket", "gunicorn.socket"])
def test_the_connection_itself_says_who_is_calling(
    app: Flask,
    client: Client,
    connected: tuple[ssl.SSLSocket, ssl.SSLSocket],
    key: str,
) -> None:
    app.testing = False

    with app.app_context():
        found = client_certificate({key: connected[0]})

    assert found == ClientCertificate(
        "CN=reports", ("reports.client.test",), client.fingerprint, client.pem
    )


def test_the_environment_does_not_overrule_the_connection(
    app: Flask, client: Client, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here, there = socket.socketpair()

    with context.wrap_socket(
        here, server_side=True, do_handshake_on_connect=False
    ) as server:
        environ = {"werkzeug.socket": server, **shown(client)}
        with app.app_context():
            assert client_certificate(environ) is None

    there.close()
