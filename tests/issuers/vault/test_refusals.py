from __future__ import annotations

import http.server
import socket
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import IssuerError
from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import IssuerTimeout
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.issuers.vault import Vault
from flask_tlsdev.provision import issue

from ...answering import answering
from ...answering import forward
from ...answering import send
from ...vault_servers import Bao
from ...vault_servers import running_bao
from .conftest import MakeVault
from .conftest import request_for


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"role": "nope"}, "There is no role 'nope'", "vault list pki/roles"),
        ({"role": "rsa"}, "refuses this kind of key", "--key-type"),
        ({"mount": "none"}, "no such mount", "vault secrets list"),
        ({"namespace": "team"}, "no such mount or namespace", "--vault-namespace"),
        ({"token": "wrong"}, "denies permission", "vault token lookup"),
        (
            {"auth": "approle", "role_id": "a", "secret_id": "b"},
            "does not know this AppRole",
            "secret-id",
        ),
        ({"auth": "approle", "role_id": None}, "needs a role id", "--vault-role-id"),
        ({"auth": "kubernetes"}, "needs a role", "--vault-auth-role"),
        ({"auth": "cert"}, "needs a certificate", "--vault-client-cert"),
        ({"role": None}, "No role of Vault is named", "--vault-role NAME"),
        ({"token": None}, "There is no token", "vault login"),
    ],
)
def test_a_refusal_says_what_to_type(
    bao: Bao, make_vault: MakeVault, changes: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises((IssuerRefused, ConfigError), match=message) as caught:
        issue(make_vault(bao, **changes), request_for("app.test"))

    assert hint in caught.value.hint


def test_a_role_for_test_names_gives_no_other_and_says_what_it_allows(
    bao: Bao, make_vault: MakeVault
) -> None:
    with pytest.raises(IssuerRefused, match=r"www\.example\.com not allowed") as caught:
        issue(make_vault(bao), request_for("www.example.com"))

    assert "Its allowed_domains are 'test', 'localhost'" in caught.value.message


def test_what_a_role_allows_is_left_out_where_it_may_not_be_read(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    token = dev_bao.new_token(policies=["web"])

    with pytest.raises(IssuerRefused, match="does not allow that") as caught:
        issue(make_vault(dev_bao, token=token), request_for("www.example.com"))

    assert "allowed_domains are" not in caught.value.message


def test_a_policy_that_does_not_allow_it_is_shown(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    token = dev_bao.new_token(policies=["web"])

    with pytest.raises(IssuerRefused, match="denies permission") as caught:
        issue(make_vault(dev_bao, token=token, role="long"), request_for("app.test"))

    assert 'path "pki/sign/long" { capabilities = ["update"] }' in caught.value.hint


def test_nobody_listening_is_said(dev_bao: Bao, make_vault: MakeVault) -> None:
    issuer = make_vault(dev_bao, address="http://127.0.0.1:1")

    with pytest.raises(IssuerUnavailable, match="nobody listens there"):
        issue(issuer, request_for("app.test"))


def test_tls_to_a_plain_port_is_said(dev_bao: Bao, make_vault: MakeVault) -> None:
    issuer = make_vault(dev_bao, address=dev_bao.address.replace("http:", "https:"))

    with pytest.raises(IssuerUnavailable, match="it speaks no TLS"):
        issue(issuer, request_for("app.test"))


def test_plain_http_to_a_tls_port_is_said(real_bao: Bao, make_vault: MakeVault) -> None:
    issuer = make_vault(real_bao, address=real_bao.address.replace("https:", "http:"))

    with pytest.raises(IssuerRefused, match="speaks TLS at") as caught:
        issue(issuer, request_for("app.test"))

    assert "https://" in caught.value.hint


def test_a_certificate_that_is_not_trusted_is_said(
    real_bao: Bao, make_vault: MakeVault
) -> None:
    with pytest.raises(IssuerUnavailable, match="is not trusted") as caught:
        issue(make_vault(real_bao, ca_file=None), request_for("app.test"))

    assert "--vault-ca-file" in caught.value.hint


def test_a_server_that_is_not_ready_says_why_and_works_when_it_is(
    tmp_path: Path, make_vault: MakeVault
) -> None:
    (tmp_path / "bao").mkdir()
    bao = Bao(tmp_path / "bao", dev=False)
    try:
        bao.start()
        assert "not been initialised" in refused(make_vault(bao))

        bao.init()
        assert "is sealed" in refused(make_vault(bao))

        bao.unseal()
        bao.set_up()
        issue(make_vault(bao), request_for("app.test"))

        bao.ask("put", "sys/seal")
        assert "is sealed" in refused(make_vault(bao))

        bao.kill()
        assert "nobody listens" in refused(make_vault(bao))

        bao.start()
        bao.unseal()
        issue(make_vault(bao), request_for("app.test"))
    finally:
        bao.kill()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_problem_is_tried_again(
    dev_bao: Bao, make_vault: MakeVault, status: int
) -> None:
    failures = [status, status]

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        if failures and handler.path.endswith("/sign/web"):
            send(handler, failures.pop(), {"errors": ["busy"]})
        else:
            forward(handler, dev_bao)

    with answering(answer) as address:
        pair = issue(make_vault(dev_bao, address=address), request_for("app.test"))

    assert pair.chain
    assert not failures


def test_a_problem_that_does_not_pass_ends_with_its_words(
    dev_bao: Bao, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", print)
    with answering(lambda one: send(one, 500, {"errors": ["\x1b[31mbad"]})) as address:
        issuer = make_vault(dev_bao, address=address)

        with pytest.raises(IssuerUnavailable, match="has a problem") as caught:
            issue(issuer, request_for("app.test"))

    assert "\x1b" not in str(caught.value)


def test_a_real_standby_signs_through_its_leader_and_says_where_it_is_gone(
    tmp_path: Path, make_vault: MakeVault
) -> None:
    (tmp_path / "two").mkdir()
    (tmp_path / "one").mkdir()
    two = Bao(tmp_path / "two", dev=False)
    with running_bao(tmp_path / "one", dev=False) as one:
        try:
            two.follow(one)
            assert issue(make_vault(two), request_for("app.test")).chain

            one.kill()
            with pytest.raises(IssuerError) as caught:
                issue(make_vault(two), request_for("app.test"))
        finally:
            two.kill()

    assert "standby" in str(caught.value)
    assert "--vault-addr" in str(caught.value)


def test_a_real_limit_of_requests_is_waited_for(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    limit = {"path": "pki/sign/long", "rate": 1, "interval": "1s"}
    dev_bao.write("sys/quotas/rate-limit/slow", **limit)
    issuer = make_vault(dev_bao, role="long", patience=60)

    pairs = [issue(issuer, request_for("app.test")) for _ in range(3)]

    dev_bao.ask("delete", "sys/quotas/rate-limit/slow")
    assert len({pair.chain[0].serial_number for pair in pairs}) == 3


def test_a_problem_that_stays_ends_after_some_tries(
    dev_bao: Bao, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)

    with answering(lambda one: send(one, 503, {"errors": ["busy"]})) as address:
        issuer = make_vault(dev_bao, patience=60, address=address)

        with pytest.raises(IssuerUnavailable, match="has a problem: busy"):
            issue(issuer, request_for("app.test"))

    assert pauses == [0.25, 0.5, 1, 2]


def test_no_try_is_made_that_would_begin_after_the_deadline(
    dev_bao: Bao, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)

    def busy(handler: http.server.BaseHTTPRequestHandler) -> None:
        send(handler, 503, {"errors": ["busy"]}, Retry_After="9")

    with answering(busy) as address:
        issuer = make_vault(dev_bao, patience=8, address=address)

        with pytest.raises(IssuerUnavailable, match="has a problem: busy"):
            issue(issuer, request_for("app.test"))

    assert pauses == []


def test_one_that_says_nothing_is_given_up(dev_bao: Bao, make_vault: MakeVault) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        issuer = make_vault(dev_bao, patience=0.5, address=f"http://127.0.0.1:{port}")

        with pytest.raises(IssuerTimeout, match=r"within 0\.5 seconds"):
            issue(issuer, request_for("app.test"))


def test_a_policy_without_revocation_is_shown_for_that(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    leaf = issue(make_vault(dev_bao), request_for("app.test")).chain[0]
    issuer = make_vault(dev_bao, token=dev_bao.new_token(policies=["web"]))

    with pytest.raises(IssuerRefused, match="denies permission") as caught:
        issuer.revoke(leaf, x509.ReasonFlags.unspecified)

    assert 'path "pki/revoke" { capabilities = ["update"] }' in caught.value.hint


def test_a_standby_without_an_active_server_is_said(
    dev_bao: Bao, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", print)
    words = "local node not active but active cluster node not found"
    with answering(lambda one: send(one, 500, {"errors": [words]})) as address:
        issuer = make_vault(dev_bao, address=address)

        with pytest.raises(IssuerUnavailable, match="on standby"):
            issue(issuer, request_for("app.test"))


def test_a_server_that_dies_over_the_request_is_said(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    with answering(lambda one: one.connection.shutdown(socket.SHUT_RDWR)) as address:
        with pytest.raises(IssuerUnavailable, match="the connection was lost"):
            issue(make_vault(dev_bao, address=address), request_for("app.test"))


def test_no_private_key_and_no_second_request_with_it_is_sent(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    bodies: list[bytes] = []

    def record(handler: http.server.BaseHTTPRequestHandler) -> None:
        forward(handler, dev_bao, bodies)

    role, secret = dev_bao.approle()
    with answering(record) as address:
        issuer = make_vault(
            dev_bao, address=address, auth="approle", role_id=role, secret_id=secret
        )
        request = request_for("app.test")
        issue(issuer, request)

    sent = b"\n".join(bodies)
    number = request.key.private_numbers().private_value  # type: ignore[union-attr]
    assert b"BEGIN CERTIFICATE REQUEST" in sent
    assert b"PRIVATE" not in sent
    assert number.to_bytes(32, "big") not in sent
    assert f"{number:x}".encode() not in sent


def refused(issuer: Vault) -> str:
    with pytest.raises(IssuerError) as caught:
        issue(issuer, request_for("app.test"))

    return str(caught.value)
