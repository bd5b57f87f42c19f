from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.test import create_environ

from flask_tlsdev.config import Settings
from flask_tlsdev.contexts import ClientCA
from flask_tlsdev.contexts import Connection
from flask_tlsdev.contexts import NamedPair
from flask_tlsdev.contexts import server_context
from flask_tlsdev.devtools import Run
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.lan import FOLDER
from flask_tlsdev.lan import LanSource
from flask_tlsdev.names import parse
from flask_tlsdev.names import Permits
from flask_tlsdev.provision import obtain
from flask_tlsdev.server import CONNECTION

from ..contexts.serving import settle
from ..contexts.test_choosing import own_address
from .serving import make_app
from .serving import Served
from .serving import serving
from .serving import TYPED


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def state(served: Served, panel: str) -> Any:
    answer = served.state(panel)
    assert answer.status == 200
    return json.loads(answer.body)


def test_the_connection_is_the_one_that_asks(served: Served) -> None:
    found = state(served, "connection")

    assert found["origin"] == f"https://localhost:{served.port}"
    assert found["protocol"] == "TLSv1.3"
    assert found["cipher"].startswith("TLS_")
    assert found["resumed"] is False
    assert found["peer"] == "127.0.0.1"
    assert found["client"] == {"asked": "none", "subject": None}


def test_whether_a_client_certificate_was_asked_for_is_shown() -> None:
    settings = Settings.from_mapping({}, environ=os.environ)
    files = obtain(settings, settings.names).files
    assert files.cafile is not None
    context = server_context(files, clients=ClientCA.read(files.cafile, required=False))

    with serving(context=context) as served:
        found = state(served, "connection")

    assert found["client"] == {"asked": "optional", "subject": None}


def test_the_chain_goes_from_the_leaf_to_the_root(served: Served) -> None:
    (pair,) = state(served, "chain")["pairs"]

    leaf, intermediate, root = pair["certificates"]
    assert [each["role"] for each in pair["certificates"]] == [
        "leaf",
        "intermediate",
        "root",
    ]
    assert leaf["names"] == ["localhost", "127.0.0.1", "::1"]
    assert leaf["issuer"] == intermediate["name"]
    assert intermediate["issuer"] == root["name"]
    assert root["permits"] == ["localhost", "test", "127.0.0.0/8", "::1/128"]
    assert leaf["key"]["type"] == "ec-p256"
    assert pair["issuer"].startswith("local-ca-")
    assert leaf["from"] < pair["renews"] < leaf["until"]


def test_the_fingerprint_is_that_of_what_is_served(served: Served) -> None:
    (pair,) = state(served, "chain")["pairs"]

    with served.connect() as connection:
        connection.connect()
        leaf = connection.sock.getpeercert(True) or b""
    assert pair["certificates"][0]["sha256"] == hashlib.sha256(leaf).hexdigest()


def test_a_self_signed_certificate_is_shown_as_what_it_is() -> None:
    with serving(make_app(ISSUER="self-signed")) as served:
        (pair,) = state(served, "chain")["pairs"]
        trust = state(served, "trust")

    assert {each["role"] for each in pair["certificates"]} == {"self-signed"}
    assert trust["root"] is None
    assert trust["command"] == "flask tls run --issuer local-ca"


def test_files_that_cannot_be_read_are_said(served: Served) -> None:
    served.run.context.files.certfile.write_text("nothing")

    (pair,) = state(served, "chain")["pairs"]

    assert pair["certificates"] == []
    assert pair["problem"]


def test_each_store_has_its_state_and_its_command(served: Served, home: Path) -> None:
    (home / ".mozilla").mkdir(0o700)

    found = state(served, "trust")

    stores = {each["name"]: each for each in found["stores"]}
    assert found["root"].startswith("flask-tlsdev root ")
    assert stores["system"]["state"] == "not trusted"
    assert stores["system"]["command"] == "flask tls trust install --store system"
    assert found["install"] == "flask tls trust install"


def test_what_a_client_said_stays_for_who_looks_later(served: Served) -> None:
    served.run.context.listener = lambda event: served.run.hub.tell(
        "handshakes", {"kind": event.kind, "sentence": event.sentence}
    )

    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as plain:
        with pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(plain, server_hostname="localhost")

    settle(lambda: bool(served.run.hub.recent("handshakes")))
    (event,) = state(served, "handshakes")["events"]
    assert event["kind"] == "refused"
    assert "does not trust the CA" in event["sentence"]
    assert datetime.fromisoformat(event["at"]).tzinfo is not None


def with_lan(run: Run) -> Run:
    """The same run, with a pair for other devices."""
    settings = run.settings()
    names = parse(["box.local", own_address()])
    ca = LocalCA.open_or_create(
        settings.ca_path / FOLDER,
        key_type="ec-p256",
        permits=Permits.from_texts(["box.local", f"{own_address()}/32"]),
    )
    files = obtain(LanSource(settings, ca), names).files
    return replace(run, lan=NamedPair(files._replace(cafile=None), names))


