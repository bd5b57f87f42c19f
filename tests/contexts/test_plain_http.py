from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import plain_http
from flask_tlsdev.contexts import server_context
from flask_tlsdev.contexts._deadline import Deadline
from flask_tlsdev.contexts.plain_http import BadRequest
from flask_tlsdev.contexts.plain_http import parse_head
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from flask_tlsdev.store import PairFiles

from ..tools import program
from ..tools import run
from .serving import read_all
from .serving import Server
from .serving import serving

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "connection": "close",
}


def ask(server: Server, head: str | bytes, body: bytes = b"") -> dict[str, str]:
    """Headers of the answer to this, its ``status`` and its ``body``."""
    data = head if isinstance(head, bytes) else head.encode("latin-1")
    answer = server.say(data.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body)
    top, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = top.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    found = {name.lower(): value for name, value in fields.items()}
    assert len(fields) == len(lines)
    return {**found, "status": status.partition(" ")[2], "body": body.decode()}


def location(server: Server, head: str) -> str:
    answer = ask(server, head)
    assert answer["status"] == "307 Temporary Redirect"
    return answer["location"].replace(f":{server.port}/", ":PORT/")


def test_the_answer_is_short_readable_and_kept_by_nobody(server: Server) -> None:
    answer = ask(server, "GET /a?b=<c>&d HTTP/1.1\nHost: localhost")

    url = f"https://localhost:{server.port}/a?b=%3Cc%3E&d"
    assert answer["status"] == "307 Temporary Redirect"
    assert answer["location"] == url
    assert answer.items() >= HEADERS.items()
    assert int(answer["content-length"]) == len(answer["body"])
    assert "This port speaks HTTPS" in answer["body"]
    assert f'href="{url.replace("&", "&amp;")}"' in answer["body"]
    assert "strict-transport-security" not in answer


def test_head_gets_no_body(server: Server) -> None:
    answer = ask(server, "HEAD / HTTP/1.1\nHost: localhost")

    assert answer["status"] == "307 Temporary Redirect"
    assert int(answer["content-length"]) > 0
    assert answer["body"] == ""


@pytest.mark.parametrize(
    ("host", "sent_to"),
    [
        pytest.param("localhost", "localhost", id="served"),
        pytest.param("LocalHost:80", "localhost", id="in capitals"),
        pytest.param("localhost.", "localhost", id="with a last dot"),
        pytest.param("app.test", "app.test", id="another served name"),
        pytest.param("a.app.test", "a.app.test", id="below a wildcard"),
        pytest.param("a.b.app.test", "localhost", id="two below a wildcard"),
        pytest.param("127.0.0.1", "127.0.0.1", id="our address"),
        pytest.param("127.0.0.2", "localhost", id="another address"),
        pytest.param("[::1]", "localhost", id="another IPv6 address"),
        pytest.param("evil.example", "localhost", id="somebody else"),
        pytest.param("evil.example:443", "localhost", id="with a port"),
        pytest.param("localhost.evil.example", "localhost", id="ours in front"),
        pytest.param("evil_name", "localhost", id="no name"),
        pytest.param("127.1", "localhost", id="no address"),
        pytest.param("", "localhost", id="empty"),
    ],
)
def test_the_host_is_one_that_we_serve(server: Server, host: str, sent_to: str) -> None:
    head = f"GET /x HTTP/1.1\nHost: {host}"

    assert location(server, head) == f"https://{sent_to}:PORT/x"


def test_no_host_leads_to_the_first_name(server: Server) -> None:
    assert location(server, "GET / HTTP/1.0") == "https://localhost:PORT/"
    assert location(server, "GET / HTTP/1.1") == "https://localhost:PORT/"


@pytest.fixture
def six(context: DevContext) -> Iterator[Server]:
    with serving(context, "::1") as server:
        yield server


@pytest.mark.parametrize("host", ["[::1]", "[0:0::0:1]:80"])
def test_an_ipv6_host_stays_in_brackets(six: Server, host: str) -> None:
    assert location(six, f"GET /x HTTP/1.1\nHost: {host}") == "https://[::1]:PORT/x"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no dual-stack sockets")
def test_our_ipv4_address_is_known_on_a_socket_for_both() -> None:
    with socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as listener:
        port = listener.getsockname()[1]

        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            ours, _ = listener.accept()

            with ours:
                plain_http.answer(ours, list, Deadline.after(5))

            assert f"Location: https://127.0.0.1:{port}/".encode() in read_all(client)


