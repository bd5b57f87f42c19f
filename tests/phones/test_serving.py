from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.client import HTTPResponse
from ipaddress import ip_address
from ipaddress import ip_interface
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.phones import choose_address
from flask_tlsdev.phones import downloads
from flask_tlsdev.phones import Ended
from flask_tlsdev.phones import PhoneServer
from flask_tlsdev.phones import serving

from ..trust.making import our_root

LOOPBACK = ip_address("127.0.0.1")
FILES = downloads(our_root())


class Running:
    """A page that is being served, until it ends by itself or by :meth:`end`."""

    def __init__(self, count: int) -> None:
        self.server = PhoneServer(LOOPBACK, downloads=count)
        self.server.put_page(b"<p>the page", "default-src 'none'")
        self.server.put_files(FILES)
        self.ended: list[Ended] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        self.ended.append(self.server.serve(60))

    @property
    def port(self) -> int:
        return urlsplit(self.server.url).port or 0

    def ask(
        self, path: str, method: str = "GET", host: str | None = None
    ) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {} if host is None else {"Host": host}
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    @property
    def path(self) -> str:
        return urlsplit(self.server.url).path

    def wait(self) -> Ended:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.ended[0]

    def end(self) -> None:
        self.server._over.set()
        self._thread.join(30)


@pytest.fixture
def running() -> Iterator[Running]:
    it = Running(3)
    yield it
    it.end()


def test_the_page_and_each_file_are_sent_with_their_type(running: Running) -> None:
    page, html = running.ask(running.path)

    assert (page.status, html) == (200, b"<p>the page")
    assert page.headers["Content-Security-Policy"] == "default-src 'none'"
    for file in FILES:
        answer, data = running.ask(running.path + file.name)
        assert (answer.status, data) == (200, file.data)
        assert answer.headers["Content-Type"] == file.content_type
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_profile_is_not_sent_as_an_attachment(running: Running) -> None:
    kinds = [
        running.ask(running.path + file.name, "HEAD")[0].headers["Content-Disposition"]
        for file in FILES
    ]

    assert [kind.partition(";")[0] for kind in kinds] == [
        "inline",
        "attachment",
        "attachment",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "*",
        "/favicon.ico",
        "/ca.key",
        "{page}ca.key",
        "{page}../ca.key",
        "{page}..%2fca.key",
        "{page}{file}/../ca.key",
        "{page}{folder}/ca.key",
        "{page}/etc/passwd",
        "{page}?x",
        "{bare}",
        "/wrong-token/{file}",
        "/\u00e9/",
        "http://127.0.0.1{page}",
    ],
)
def test_any_other_path_is_not_there(
    running: Running, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where a server of files would find it.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.key").write_text("PRIVATE KEY")
    asked = path.format(
        page=running.path,
        bare=running.path.rstrip("/"),
        file=FILES[0].name,
        folder=tmp_path,
    )

    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as client:
        host = f"127.0.0.1:{running.port}"
        client.sendall(f"GET {asked} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        said = b"".join(iter(lambda: client.recv(4096), b""))

    assert said.split(b" ")[1] in (b"404", b"400")
    assert b"PRIVATE" not in said
    assert b"the page" not in said


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_any_other_method_is_refused(running: Running, method: str) -> None:
    answer, _ = running.ask(running.path, method)

    assert answer.status == 501


def test_another_name_for_the_address_is_refused(running: Running) -> None:
    answer, _ = running.ask(running.path, host=f"evil.example:{running.port}")

    assert answer.status == 404


def test_two_pages_have_different_paths(running: Running) -> None:
    other = PhoneServer(LOOPBACK)
    other.close()

    token = running.path.strip("/")
    assert len(token) == 22
    assert token not in other.url


def test_it_ends_with_the_last_download() -> None:
    running = Running(2)

    running.ask(running.path)
    running.ask(running.path + FILES[0].name, "HEAD")
    for file in FILES[:2]:
        assert running.ask(running.path + file.name)[0].status == 200

    assert running.wait() is Ended.DOWNLOADS
    with pytest.raises(ConnectionError):
        running.ask(running.path)


def test_no_file_goes_out_more_often_while_the_last_one_is_on_its_way() -> None:
    server = PhoneServer(LOOPBACK, downloads=1)
    server.close()
    path = urlsplit(server.url).path

    assert server.may_send(path + FILES[0].name)
    assert not server.may_send(path + FILES[0].name)
    assert server.may_send(path)


def test_it_ends_when_its_time_is_over() -> None:
    assert PhoneServer(LOOPBACK).serve(0.01) is Ended.TIME


def test_a_client_that_says_nothing_holds_up_nobody(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port)):
        assert running.ask(running.path)[0].status == 200
        running.end()
        assert running.ended


def test_a_port_that_is_taken_is_a_sentence(running: Running) -> None:
    with pytest.raises(TLSDevError, match=f"port {running.port}"):
        PhoneServer(LOOPBACK, running.port)


def test_it_listens_on_no_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    own = (ip_interface("192.168.7.9/24"), ip_interface("10.1.2.3/8"))
    monkeypatch.setattr(serving, "private_interfaces", lambda: own)

    assert choose_address() in [each.ip for each in own]
    assert str(choose_address("10.1.2.3")) == "10.1.2.3"
    for text in ("0.0.0.0", "::", "192.0.2.7", "10.1.2.4", "localhost", "x\x1b"):
        with pytest.raises(TLSDevError, match="private") as caught:
            choose_address(text)
        assert "192.168.7.9, 10.1.2.3" in str(caught.value)


def test_without_a_network_it_says_what_else_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "private_interfaces", lambda: ())

    with pytest.raises(TLSDevError, match="flask tls ca export --out"):
        choose_address()