@pytest.fixture
def in_lan() -> Iterator[Served]:
    with serving(host="0.0.0.0", change=with_lan) as served:
        yield served


def test_with_the_lan_its_chain_is_shown_too(in_lan: Served) -> None:
    ours, theirs = state(in_lan, "chain")["pairs"]

    assert theirs["certificates"][0]["names"] == ["box.local", own_address()]
    assert theirs["certificates"][-1]["role"] == "root"
    assert ours["certificates"][-1]["sha256"] != theirs["certificates"][-1]["sha256"]


def test_another_device_gets_the_root_by_the_path_that_is_shown(
    in_lan: Served,
) -> None:
    found = state(in_lan, "devices")
    away, host = (
        replace(in_lan, address=own_address()),
        f"{own_address()}:{in_lan.port}",
    )
    path = found["urls"][0].removeprefix(f"https://{host}")

    page = away.ask(path, host=host)
    files = [away.ask(path + each["name"], host=host) for each in found["files"]]

    assert page.status == 200
    assert "script" not in page.headers["Content-Security-Policy"]
    assert b"fingerprint" in page.body
    assert [each.status for each in files] == [200, 200, 200]
    assert b"BEGIN CERTIFICATE" in files[2].body
    root = x509.load_der_x509_certificate(files[1].body)
    assert _fingerprint(root) == found["sha256"]
    assert all(b"PRIVATE" not in each.body for each in files)


def _fingerprint(root: x509.Certificate) -> str:
    return root.fingerprint(SHA256()).hex(":").upper()


def test_another_device_gets_nothing_else(in_lan: Served) -> None:
    found = state(in_lan, "devices")
    away, host = (
        replace(in_lan, address=own_address()),
        f"{own_address()}:{in_lan.port}",
    )
    path = found["urls"][0].removeprefix(f"https://{host}")
    cookie = {**in_lan.cookie(), **TYPED}
    pem = found["files"][2]["name"]

    for refused in (
        away.ask("/_tlsdev/", cookie, host=host),
        away.ask("/_tlsdev/state/chain", cookie, host=host),
        away.ask("/_tlsdev/static/base.js", cookie, host=host),
        away.ask(f"/_tlsdev/files/devices/{pem}", cookie, host=host),
        away.ask("/_tlsdev/root/", host=host),
        away.ask(f"/_tlsdev/root/x/{pem}", host=host),
        away.ask(f"{path}tls.key", host=host),
        away.ask(f"{path}../tls.key", host=host),
        away.ask(path, host="evil.example"),
        away.ask(path, {"X-Forwarded-For": "192.168.1.2"}, host=host),
        away.ask(path, method="POST", host=host),
    ):
        assert (refused.status, refused.body) in (
            (404, b"the app has no such page"),
            (405, refused.body),
        )


class Peer(Connection):
    """A connection of ours from somewhere else."""

    family = socket.AF_INET
    address = ""

    def getpeername(self) -> Any:
        return (self.address, 1)

    def getsockname(self) -> Any:
        return ("192.168.1.20", 5000)


@pytest.mark.parametrize(
    ("address", "is_let_in"),
    [("192.168.1.7", True), ("8.8.8.8", False), ("::ffff:8.8.8.8", False)],
)
def test_nobody_out_of_the_network_gets_the_root(
    in_lan: Served, address: str, is_let_in: bool
) -> None:
    peer = Peer.__new__(Peer)
    peer.address = address
    environ = create_environ("/_tlsdev/root/x/", "https://box.local:5000")
    environ[CONNECTION] = peer

    assert in_lan.page.gate.is_on_network(environ) is is_let_in

    in_lan.run.app.debug = False
    assert not in_lan.page.gate.is_on_network(environ)


def test_without_the_lan_there_is_no_root_for_others(served: Served) -> None:
    token = served.page.root_token

    answer = served.ask(f"/_tlsdev/root/{token}/", {**served.cookie(), **TYPED})

    assert answer.status == 404


def test_the_developer_can_take_the_files_himself(in_lan: Served) -> None:
    found = state(in_lan, "devices")
    headers = {**in_lan.cookie(), **TYPED, "Sec-Fetch-Site": "same-origin"}

    pem = in_lan.ask(f"/_tlsdev/files/devices/{found['files'][2]['name']}", headers)
    code = in_lan.ask("/_tlsdev/files/devices/qr.svg", headers)

    assert pem.headers["Content-Disposition"].startswith("attachment; filename=")
    assert code.headers["Content-Type"] == "image/svg+xml"
    assert code.body.startswith(b"<svg")
