"""How long, how much and what may a server answer?"""

from __future__ import annotations

import threading

import pytest

from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import IssuerTimeout
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.provision import issue

from ...answering import answering
from ...answering import forward
from ...answering import Handler
from ...answering import send
from ...vault_servers import Bao
from .conftest import MakeVault
from .conftest import request_for


@pytest.mark.parametrize("headers", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_headers_without_end_are_given_up(
    dev_bao: Bao, make_vault: MakeVault, headers: bytes
) -> None:
    over = threading.Event()

    def drip(handler: Handler) -> None:
        handler.wfile.write(headers)
        try:
            while not over.wait(0.05):
                handler.wfile.write(b"x")
        except OSError:
            pass

    with answering(drip) as address:
        issuer = make_vault(dev_bao, patience=0.5, address=address)

        with pytest.raises(IssuerTimeout, match=r"within 0\.5 seconds"):
            issue(issuer, request_for("app.test"))

        over.set()


def test_an_answer_without_end_is_given_up(dev_bao: Bao, make_vault: MakeVault) -> None:
    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not over.wait(0.05):
                handler.wfile.write(b" ")
        except OSError:
            pass

    over = threading.Event()
    with answering(drip) as address:
        issuer = make_vault(dev_bao, patience=0.5, address=address)

        with pytest.raises(IssuerTimeout, match=r"within 0\.5 seconds"):
            issue(issuer, request_for("app.test"))

        over.set()


@pytest.mark.parametrize("status", [405, 412, 418])
def test_what_nobody_knows_is_not_tried_again(
    dev_bao: Bao, make_vault: MakeVault, status: int
) -> None:
    asked: list[str] = []

    def answer(handler: Handler) -> None:
        asked.append(handler.path)
        send(handler, status, {"errors": ["unsupported operation"]})

    with answering(answer) as address:
        with pytest.raises(IssuerRefused, match=rf"operation \({status}\)"):
            issue(make_vault(dev_bao, address=address), request_for("app.test"))

    assert asked == ["/v1/pki/sign/web"]


def test_a_busy_server_is_asked_again_when_it_says(
    dev_bao: Bao, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    busy = [True]

    def answer(handler: Handler) -> None:
        if busy:
            busy.clear()
            send(handler, 429, {"errors": ["slow down"]}, Retry_After="3")
        else:
            forward(handler, dev_bao)

    with answering(answer) as address:
        issue(make_vault(dev_bao, address=address), request_for("app.test"))

    assert pauses == [3.0]


def test_one_that_is_busy_for_long_says_for_how_long(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    def answer(handler: Handler) -> None:
        send(handler, 429, {"errors": ["slow down"]}, Retry_After="900")

    with answering(answer) as address:
        with pytest.raises(IssuerUnavailable, match="slow down") as caught:
            issue(make_vault(dev_bao, address=address), request_for("app.test"))

    assert caught.value.retry_after == 900


@pytest.mark.parametrize(
    "data",
    [b"[1]", b'{"errors": [7]}', b"{", b"[" * 100_000, b'{"errors": {"a": 1}}'],
    ids=["list", "number", "half", "deep", "object"],
)
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_that_is_not_vaults_is_one_sentence(
    dev_bao: Bao, make_vault: MakeVault, status: int, data: bytes
) -> None:
    with answering(lambda one: send(one, status, data)) as address:
        with pytest.raises(IssuerRefused) as caught:
            issue(make_vault(dev_bao, address=address), request_for("app.test"))

    assert "\n" not in caught.value.message
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"data": None},
        {"data": {"certificate": 7}},
        {"data": {"certificate": "x"}},
        {"data": {"certificate": "x", "ca_chain": "y"}},
        {"data": {"certificate": "x", "ca_chain": [1] * 99}},
        [],
        "no JSON object",
    ],
)
def test_an_odd_answer_is_refused(
    dev_bao: Bao, make_vault: MakeVault, content: object
) -> None:
    with answering(lambda one: send(one, 200, content)) as address:
        with pytest.raises(IssuerRefused, match=r"cannot be used|no Vault"):
            issue(make_vault(dev_bao, address=address), request_for("app.test"))


def test_a_large_answer_is_refused(dev_bao: Bao, make_vault: MakeVault) -> None:
    with answering(lambda one: send(one, 200, "x" * (1 << 19))) as address:
        with pytest.raises(IssuerRefused, match="larger than 256 KiB"):
            issue(make_vault(dev_bao, address=address), request_for("app.test"))
