from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies

from flask_tlsdev.server.heads import BadRequest
from flask_tlsdev.server.heads import Head
from flask_tlsdev.server.heads import parse


def head(*lines: str, line: str = "GET / HTTP/1.1", host: str = "localhost") -> Head:
    """A head with a Host and these lines, parsed as the server does."""
    return parse("\r\n".join([line, f"Host: {host}", *lines]).encode("latin-1"))


def test_a_head_is_taken_apart() -> None:
    found = head("Accept:  */* \t", "X-Empty:", line="POST /a?b=%20 HTTP/1.1")

    assert (found.method, found.target, found.version) == (
        "POST",
        "/a?b=%20",
        "HTTP/1.1",
    )
    assert found.fields == (("Host", "localhost"), ("Accept", "*/*"), ("X-Empty", ""))
    assert found.line == "POST /a?b=%20 HTTP/1.1"


def test_lines_may_end_as_a_person_at_a_terminal_ends_them() -> None:
    assert parse(b"GET / HTTP/1.1\nHost: localhost").fields == (("Host", "localhost"),)


@pytest.mark.parametrize(
    "line",
    [
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET /",
        "GET / http/1.1",
        "GET / HTTP/1.10",
        "GET / HTTP/11",
        "GET /\t HTTP/1.1",
        "GET /\x00 HTTP/1.1",
        "GET / HTTP/1.1\r",
        "G(T / HTTP/1.1",
        "GET relative HTTP/1.1",
        "GET /#part HTTP/1.1",
        "GET ftp://localhost/ HTTP/1.1",
        "GET https://me@localhost/ HTTP/1.1",
        "GET * HTTP/1.1",
        "\x16\x03\x01",
        "",
    ],
)
def test_a_malformed_request_line_is_refused(line: str) -> None:
    with pytest.raises(BadRequest) as caught:
        head(line=line)

    assert caught.value.status == "400 Bad Request"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("PRI * HTTP/2.0", "505 HTTP Version Not Supported"),
        ("GET / HTTP/0.9", "505 HTTP Version Not Supported"),
        ("CONNECT localhost:443 HTTP/1.1", "501 Not Implemented"),
    ],
)
def test_what_is_not_spoken_here_is_named(line: str, status: str) -> None:
    with pytest.raises(BadRequest) as caught:
        head(line=line)

    assert caught.value.status == status


@pytest.mark.parametrize(
    "line",
    [
        "GET https://localhost/path?q HTTP/1.1",
        "GET HTTP://localhost:5000/ HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET /\xfc HTTP/1.1",
        "GET //two HTTP/1.1",
        "MKCALENDAR / HTTP/1.1",
    ],
)
def test_an_unusual_request_line_is_taken(line: str) -> None:
    assert head(line=line).line == line


SMUGGLING = [
    pytest.param(["Content-Length: 5", "Transfer-Encoding: chunked"], id="both"),
    pytest.param(["Content-Length: 5", "Content-Length: 5"], id="length twice"),
    pytest.param(["Content-Length: 5", "Content-Length: 6"], id="two lengths"),
    pytest.param(["Content-Length: 5, 5"], id="a list of lengths"),
    pytest.param(["Content-Length: +5"], id="a sign"),
    pytest.param(["Content-Length: -1"], id="a negative length"),
    pytest.param(["Content-Length: 0x5"], id="a hexadecimal length"),
    pytest.param(["Content-Length: 5_0"], id="an underscore in the length"),
    pytest.param(["Content-Length:"], id="no length"),
    pytest.param(["Content-Length: \xb2"], id="another digit"),
    pytest.param(["Content-Length: " + "9" * 19], id="a huge length"),
    pytest.param(["Content-Length : 5"], id="a space before the colon"),
    pytest.param(["Transfer-Encoding : chunked"], id="a space, chunked"),
    pytest.param(["Transfer-Encoding\t: chunked"], id="a tab before the colon"),
    pytest.param(["X: 1", " Transfer-Encoding: chunked"], id="a folded line"),
    pytest.param(["X: 1", "\tY: 2"], id="a line folded with a tab"),
    pytest.param([" X: 1"], id="a space before a name"),
    pytest.param(["X: 1\rTransfer-Encoding: chunked"], id="a bare CR"),
    pytest.param(["X: 1\r\rY: 2"], id="two bare CRs"),
    pytest.param(["X\r: 1"], id="a bare CR in a name"),
    pytest.param(["X: a\x00b"], id="a NUL"),
    pytest.param(["X: a\x0bb"], id="a vertical tab"),
    pytest.param(["no colon"], id="no colon"),
    pytest.param([": nameless"], id="no name"),
    pytest.param(["X(): 1"], id="no token"),
    pytest.param(["X\xa0: 1"], id="a no-break space"),
    pytest.param(["Host: other"], id="two Hosts"),
    pytest.param(["Transfer-Encoding: identity"], id="identity"),
    pytest.param(["Transfer-Encoding: chunked, identity"], id="chunked not last"),
    pytest.param(["Transfer-Encoding:"], id="an empty coding"),
]


