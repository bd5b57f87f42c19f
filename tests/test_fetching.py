from __future__ import annotations

import contextlib
import ssl
import threading
from pathlib import Path

import pytest

from flask_tlsdev.fetching import Fetcher
from flask_tlsdev.fetching import LARGEST_ANSWER
from flask_tlsdev.fetching import LARGEST_ISSUER
from flask_tlsdev.fetching import Unfetched

from .acme_servers import make_https_pair
from .answering import answering
from .answering import Handler
from .answering import send


def test_a_list_is_got_and_a_question_posted() -> None:
    asked: list[tuple[str, str, bytes, str | None]] = []

    def answer(handler: Handler) -> None:
        body = handler.rfile.read()
        kind = handler.headers["Content-Type"]
        asked.append((handler.command, handler.path, body, kind))
        send(handler, 200, b"answer")

    with answering(answer) as address:
        fetcher = Fetcher()
        assert fetcher.revocation(f"{address}/list", None) == b"answer"
        assert fetcher.revocation(f"{address}/ocsp", b"question") == b"answer"

    assert asked == [
        ("GET", "/list", b"", None),
        ("POST", "/ocsp", b"question", "application/ocsp-request"),
    ]


def test_https_brings_what_is_signed_whoever_has_it(tmp_path: Path) -> None:
    certificate, key = make_https_pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    with answering(lambda one: send(one, 200, b"list"), context) as address:
        assert Fetcher().revocation(address, None) == b"list"
        with pytest.raises(Unfetched, match="certificate verify failed"):
            Fetcher().issuer(address)


@pytest.mark.parametrize(
    "url",
    ["ldap://ca.test/x", "file:///etc/passwd", "ftp://a", "HTTP//a", "", "/etc/passwd"],
)
def test_nothing_but_http_is_fetched(url: str) -> None:
    for fetch in (Fetcher().issuer, lambda url: Fetcher().revocation(url, None)):
        with pytest.raises(Unfetched, match="it is no http URL"):
            fetch(url)


@pytest.mark.parametrize("url", ["http://", "http://a b/", "http://[::1", "http://a:x"])
def test_a_url_that_is_none_is_one_sentence(url: str) -> None:
    with pytest.raises(Unfetched, match="cannot be fetched") as caught:
        Fetcher(seconds=5).revocation(url, None)

    assert str(caught.value).isprintable()


def test_no_redirect_leads_somewhere_else() -> None:
    seen: list[str] = []

    def redirect(handler: Handler) -> None:
        send(handler, 302, b"", Location=other)

    with answering(lambda one: seen.append(one.path)) as other:
        with answering(redirect) as address:
            with pytest.raises(Unfetched, match="302"):
                Fetcher().revocation(address, None)

    assert seen == []


def test_an_issuer_may_have_moved_but_not_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    targets = ["/there", f"file://{tmp_path}/secret"]

    def redirect(handler: Handler) -> None:
        if handler.path == "/there":
            send(handler, 200, b"moved")
        else:
            send(handler, 302, b"", Location=targets.pop(0))

    with answering(redirect) as address:
        assert Fetcher().issuer(f"{address}/") == b"moved"
        with pytest.raises(Unfetched):
            Fetcher().issuer(f"{address}/")


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_without_it_is_said(status: int) -> None:
    with answering(lambda one: send(one, status, b"no")) as address:
        with pytest.raises(Unfetched, match=str(status)):
            Fetcher().revocation(address, None)


def test_nobody_listening_is_said() -> None:
    with pytest.raises(Unfetched, match="Connection refused"):
        Fetcher().revocation("http://127.0.0.1:1/", None)


def test_more_than_there_can_be_is_not_read() -> None:
    with answering(lambda one: send(one, 200, b"x" * (1 << 18))) as address:
        with pytest.raises(Unfetched, match=f"larger than {LARGEST_ANSWER >> 10} KiB"):
            Fetcher().revocation(address, b"question")
        with pytest.raises(Unfetched, match=f"larger than {LARGEST_ISSUER >> 10} KiB"):
            Fetcher().issuer(address)
        assert len(Fetcher().revocation(address, None)) == 1 << 18


def test_an_answer_without_end_is_left_at_its_limit() -> None:
    def flood(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"x" * 1024)

    with answering(flood) as address:
        with pytest.raises(Unfetched, match="larger than"):
            Fetcher(seconds=20).revocation(address, b"question")


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_what_never_ends_is_given_up(begin: bytes) -> None:
    over = threading.Event()

    def drip(handler: Handler) -> None:
        handler.wfile.write(begin)
        try:
            while not over.wait(0.02):
                handler.wfile.write(b"x")
        except OSError:
            pass

    with answering(drip) as address:
        with pytest.raises(Unfetched, match=r"longer than 0\.3 seconds"):
            Fetcher(seconds=0.3).revocation(address, None)

        over.set()


def test_the_users_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    asked: list[str] = []

    def answer(handler: Handler) -> None:
        asked.append(handler.path)
        send(handler, 200, b"list")

    with answering(answer) as proxy:
        fetcher = Fetcher.from_environment({"http_proxy": proxy, "HTTPS_PROXY": ""})
        assert fetcher.revocation("http://ca.test/list", None) == b"list"

    assert asked == ["http://ca.test/list"]


def test_a_proxy_of_somebody_else_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with answering(lambda one: send(one, 200, b"list")) as address:
        assert Fetcher.from_environment({}).revocation(address, None) == b"list"
