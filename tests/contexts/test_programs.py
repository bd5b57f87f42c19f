from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.store import PairFiles

from ..tools import program
from ..tools import run
from .making import make
from .making import put
from .serving import of_version
from .serving import ROOT
from .serving import Server
from .serving import started
from .serving import trusting

# Flask, unmodified

APP = """\
from pathlib import Path

from flask import Flask

from flask_tlsdev.contexts import server_context
from flask_tlsdev.names import parse
from flask_tlsdev.store import PairFiles

folder = Path({folder!r})
context = server_context(
    PairFiles(folder / "tls.crt", folder / "tls.key", None),
    names=parse("localhost, 127.0.0.1"),
)
app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def index():
    from flask import request

    return "hello " + request.get_data(as_text=True)
"""


@pytest.fixture
def project(files: PairFiles, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    text = APP.format(folder=str(files.certfile.parent))
    (folder / "serving_app.py").write_text(text)
    return folder


@pytest.fixture
def flask_run(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{project}")
    monkeypatch.setenv("FLASK_APP", "serving_app:app")
    command = [sys.executable, "-m", "flask", "run", "--port", "0"]

    with started(
        *command,
        "--cert=serving_app:context",
        log=tmp_path / "flask.log",
        cwd=project,
        listening=r"Running on https://127\.0\.0\.1:(\d+)",
    ) as server:
        yield server


def test_plain_flask_run_serves_it_to_curl(flask_run: Server, files: PairFiles) -> None:
    silent = [flask_run.connect() for _ in range(50)]
    url = f"https://localhost:{flask_run.port}/"

    done = [
        run(program("curl"), "-sS", "--cacert", files.certfile, "-d", "body", url)
        for _ in range(20)
    ]

    assert [one.stdout for one in done] == ["hello body"] * 20

    for client in silent:
        client.close()


def test_plain_flask_run_sends_plain_http_to_https(
    flask_run: Server, files: PairFiles
) -> None:
    url = f"http://localhost:{flask_run.port}/"
    options = ["-sS", "-L", "--cacert", str(files.certfile)]

    got = run(program("curl"), *options, url)
    posted = run(program("curl"), *options, "-d", "body", url)

    assert got.stdout == "hello "
    assert posted.stdout == "hello body"


def test_plain_flask_run_follows_the_files(flask_run: Server, files: PairFiles) -> None:
    before = flask_run.get().leaf
    made = make("rsa")

    put(files.certfile.parent, made)

    assert before != made.leaf
    assert flask_run.get().leaf == made.leaf


# Gunicorn: a connected socket

GUNICORN = """\
import serving_app

bind = "127.0.0.1:0"
worker_class = {worker!r}
threads = 4
certfile = {certfile!r}
keyfile = {keyfile!r}


def ssl_context(config, default_ssl_context_factory):
    return serving_app.context
"""


@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_gunicorn_serves_it_and_follows_the_files(
    project: Path,
    files: PairFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    worker: str,
) -> None:
    pytest.importorskip("gunicorn")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{project}")
    text = GUNICORN.format(
        worker=worker, certfile=str(files.certfile), keyfile=str(files.keyfile)
    )
    (project / "gunicorn.conf.py").write_text(text)
    first, second = files.certfile.read_bytes(), make("rsa")

    with started(
        *[sys.executable, "-m", "gunicorn", "--no-control-socket", "serving_app:app"],
        log=tmp_path / "gunicorn.log",
        cwd=project,
        listening=r"Listening at: https://127\.0\.0\.1:(\d+)",
    ) as server:
        before = server.get()
        put(files.certfile.parent, second)
        after = server.get()

    assert (before.status, after.status) == (200, 200)
    assert before.leaf == ssl.PEM_cert_to_DER_cert(first.decode())
    assert after.leaf == second.leaf


# asyncio: no socket at all


def test_asyncio_serves_it_and_follows_the_files(
    context: DevContext, files: PairFiles
) -> None:
    second = make("rsa")

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readline()
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()

    async def ask(port: int, name: str | None) -> tuple[bytes, bytes]:
        client = trusting()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname=name
        )
        leaf = writer.get_extra_info("ssl_object").getpeercert(True)
        writer.write(b"\n")
        body = await reader.read()
        writer.close()
        await writer.wait_closed()
        return leaf, body

    async def talk() -> list[tuple[bytes, bytes]]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]

        async with server:
            # A client that asks for an address sends no server name.
            before = [await ask(port, "localhost"), await ask(port, "")]
            put(files.certfile.parent, second)
            return [*before, await ask(port, "localhost"), await ask(port, "")]

    answers = asyncio.run(talk())

    assert [body for _, body in answers] == [b"hello"] * 4
    assert answers[0][0] == answers[1][0] != second.leaf
    assert answers[2][0] == answers[3][0] == second.leaf


def handshake_in_memory(context: DevContext, client: ssl.SSLContext) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    serving = context.wrap_bio(to_server, to_client, server_side=True)

    for side in (asking, serving, asking, serving):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()


def test_asyncio_refuses_old_ciphers_as_well(context: DevContext) -> None:
    client = of_version(ssl.TLSVersion.TLSv1_2)
    handshake_in_memory(context, client)

    client.set_ciphers("ECDHE-ECDSA-AES128-SHA256")

    with pytest.raises(ssl.SSLError, match="NO_SHARED_CIPHER"):
        handshake_in_memory(context, client)


def test_asyncio_refuses_old_versions_as_well(files: PairFiles) -> None:
    context = server_context(files, minimum_version="TLSv1.3")
    handshake_in_memory(context, of_version(ssl.TLSVersion.TLSv1_3))

    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        handshake_in_memory(context, of_version(ssl.TLSVersion.TLSv1_2))
