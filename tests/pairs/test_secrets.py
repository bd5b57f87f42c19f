"""A Secret is read for its certificates and key, and for nothing else."""

from __future__ import annotations

import base64
import json

import pytest

from flask_tlsdev.errors import CertificateError
from flask_tlsdev.pairs import dump_secret
from flask_tlsdev.pairs import is_secret
from flask_tlsdev.pairs import load_contents
from flask_tlsdev.pairs import load_secret
from flask_tlsdev.pairs import Pair
from tests.profiles import authority
from tests.profiles import leaf_for
from tests.profiles import new_key

PAIR = Pair(
    new_key(),
    (leaf_for("a.test", new_key()), authority().intermediate),
    (authority().root,),
)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_what_is_written_is_read() -> None:
    data = dump_secret(PAIR, "a.test")

    assert load_secret(data) == {
        "tls.crt": PAIR.certificate_pem,
        "tls.key": PAIR.key_pem,
        "ca.crt": PAIR.roots_pem,
    }
    assert len(load_contents(data).keys) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [("*.app.test", "app-test"), ("::1", "1"), ("*", "tls"), ("A.test", "a-test")],
)
def test_its_name_is_one_that_kubernetes_takes(name: str, expected: str) -> None:
    secret = json.loads(dump_secret(PAIR, name))

    assert secret["metadata"]["name"] == expected


def test_yaml_is_read_too() -> None:
    text = f"apiVersion: v1\nkind: Secret\ndata:\n  tls.crt: {encoded(b'x')}\n"

    assert is_secret(text.encode())
    assert load_secret(text.encode()) == {"tls.crt": b"x"}


def test_a_list_names_each_secret() -> None:
    secret = {"kind": "Secret", "data": {"tls.crt": encoded(b"x")}}
    named = {**secret, "metadata": {"name": "one"}}

    found = load_secret(json.dumps({"kind": "List", "items": [named, secret]}).encode())

    assert found == {"one/tls.crt": b"x", "2/tls.crt": b"x"}


def test_passwords_beside_the_pair_are_not_looked_at() -> None:
    data = {"password": encoded(b"geheim"), "tls.crt": encoded(b"x")}

    assert load_secret(json.dumps({"kind": "Secret", "data": data}).encode()) == {
        "tls.crt": b"x"
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"kind": "ConfigMap"}', "holds no Kubernetes Secret"),
        ('{"kind": "Secret"}', "without certificate or key"),
        ('{"kind": "Secret", "data": {"tls.crt": "!"}}', "no base64"),
        ("{", "begins like JSON"),
        ("kind: Secret\n: : :", "cannot be read as YAML"),
        ("kind: Secret\na: &a x\nb: *a\n", "YAML aliases"),
        ("kind: Secret\nx: " + "[" * 50, "nested more deeply"),
        ("kind: Secret\nx:\n" + "- a\n" * 30_000, "holds more than"),
    ],
    ids=["other kind", "empty", "base64", "JSON", "YAML", "aliases", "deep", "long"],
)
def test_what_is_no_secret_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CertificateError, match=reason):
        load_secret(text.encode())