def test_the_port_of_https_is_left_out() -> None:
    request = parse_head(b"GET /x HTTP/1.1\r\nHost: app.test:80")
    names = parse("app.test")

    assert plain_http.location(request, names, None, 443) == "https://app.test/x"
    assert plain_http.location(request, names, None, 80) == "https://app.test:80/x"


def test_without_names_our_own_address_is_served(files: PairFiles) -> None:
    with serving(server_context(files)) as server:
        for host in ("evil.example", "localhost"):
            head = f"GET / HTTP/1.1\nHost: {host}"
            assert location(server, head) == "https://127.0.0.1:PORT/"


def test_names_may_be_given_when_they_are_needed(files: PairFiles) -> None:
    names: list[Name] = []

    with serving(server_context(files, names=lambda: names)) as server:
        names += parse("*.app.test, app.test")

        # A wildcard is no place to send anybody to.
        found = location(server, "GET / HTTP/1.1\nHost: evil.example")

    assert found == "https://app.test:PORT/"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/", "/"),
        ("//evil.example/x", "//evil.example/x"),
        ("/a%20b?c=%0d%0a", "/a%20b?c=%0d%0a"),
        ("/@evil.example", "/@evil.example"),
        ("/\xc3\xa9", "/%C3%A9"),
        ('/"<script>', "/%22%3Cscript%3E"),
    ],
)
def test_path_and_query_are_kept(server: Server, target: str, kept: str) -> None:
    head = f"GET {target} HTTP/1.1\nHost: localhost"

    assert location(server, head) == f"https://localhost:PORT{kept}"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("GET / HTTP/1.1\nHost: localhost@evil.example", id="userinfo"),
        pytest.param("GET / HTTP/1.1\nHost: a:b@localhost", id="password"),
        pytest.param("GET / HTTP/1.1\nHost: localhost\\evil", id="backslash in host"),
        pytest.param("GET / HTTP/1.1\nHost: localhost/x", id="path in host"),
        pytest.param("GET / HTTP/1.1\nHost: local host", id="space in host"),
        pytest.param("GET / HTTP/1.1\nHost: localhost:x", id="bad port"),
        pytest.param("GET / HTTP/1.1\nHost: [::1", id="open bracket"),
        pytest.param("GET / HTTP/1.1\nHost: *.app.test", id="wildcard"),
        pytest.param("GET / HTTP/1.1\nHost: [fe80::1%25eth0]", id="zone"),
        pytest.param("GET / HTTP/1.1\nHost: localhost\rX: y", id="CR in host"),
        pytest.param("GET / HTTP/1.1\nHost: localhost\0", id="NUL in host"),
        pytest.param("GET / HTTP/1.1\nHost: b\xfccher.test", id="raw IDN host"),
        pytest.param("GET / HTTP/1.1\nHost: a.test\nHost: b.test", id="two hosts"),
        pytest.param("GET / HTTP/1.1\nHost : localhost", id="space after name"),
        pytest.param("GET / HTTP/1.1\nHost: localhost\n folded", id="folded"),
        pytest.param("GET / HTTP/1.1\nlocalhost", id="no colon"),
        pytest.param("GET / HTTP/1.1\nX: a\0b", id="NUL in a header"),
        pytest.param("GET / HTTP/1.1\nX: a\rHost: b.test", id="CR in a header"),
        pytest.param("GET http://localhost/ HTTP/1.1\nHost: localhost", id="absolute"),
        pytest.param("CONNECT localhost:443 HTTP/1.1\nHost: localhost", id="authority"),
        pytest.param("OPTIONS * HTTP/1.1\nHost: localhost", id="asterisk"),
        pytest.param("GET /\\evil.example HTTP/1.1\nHost: localhost", id="backslash"),
        pytest.param("GET /\rX:y HTTP/1.1\nHost: localhost", id="CR in target"),
        pytest.param("GET /a b HTTP/1.1\nHost: localhost", id="space in target"),
        pytest.param("GET /#x HTTP/1.1\nHost: localhost", id="fragment"),
        pytest.param("GET x HTTP/1.1\nHost: localhost", id="no slash"),
        pytest.param("GET /", id="HTTP/0.9"),
        pytest.param("GET / HTTP/2.0", id="HTTP/2"),
        pytest.param("PRI * HTTP/2.0", id="HTTP/2 preface"),
        pytest.param("SSH-2.0-OpenSSH_9.2", id="SSH"),
        pytest.param("hello", id="a word"),
    ],
)
def test_what_is_odd_gets_no_redirect(server: Server, head: str) -> None:
    answer = ask(server, head)

    assert answer["status"] == "400 Bad Request"
    assert "location" not in answer
    assert answer.items() >= HEADERS.items()
    assert "This port speaks HTTPS" in answer["body"]
    assert "evil" not in answer["body"]


