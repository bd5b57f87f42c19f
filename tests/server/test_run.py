"""What `flask tls run` listens on, and how it ends."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from flask.cli import run_command

from flask_tlsdev.cli.run import run as our_command
from flask_tlsdev.cli.serving import UNDERSTOOD

from ..contexts.serving import settle
from ..contexts.serving import trusting
from ..servers import flask
from ..servers import Server
from ..servers import serving
from ..tools import program
from ..tools import run

APP = """
import os
import threading
from flask import Flask
from flask import request

app = Flask(__name__)
inside = threading.Semaphore(1)

@app.route("/", methods=["GET", "POST"])
def index():
    alone = inside.acquire(blocking=False)
    threading.Event().wait(0.02)
    if alone:
        inside.release()
    return f"{request.environ['wsgi.multithread']} {alone}"

@app.get("/boom")
def boom():
    raise ValueError("boom")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def get(server: Server, host: str, path: str = "/", name: str = "") -> tuple[int, str]:
    client = http.client.HTTPSConnection(
        host, server.port, timeout=20, context=trusting()
    )
    client.request("GET", path, headers={"Host": name} if name else {})
    response = client.getresponse()
    text = response.read().decode()
    client.close()
    return response.status, text


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6")


def test_every_option_of_flask_run_is_here_and_does_something() -> None:
    theirs = {param.name for param in run_command.params if param.expose_value}
    ours = {param.name for param in our_command.params}

    assert theirs - {"cert"} == UNDERSTOOD
    assert UNDERSTOOD | {"debug", "certfile", "keyfile"} <= ours


def test_options_are_written_as_flask_writes_them() -> None:
    ours = {
        text
        for param in our_command.params
        for text in (*param.opts, *param.secondary_opts)
    }

    for param in run_command.params:
        assert {*param.opts, *param.secondary_opts} <= ours


@needs_ipv6
@pytest.mark.parametrize("options", [[], ["--host", "localhost"]], ids=repr)
def test_localhost_is_both_of_its_addresses(folder: Path, options: list[str]) -> None:
    with serving("tls", "run", *options, cwd=folder) as server:
        assert get(server, "127.0.0.1")[0] == 200
        assert get(server, "::1")[0] == 200


@needs_ipv6
@pytest.mark.parametrize(
    ("host", "other"), [("127.0.0.1", "::1"), ("::1", "127.0.0.1")]
)
def test_an_address_that_was_named_is_the_only_one(
    folder: Path, host: str, other: str
) -> None:
    with serving("tls", "run", "--host", host, cwd=folder) as server:
        assert get(server, host)[0] == 200
        with pytest.raises(ConnectionRefusedError):
            get(server, other)


@needs_ipv6
def test_after_a_reload_both_addresses_and_the_redirect_are_there(
    folder: Path,
) -> None:
    with serving("tls", "run", "--debug", "--redirect-port", "0", cwd=folder) as server:
        plain = int(re.findall(r"Plain HTTP on port (\d+)", server.output)[0])
        server.wait_for("Debugger PIN")
        # Who is served knows that the reloader has looked at the files.
        assert get(server, "127.0.0.1")[0] == 200
        (folder / "app.py").write_text(APP.replace("boom", "crash"))
        server.wait_for("Detected change")
        server.wait_for("Debugger PIN")

        assert get(server, "127.0.0.1")[0] == get(server, "::1")[0] == 200
        assert redirect(plain, "/") == f"https://localhost:{server.port}/"


def redirect(port: int, path: str) -> str | None:
    client = http.client.HTTPConnection("localhost", port, timeout=20)
    client.request("GET", path)
    response = client.getresponse()
    response.read()
    client.close()
    assert response.status == 307
    return response.getheader("Location")


def test_a_port_of_its_own_sends_plain_http_to_https(folder: Path) -> None:
    with serving("tls", "run", "--redirect-port", "0", cwd=folder) as server:
        plain = int(re.findall(r"Plain HTTP on port (\d+)", server.output)[0])
        silent = [socket.create_connection(("127.0.0.1", plain)) for _ in range(30)]

        assert redirect(plain, "/a?b=c") == f"https://localhost:{server.port}/a?b=c"

        for client in silent:
            client.close()


