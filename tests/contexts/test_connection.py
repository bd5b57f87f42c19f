from __future__ import annotations

import contextlib
import gc
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.store import PairFiles

from ..tools import program
from .serving import of_version
from .serving import openssl
from .serving import read_all
from .serving import Server
from .serving import serving
from .serving import settle
from .serving import trusting


def client_hello() -> bytes:
    """What a client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting().wrap_bio(incoming, outgoing, server_hostname="localhost")

    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()

    return outgoing.read()


def drip(client: socket.socket, text: bytes) -> bool:
    """Send one byte after the other; whether the server ends it before the last."""
    client.settimeout(0.05)

    for byte in text:
        try:
            client.sendall(bytes([byte]))

            if not client.recv(1):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True

    return False


def test_a_client_that_trusts_the_certificate_is_answered(
    server: Server, files: PairFiles
) -> None:
    answer = server.get(context=trusting(files.certfile))

    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["X-Scheme"] == "https"


def test_accepted_sockets_send_at_once(server: Server) -> None:
    assert server.get().headers["X-Nodelay"] == "True"


def test_the_deadline_ends_with_the_handshake(server: Server) -> None:
    assert server.get().headers["X-Timeout"] == "None"


def test_a_large_body_comes_through_both_ways(server: Server) -> None:
    body = os.urandom(3_000_000)

    assert server.request("POST", body=body).body == body


def test_ipv6_is_served(context: DevContext) -> None:
    with serving(context, "::1") as server:
        assert server.get().status == 200


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")
def test_a_unix_socket_is_served(context: DevContext, tmp_path: Path) -> None:
    path = str(tmp_path / "s")

    with (
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as client,
    ):
        listener.bind(path)
        listener.listen()
        secured = context.wrap_socket(listener, server_side=True)
        client.connect(path)
        connection, _ = secured.accept()
        thread = threading.Thread(target=connection.sendall, args=(b"hello",))
        thread.start()

        with trusting().wrap_socket(client, server_hostname="localhost") as talk:
            assert talk.recv(5) == b"hello"

        thread.join()
        connection.close()
        secured.close()


def test_fifty_silent_clients_hold_up_nobody(server: Server) -> None:
    silent = [server.connect() for _ in range(50)]

    answers = [server.get() for _ in range(20)]

    assert [answer.status for answer in answers] == [200] * 20

    for client in silent:
        client.close()


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(client_hello()[:60], id="half a ClientHello"),
        pytest.param(b"\x16", id="one byte of TLS"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: lo", id="half a plain request"),
    ],
)
def test_clients_that_stop_half_way_hold_up_nobody(
    server: Server, start: bytes
) -> None:
    waiting = [server.connect(start) for _ in range(10)]

    answers = [server.get() for _ in range(10)]

    assert [answer.status for answer in answers] == [200] * 10

    for client in waiting:
        client.close()


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"\x00" * 100, id="zeros"),
        pytest.param(b"\x80\x2e\x01\x00\x02", id="SSL 2"),
        pytest.param(b"\r\n\r\n", id="line breaks"),
        pytest.param(b"\xff\xfe\xfd", id="high bytes"),
        pytest.param(b"", id="nothing"),
        pytest.param(client_hello()[:60], id="half a ClientHello"),
    ],
)
def test_a_client_that_goes_without_a_request_is_closed_quietly(
    server: Server, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with server.connect(garbage) as client, contextlib.suppress(OSError):
        # Both fail if the server has reset the connection, which it may.
        client.shutdown(socket.SHUT_WR)
        said = read_all(client)

        # To a client that began to speak TLS, OpenSSL says farewell in an alert.
        assert said == b"" or (garbage[:1], said[:1]) == (b"\x16", b"\x15")

    assert server.get().status == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_broken_handshake_is_one_line_in_the_log(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.say(b"\x16\x03\x01\x00\x05hello")

    assert server.get().status == 200

    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "SSL error occurred" in errors[0].getMessage()
    assert not errors[0].exc_info


@pytest.fixture
def hasty(files: PairFiles) -> Iterator[Server]:
    """A server whose clients have half a second."""
    with serving(server_context(files, handshake_timeout=0.5)) as server:
        yield server


def test_a_silent_client_meets_the_deadline(hasty: Server) -> None:
    begun = time.monotonic()

    assert hasty.say(b"") == b""
    assert 0.4 < time.monotonic() - begun < 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(client_hello(), id="ClientHello"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X" * 500, id="plain HTTP"),
    ],
)
def test_a_dripping_client_meets_the_same_deadline(hasty: Server, text: bytes) -> None:
    begun = time.monotonic()

    with hasty.connect() as client:
        assert drip(client, text), "the client was let go on"

    assert 0.4 < time.monotonic() - begun < 3


def test_what_a_client_waited_is_no_part_of_its_handshake(hasty: Server) -> None:
    begun = time.monotonic()

    with hasty.connect() as client:
        time.sleep(0.4)
        client.sendall(b"\x16")

        assert read_all(client) == b""

    assert time.monotonic() - begun < 0.8


@pytest.mark.parametrize("said", [b"", b"\0", b"\x16\x03\x01\x00\x05hello", b"GET / "])
def test_a_client_that_is_not_met_is_let_go_at_once(
    context: DevContext, said: bytes
) -> None:
    with (
        context.wrap_socket(
            socket.create_server(("127.0.0.1", 0)), server_side=True
        ) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        connection, _ = listener.accept()

        with pytest.raises((ConnectionAbortedError, ssl.SSLError)):
            connection.recv(1)

        # Its number may be another client's by now.
        assert connection.fileno() == -1

        with pytest.raises(ConnectionAbortedError):
            connection.do_handshake()

        for receive in (connection.recv, connection.read):
            with pytest.raises(ConnectionAbortedError):
                receive(1)

        for send in (connection.send, connection.sendall, connection.write):
            with pytest.raises(ConnectionAbortedError):
                send(b"x")


def test_an_ended_answer_is_told_from_a_cut_one(server: Server) -> None:
    with server.handshake() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

        # A ragged end would be an SSLEOFError.
        assert read_all(client).endswith(b"hello")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(server: Server, version: ssl.TLSVersion) -> None:
    context = of_version(version)
    session = None
    reused = []

    for _ in range(3):
        with server.handshake(context, session) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            read_all(client)
            reused.append(client.session_reused)
            session = client.session

    assert reused == [False, True, True]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_resumes_a_session(
    server: Server, tmp_path: Path, version: str
) -> None:
    session = tmp_path / "session.pem"

    first = openssl(program("openssl"), server, version, "-sess_out", session)
    second = openssl(program("openssl"), server, version, "-sess_in", session)

    assert "New, TLS" in first.stdout
    assert "Reused, TLS" in second.stdout
    assert "hello" in second.stdout


@pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="the descriptors cannot be counted"
)
def test_no_descriptor_and_no_thread_is_left(hasty: Server) -> None:
    def descriptors() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    hasty.get()
    settle(lambda: threading.active_count() == 2)
    before = descriptors()

    for _ in range(3):
        hasty.get()
        hasty.say(b"GET / HTTP/1.0\r\n\r\n")
        hasty.say(b"\x16\x03\x01\x00\x05hello")
        hasty.say(b"\x16")
        hasty.connect(b"\x00").close()
        hasty.connect().close()

    assert settle(lambda: threading.active_count() == 2)
    assert settle(lambda: descriptors() == before)
