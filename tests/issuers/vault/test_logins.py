from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.provision import issue

from ...acme_servers import make_https_pair
from ...answering import answering
from ...answering import Handler
from ...answering import send
from ...vault_servers import Bao
from .conftest import MakeVault
from .conftest import request_for


def test_a_token_of_a_file_is_enough(
    bao: Bao, make_vault: MakeVault, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{bao.new_token(policies=['web'])}\n")

    pair = issue(make_vault(bao, token=None, token_file=file), request_for("app.test"))

    assert pair.chain


def test_an_approle_is_enough(bao: Bao, make_vault: MakeVault, tmp_path: Path) -> None:
    role, secret = bao.approle()
    file = tmp_path / "secret-id"
    file.write_text(secret)

    pair = issue(
        make_vault(bao, token=None, auth="approle", role_id=role, secret_id_file=file),
        request_for("app.test"),
    )

    assert pair.chain


def test_the_token_of_a_login_ends_with_it(dev_bao: Bao, make_vault: MakeVault) -> None:
    role, secret = dev_bao.approle()
    before = accessors(dev_bao)

    issue(
        make_vault(dev_bao, auth="approle", role_id=role, secret_id=secret),
        request_for("app.test"),
    )

    assert accessors(dev_bao) == before


def test_a_certificate_is_enough(
    real_bao: Bao, make_vault: MakeVault, tmp_path: Path
) -> None:
    certificate, key = make_https_pair(tmp_path)
    real_bao.write("sys/auth/cert", type="cert")
    real_bao.write(
        "auth/cert/certs/web", certificate=certificate.read_text(), policies="web"
    )

    pair = issue(
        make_vault(
            real_bao, token=None, auth="cert", client_cert=certificate, client_key=key
        ),
        request_for("app.test"),
    )

    assert pair.chain


def test_a_service_account_is_enough_where_its_cluster_knows_it(
    dev_bao: Bao, make_vault: MakeVault, tmp_path: Path
) -> None:
    """OpenBao is real; the cluster's API server, which it asks, is played."""
    file = tmp_path / "jwt"
    file.write_text(jwt_of("shop", "web"))
    reviewed: list[str] = []

    def review(handler: Handler) -> None:
        reviewed.append(json.loads(handler.rfile.read())["spec"]["token"])
        user = {"username": "system:serviceaccount:shop:web", "uid": "u1"}
        status = {"authenticated": True, "user": user}
        kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
        send(handler, 201, {**kind, "status": status})

    certificate, key = make_https_pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with answering(review, context) as cluster:
        dev_bao.write("sys/auth/kubernetes", type="kubernetes")
        dev_bao.write(
            "auth/kubernetes/config",
            kubernetes_host=cluster,
            kubernetes_ca_cert=certificate.read_text(),
            token_reviewer_jwt="a.b.c",
            disable_local_ca_jwt=True,
        )
        dev_bao.write(
            "auth/kubernetes/role/web",
            bound_service_account_names="web",
            bound_service_account_namespaces="shop",
            token_policies="web",
        )
        issuer = make_vault(
            dev_bao, token=None, auth="kubernetes", auth_role="web", jwt_file=file
        )

        pair = issue(issuer, request_for("app.test"))

    assert pair.chain
    assert reviewed == [file.read_text()]


def jwt_of(namespace: str, account: str) -> str:
    """A service account's token, as a cluster signs it."""
    about = "kubernetes.io/serviceaccount"
    claims = {
        "iss": "kubernetes/serviceaccount",
        "sub": f"system:serviceaccount:{namespace}:{account}",
        f"{about}/namespace": namespace,
        f"{about}/service-account.name": account,
        f"{about}/service-account.uid": "u1",
    }
    signed = f"{encoded({'alg': 'ES256', 'typ': 'JWT'})}.{encoded(claims)}"
    key = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def encoded(content: dict[str, str]) -> str:
    return base64url(json.dumps(content).encode())


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_service_account_sends_its_token_and_role(
    dev_bao: Bao, make_vault: MakeVault, tmp_path: Path
) -> None:
    file = tmp_path / "jwt"
    file.write_text("head.body.signature\n")
    seen: list[object] = []

    def answer(handler: object) -> None:
        length = int(handler.headers["Content-Length"])  # type: ignore[attr-defined]
        body = handler.rfile.read(length)  # type: ignore[attr-defined]
        seen.append((handler.path, json.loads(body)))  # type: ignore[attr-defined]
        send(handler, 403, {"errors": ["permission denied"]})  # type: ignore[arg-type]

    with answering(answer) as address:
        issuer = make_vault(
            dev_bao,
            address=address,
            auth="kubernetes",
            auth_role="web",
            jwt_file=file,
        )

        with pytest.raises(IssuerRefused, match="refuses the login by kubernetes"):
            issue(issuer, request_for("app.test"))

    assert seen == [
        ("/v1/auth/kubernetes/login", {"role": "web", "jwt": "head.body.signature"})
    ]


def test_a_token_with_little_life_left_is_renewed(
    dev_bao: Bao, make_vault: MakeVault
) -> None:
    from ...answering import forward

    token = dev_bao.new_token(policies=["web"], ttl="1h", period="1h")
    asked: list[str] = []

    def answer(handler: object) -> None:
        path = handler.path  # type: ignore[attr-defined]
        asked.append(path)
        if path.endswith("lookup-self"):
            data = {"ttl": 100, "creation_ttl": 3600, "renewable": True}
            send(handler, 200, {"data": data})  # type: ignore[arg-type]
        else:
            forward(handler, dev_bao)  # type: ignore[arg-type]

    with answering(answer) as address:
        issue(
            make_vault(dev_bao, address=address, token=token), request_for("app.test")
        )

    assert asked[-1] == "/v1/auth/token/renew-self"


def accessors(bao: Bao) -> set[str]:
    listed = bao.ask("list", "auth/token/accessors")
    return set(listed["data"]["keys"])