def test_a_unix_socket_is_served_and_taken_away(folder: Path) -> None:
    path = folder / "s"
    process = subprocess.Popen(
        flask("tls", "run", "--host", f"unix://{path}"),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert settle(path.exists, 30)
        done = run(
            *(program("curl"), "--silent", "--insecure", "--noproxy", "*"),
            *("--retry", "5", "--retry-all-errors", "--retry-delay", "1"),
            *("--unix-socket", path, "https://localhost/"),
        )
        assert done.stdout == "True True"
    finally:
        process.terminate()
        process.communicate(timeout=20)

    assert not path.exists()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0)], ids=["TERM", "INT"]
)
@pytest.mark.parametrize("options", [[], ["--debug"]], ids=["plain", "debug"])
def test_a_signal_ends_it_at_once_and_leaves_nothing(
    folder: Path, number: signal.Signals, code: int, options: list[str]
) -> None:
    with serving("tls", "run", *options, cwd=folder) as server:
        if options:
            server.wait_for("Debugger PIN")
        clients = [
            socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)
        ]
        assert get(server, "127.0.0.1")[0] == 200
        before = sorted(Path.home().rglob("*"))

        if number is signal.SIGINT:
            # A terminal sends it to everybody in front of it.
            os.killpg(server.process.pid, number)
        else:
            server.process.send_signal(number)

        assert server.process.wait(10) == code
        assert settle(lambda: not group_lives(server.process.pid))
        assert sorted(Path.home().rglob("*")) == before
        assert "Traceback" not in server.output
        for client in clients:
            client.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_port_in_use_is_a_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = run(*flask("tls", "run", "--port", str(port)), cwd=folder)

    assert done.returncode == 1
    assert f"Error: Port {port} of '127.0.0.1' is in use" in done.stderr
    assert "flask tls run --port" in done.stderr
    assert "Traceback" not in done.stderr


@needs_ipv6
def test_the_other_address_in_use_is_a_sentence_too(folder: Path) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]

        done = run(*flask("tls", "run", "--port", str(port)), cwd=folder)

    assert done.returncode == 1
    assert f"Error: Port {port} of '::1' is in use" in done.stderr


def test_without_threads_silent_clients_hold_up_nobody(folder: Path) -> None:
    with serving("tls", "run", "--without-threads", cwd=folder) as server:
        silent = [
            socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)
        ]
        half = trusting().wrap_socket(
            socket.create_connection(("127.0.0.1", server.port)),
            server_hostname="localhost",
        )
        half.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"
        )

        answers = {get(server, "127.0.0.1") for _ in range(10)}

        assert answers == {(200, "False True")}
        for client in (*silent, half):
            client.close()


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("app.test", True),
        ("localhost", True),
        ("a.wild.test", False),
        ("evil.example", False),
    ],
)
def test_the_console_is_there_for_names_that_were_written_down(
    folder: Path, name: str, usable: bool
) -> None:
    names = ("--name", "app.test", "--name", "*.wild.test")

    with serving("tls", "run", "--debug", *names, cwd=folder) as server:
        server.wait_for("Debugger PIN")
        status, page = get(server, "127.0.0.1", "/boom", f"{name}:{server.port}")
        secret = re.findall(r'SECRET = "(\w+)"', page)[0]
        pin = f"/?__debugger__=yes&cmd=pinauth&pin=0&s={secret}"
        asked = get(server, "127.0.0.1", pin, f"{name}:{server.port}")

    assert status == 500
    assert (asked[0] == 200) is usable


def test_tls_errors_are_quiet_and_say_what_to_type(folder: Path) -> None:
    with serving("tls", "run", cwd=folder) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(
                socket.create_connection(("127.0.0.1", server.port)),
                server_hostname="localhost",
            )

        server.wait_for("flask tls trust install")
        assert "Traceback" not in server.output
