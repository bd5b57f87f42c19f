"""The examples, as their page says to start them: nothing is switched off in them."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .client_cas import Client
from .client_cas import ClientAuthority
from .client_cas import make_client_ca
from .servers import flask
from .servers import Server
from .servers import serving
from .tools import program
from .tools import run

EXAMPLES = Path(__file__).parent.parent / "examples" / "mutual_tls"


@pytest.fixture
def clients(tmp_path: Path) -> ClientAuthority:
    return make_client_ca(tmp_path / "clients")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of the local CA, which is made first."""
    path = tmp_path / "root.crt"
    assert run(*flask("tls", "ca", "create"), cwd=tmp_path).returncode == 0
    done = run(*flask("tls", "ca", "export", "--out", path), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return path


@contextlib.contextmanager
def listening(
    *command: str | os.PathLike[str], cwd: Path
) -> Iterator[tuple[Server, str]]:
    """A program of ours that says on which port it listens, and that port."""
    process = subprocess.Popen(
        [os.fspath(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Server(process)

    try:
        yield server, server.wait_for(r"listening on (\d+)")[1]
    finally:
        server.end()


def environment(client: Client, url: str, port: int) -> dict[str, str]:
    return {
        "FLASK_CERTIFICATE": str(client.certfile),
        "FLASK_KEY": str(client.keyfile),
        url: f"https://localhost:{port}",
    }


def free_port() -> int:
    with socket.create_server(("localhost", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def shop_and_stock(clients: ClientAuthority) -> Iterator[tuple[Server, Server]]:
    asking = ("--client-ca", clients.cafile)
    shop_port = free_port()
    stock_env = environment(clients.issue("stock"), "FLASK_SHOP_URL", shop_port)

    with serving(
        "--app", "stock", "tls", "run", *asking, cwd=EXAMPLES, env=stock_env
    ) as stock:
        shop_env = environment(clients.issue("shop"), "FLASK_STOCK_URL", stock.port)

        with serving(
            *("--app", "shop", "tls", "run", *asking),
            cwd=EXAMPLES,
            env=shop_env,
            port=shop_port,
        ) as shop:
            yield shop, stock


def test_two_apps_call_each_other_and_each_knows_who_calls(
    clients: ClientAuthority, root: Path
) -> None:
    with shop_and_stock(clients) as (shop, _):
        status, body = shop.get("/", cafile=root)

    assert status == 200
    assert json.loads(body) == {
        "offers": {
            "apples": {"price": 42, "told": "CN=stock"},
            "told": "CN=shop",
        }
    }


def test_whoever_shows_no_certificate_gets_no_price(
    clients: ClientAuthority, root: Path
) -> None:
    with shop_and_stock(clients) as (shop, stock):
        assert shop.get("/price", cafile=root)[0] == 403
        assert stock.get("/offers", cafile=root)[0] == 403


def test_a_node_client_is_known_by_its_name(
    clients: ClientAuthority, root: Path
) -> None:
    client = clients.issue("stock")
    node = (program("node"), EXAMPLES / "client.mjs")
    shown = (client.certfile, client.keyfile, root)

    with shop_and_stock(clients) as (shop, _):
        done = run(*node, *shown, f"https://localhost:{shop.port}/price")

    assert json.loads(done.stdout) == {"price": 42, "told": "CN=stock"}


def test_a_node_client_does_not_talk_to_somebody_else(
    clients: ClientAuthority, root: Path, tmp_path: Path
) -> None:
    client = clients.issue("stock")
    node = (program("node"), EXAMPLES / "client.mjs")
    other = make_client_ca(tmp_path / "other").cafile

    with shop_and_stock(clients) as (shop, _):
        url = f"https://localhost:{shop.port}/price"
        done = run(*node, client.certfile, client.keyfile, other, url)

    assert done.returncode == 1
    assert "UNABLE_TO_GET_ISSUER_CERT" in done.stderr


@contextlib.contextmanager
def node_server(clients: ClientAuthority, folder: Path) -> Iterator[str]:
    pair = ("--out", "node.crt", "--keyout", "node.key")
    done = run(*flask("tls", "issue", "localhost", *pair), cwd=folder)
    assert done.returncode == 0, done.stderr
    node = (program("node"), EXAMPLES / "server.mjs")

    with listening(
        *(*node, "node.crt", "node.key", clients.cafile, "0"), cwd=folder
    ) as (_, port):
        yield port


CALL = """\
import sys, urllib.request
from flask import Flask
from flask_tlsdev import TLSDev
app = Flask("caller")
context = TLSDev(app).client_context(*sys.argv[2:])
print(urllib.request.urlopen(sys.argv[1], context=context).read().decode())
"""


def test_a_node_server_knows_our_client(
    clients: ClientAuthority, root: Path, tmp_path: Path
) -> None:
    client = clients.issue("shop")

    with node_server(clients, tmp_path) as port:
        url = f"https://localhost:{port}/"
        shown = run(sys.executable, "-c", CALL, url, client.certfile, client.keyfile)
        nothing = run(sys.executable, "-c", CALL, url)

    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == {"told": "DNS:shop.client.test"}
    assert nothing.returncode == 1
    assert "certificate required" in nothing.stderr.lower().replace("_", " ")


@pytest.mark.parametrize("name", ["sockets.py", "streams.py"])
def test_the_same_contexts_on_a_plain_tcp_connection(
    clients: ClientAuthority, root: Path, tmp_path: Path, name: str
) -> None:
    client = clients.issue("reports")
    program = (sys.executable, EXAMPLES / name)

    with listening(*program, "serve", "0", clients.cafile, cwd=tmp_path) as (_, port):
        done = run(*program, "call", port, client.certfile, client.keyfile)

    assert done.stdout == "Good morning, reports.client.test", done.stderr


@pytest.mark.parametrize("name", ["sockets.py", "streams.py"])
def test_a_stranger_gets_no_answer_on_it(
    clients: ClientAuthority, root: Path, tmp_path: Path, name: str
) -> None:
    stranger = make_client_ca(tmp_path / "strangers").issue("reports")
    program = (sys.executable, EXAMPLES / name)

    with listening(*program, "serve", "0", clients.cafile, cwd=tmp_path) as (_, port):
        done = run(*program, "call", port, stranger.certfile, stranger.keyfile)

    assert done.returncode == 1
    assert done.stdout == ""


def test_nothing_in_the_examples_switches_verification_off() -> None:
    switches = ("CERT_NONE", "check_hostname", "verify=False", "rejectUnauthorized")

    for path in sorted(EXAMPLES.iterdir()):
        text = path.read_text() if path.is_file() else ""
        assert not [each for each in switches if each in text], path