@pytest.mark.parametrize("lines", SMUGGLING)
def test_what_two_readers_could_read_differently_is_refused(lines: list[str]) -> None:
    with pytest.raises(BadRequest) as caught:
        head(*lines)

    assert caught.value.status.startswith(("400", "501"))


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ],
)
def test_a_coding_that_we_do_not_know_is_never_guessed(lines: list[str]) -> None:
    with pytest.raises(BadRequest):
        head(*lines)


def test_chunked_is_not_taken_from_http_1_0() -> None:
    with pytest.raises(BadRequest):
        head("Transfer-Encoding: chunked", line="POST / HTTP/1.0")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:5000", "[::1]:443", "127.0.0.1", "a_b.test", "", "a:"],
)
def test_a_host_may_be_any_that_urls_have(host: str) -> None:
    assert head(host=host).fields[0] == ("Host", host)


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "me@a", "a\\b", "a,b/c", "[::1", "a:b", "a:123456", "ü"]
)
def test_a_malformed_host_is_refused(host: str) -> None:
    with pytest.raises(BadRequest):
        head(host=host)


def test_http_1_1_needs_a_host_and_http_1_0_does_not() -> None:
    with pytest.raises(BadRequest):
        parse(b"GET / HTTP/1.1")

    assert parse(b"GET / HTTP/1.0").fields == ()


def test_names_with_underscores_are_dropped() -> None:
    found = head("X_Forwarded_For: 1.2.3.4", "Content_Length: 7", "X-Real: yes")

    assert found.fields == (("Host", "localhost"), ("X-Real", "yes"))
    assert found.length == 0


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([], 0),
        (["Content-Length: 0"], 0),
        (["content-length: 0012"], 12),
        (["Transfer-Encoding: Chunked"], None),
    ],
)
def test_where_the_body_ends_is_known(lines: list[str], length: int | None) -> None:
    assert head(*lines).length == length


@pytest.mark.parametrize(
    ("version", "lines", "kept"),
    [
        ("HTTP/1.1", [], True),
        ("HTTP/1.1", ["Connection: close"], False),
        ("HTTP/1.1", ["Connection: Keep-Alive, Close"], False),
        ("HTTP/1.1", ["Connection: keep-alive", "Connection: close"], False),
        ("HTTP/1.2", [], True),
        ("HTTP/1.0", [], False),
        ("HTTP/1.0", ["Connection: keep-alive"], True),
    ],
)
def test_whether_the_connection_stays(
    version: str, lines: list[str], kept: bool
) -> None:
    assert head(*lines, line=f"GET / {version}").keep_alive is kept


def test_expect_and_upgrade_are_seen() -> None:
    found = head("Expect: 100-Continue", "Connection: Upgrade", "Upgrade: websocket")

    assert found.expects_continue
    assert found.upgrade
    assert not head("Upgrade: websocket").upgrade
    assert not head("Expect: 100-continue", line="GET / HTTP/1.0").expects_continue


def test_there_is_an_end_to_header_fields() -> None:
    head(*(f"X-{number}: 1" for number in range(98)))

    with pytest.raises(BadRequest) as caught:
        head(*(f"X-{number}: 1" for number in range(100)))

    assert caught.value.status.startswith("431 ")


@given(strategies.binary(max_size=200))
def test_no_bytes_do_anything_but_parse_or_be_refused(data: bytes) -> None:
    try:
        status = parse(data) and "200"
    except BadRequest as error:
        status = error.status[:3]

    assert status in {"200", "400", "431", "501", "505"}