def test_an_injected_header_is_no_part_of_the_answer(server: Server) -> None:
    answer = ask(server, "GET / HTTP/1.1\nHost: localhost\nSet-Cookie: a=b")

    assert "set-cookie" not in answer


def test_an_endless_head_is_refused(server: Server) -> None:
    head = "GET / HTTP/1.1\nX: " + "x" * 100_000

    assert ask(server, head)["status"] == "431 Request Header Fields Too Large"


def test_bare_line_feeds_end_lines(server: Server) -> None:
    answer = server.say(b"GET / HTTP/1.1\nHost: app.test\n\n")

    assert f"Location: https://app.test:{server.port}/".encode() in answer


def test_a_head_in_pieces_is_read_to_its_end(server: Server) -> None:
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

        for piece in (b"GET / HTTP/1.1\r\nHost: app", b".test\r\n\r", b"\n"):
            client.sendall(piece)
            time.sleep(0.02)

        assert f"https://app.test:{server.port}/".encode() in client.recv(4096)


def test_a_head_that_is_cut_off_is_not_answered(server: Server) -> None:
    with server.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\n") as client:
        client.shutdown(socket.SHUT_WR)

        assert client.recv(4096) == b""


def test_a_body_that_comes_after_the_answer_does_not_reset_it(server: Server) -> None:
    head = b"POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"

    with server.connect(head) as client:
        # As a client does that looks for an answer only when all is sent.
        select.select([client], [], [], 10)
        client.sendall(b"x" * 9_000_000)

        answer = read_all(client)

    assert answer.startswith(b"HTTP/1.1 307 ")
    assert f"Location: https://localhost:{server.port}/form\r\n".encode() in answer


def test_the_log_has_no_error_of_it(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    ask(server, "GET / HTTP/1.1\nHost: localhost")
    ask(server, "nonsense")

    assert server.get().status == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_curl_follows_with_method_and_body(server: Server, files: PairFiles) -> None:
    url = f"http://localhost:{server.port}/x"
    options = ["-sS", "-L", "--cacert", str(files.certfile)]

    got = run(program("curl"), *options, url)
    posted = run(
        program("curl"), *options, "--data-binary", "@-", url, stdin="b" * 9999
    )

    assert (got.stdout, got.stderr) == ("hello", "")
    assert (posted.stdout, posted.stderr) == ("b" * 9999, "")


def test_curl_is_led_nowhere_by_an_evil_host(server: Server) -> None:
    url = f"http://127.0.0.1:{server.port}/x"
    show = ["-sS", "-o", "-", "-w", "%{http_code} %{redirect_url}"]

    done = run(program("curl"), *show, "-H", "Host: evil.example", url)

    assert done.stdout.endswith(f"307 https://localhost:{server.port}/x")


HEAD_BYTES = st.binary(max_size=300) | st.builds(
    lambda target, host: b"GET /%b HTTP/1.1\r\nHost: %b" % (target, host),
    st.binary(max_size=40),
    st.binary(max_size=40) | st.sampled_from([b"localhost", b"[::1]:8"]),
)


@given(HEAD_BYTES)
@example(b"GET /\r\n HTTP/1.1")
def test_any_head_is_refused_or_gives_a_harmless_target(head: bytes) -> None:
    try:
        request = parse_head(head)
    except BadRequest:
        return

    assert request.target.startswith("/")
    assert request.target.isascii()
    assert request.target.isprintable()
    assert not set(request.target) & set(' "<>\\#')


@given(HEAD_BYTES)
def test_any_head_leads_to_us(head: bytes) -> None:
    ours, theirs = socket.socketpair()

    with ours, theirs:
        theirs.sendall(head + b"\r\n\r\n")
        theirs.shutdown(socket.SHUT_WR)

        deadline = Deadline.after(5)
        plain_http.answer(ours, lambda: parse("localhost, app.test"), deadline)

        lines = theirs.recv(65536).decode("ascii").split("\r\n\r\n")[0].split("\r\n")

    for line in lines[1:]:
        name, _, value = line.partition(": ")
        assert name in {"Location", *(key.title() for key in HEADERS), "Content-Length"}

        if name == "Location":
            assert urlsplit(value).netloc in {"localhost", "app.test"}
