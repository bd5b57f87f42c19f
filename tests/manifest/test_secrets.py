from __future__ import annotations

import json
import os
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev import keys
from flask_tlsdev.certificates import check_authority
from flask_tlsdev.certificates import names_of
from flask_tlsdev.certificates import permits_of
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import InvalidName
from flask_tlsdev.manifest import Plan
from flask_tlsdev.manifest import secrets
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import load_certificates
from flask_tlsdev.pairs import Pair

from ..clients import CLIENTS
from ..clients import served
from .api_server import as_kubectl_reads
from .api_server import offline
from .cases import plan
from .cert_manager import data
from .cert_manager import issue
from .schemas import problems
from .schemas import read

APP = {"TLSDEV_NAMES": "app.test, *.app.test, localhost, 127.0.0.1"}


def made(of: Plan, *kinds: str) -> list[dict[str, Any]]:
    """The Secrets of these kinds, of one new CA."""
    return read(secrets.write(secrets.ClusterCA.make(of), of, kinds))


@pytest.fixture(scope="module")
def ca_secret() -> dict[str, Any]:
    (found,) = made(plan(APP), "ca-secret")
    return found


def test_the_ca_is_of_our_profile_and_limited_to_the_clusters_names(
    ca_secret: dict[str, Any],
) -> None:
    intermediate, root = load_certificates(data(ca_secret)["tls.crt"])
    permits = permits_of(root)

    check_authority(root, intermediate, permits, datetime.now(timezone.utc))
    assert set(permits.domains) == {
        "app.test",
        "web.default.svc",
        "web.default.svc.cluster.local",
    }
    assert not permits.allows(Name("dns", "localhost"))
    assert not permits.allows(Name("dns", "other.test"))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "2001:db8::2"])
def test_a_ca_for_no_address_may_sign_none(
    ca_secret: dict[str, Any], address: str, tmp_path: Path
) -> None:
    found = issue(ca_secret, address)
    host = str(ip_address(address))

    it = served(tmp_path, found.key, found.chain, found.root, host)

    assert [client.__name__ for client in CLIENTS if not client(it)] == []


def test_the_ca_is_in_the_namespace_where_cert_manager_looks() -> None:
    shared, own = plan({}), plan({}, issuer_kind="Issuer", namespace="shop")

    assert [made(each, "ca-secret")[0]["metadata"] for each in (shared, own)] == [
        {
            "name": "default-web-ca",
            "namespace": "cert-manager",
            "labels": {"app.kubernetes.io/name": "web"},
        },
        {
            "name": "web-ca",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/name": "web"},
        },
    ]


def test_the_key_is_the_intermediates(ca_secret: dict[str, Any]) -> None:
    held = data(ca_secret)
    intermediate, root = load_certificates(held["tls.crt"])

    assert load_certificates(held["ca.crt"]) == (root,)
    assert keys.matches(keys.load(held["tls.key"]), intermediate.public_key())
    assert not keys.matches(keys.load(held["tls.key"]), root.public_key())


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_clients_verify_what_cert_manager_signs_with_it_up_to_its_ca_crt(
    ca_secret: dict[str, Any], client: Any, tmp_path: Path
) -> None:
    found = issue(ca_secret, "web.default.svc, app.test")

    it = served(tmp_path, found.key, found.chain, found.root, "web.default.svc")

    assert len(found.chain) == 2
    assert client(it) == ""


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
@pytest.mark.parametrize("name", ["google.com", "other.default.svc", "localhost"])
def test_clients_refuse_other_names_that_cert_manager_signs_without_asking(
    ca_secret: dict[str, Any], client: Any, name: str, tmp_path: Path
) -> None:
    found = issue(ca_secret, name)

    it = served(tmp_path, found.key, found.chain, found.root, name)

    assert client(it) != ""


def test_every_ca_is_another_one() -> None:
    first, second = (made(plan(APP), "ca-secret")[0] for _ in range(2))

    assert first["data"]["tls.key"] != second["data"]["tls.key"]


def test_nothing_of_this_machine_is_read_or_written(home: Path) -> None:
    made(plan(APP), "ca-secret", "tls-secret")

    assert list(os.scandir(home)) == []


@pytest.mark.parametrize(
    "names", ["app.example.com", "*.internal.example.com", "10.0.0.1", "app.local"]
)
def test_a_repository_does_not_choose_what_the_ca_signs_beyond_test(names: str) -> None:
    with pytest.raises(ConfigError, match="may not sign") as caught:
        made(plan({"TLSDEV_NAMES": names}), "ca-secret")

    permit = caught.value.hint.removeprefix("Add --permit ")
    assert made(plan({"TLSDEV_NAMES": names}, permits=(permit,)), "ca-secret")


@pytest.mark.parametrize("permit", ["com", "nip.io", "0.0.0.0/0", "*.app.test"])
def test_what_no_ca_of_ours_may_sign_is_refused_here_too(permit: str) -> None:
    with pytest.raises(InvalidName):
        made(plan({}, permits=(permit,)), "ca-secret")


def test_a_nip_io_name_is_permitted_for_its_address_alone() -> None:
    of = plan(
        {"TLSDEV_NAMES": "app.192-168-49-2.nip.io"}, permits=("192-168-49-2.nip.io",)
    )

    permits = secrets.ClusterCA.make(of).permits

    assert permits.allows(Name("dns", "app.192-168-49-2.nip.io"))
    assert not permits.allows(Name("dns", "app.192-168-49-3.nip.io"))


def test_the_pair_is_what_the_certificate_would_be() -> None:
    of = plan({**APP, "TLSDEV_KEY_TYPE": "rsa:2048", "TLSDEV_LIFETIME": "30d"})

    (secret,) = made(of, "tls-secret")

    held = data(secret)
    pair = Pair.from_pem(held["tls.crt"], held["tls.key"], held["ca.crt"])
    assert secret["metadata"]["name"] == "web-tls"
    assert set(names_of(pair.leaf)) == set(of.names)
    assert keys.key_type_of(pair.key) == "rsa:2048"
    life = pair.leaf.not_valid_after_utc - datetime.now(timezone.utc)
    assert timedelta(days=29) < life < timedelta(days=31)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_clients_verify_the_pair_with_the_root_beside_it(
    client: Any, tmp_path: Path
) -> None:
    (secret,) = made(plan({**APP, "TLSDEV_NAMES": "app.test"}), "tls-secret")
    held = data(secret)
    pair = Pair.from_pem(held["tls.crt"], held["tls.key"], held["ca.crt"])

    it = served(tmp_path, pair.key, pair.chain, pair.roots[0], "app.test")

    assert client(it) == ""


def test_both_secrets_are_of_one_ca() -> None:
    ca, pair = made(plan(APP), "ca-secret", "tls-secret")

    assert data(ca)["ca.crt"] == data(pair)["ca.crt"]


def test_secrets_are_valid_and_kubectl_takes_them() -> None:
    of = plan(APP)
    text = secrets.write(secrets.ClusterCA.make(of), of, ("ca-secret", "tls-secret"))

    assert problems(read(text)) == [[], []]
    assert as_kubectl_reads(text) == read(text)


def test_the_pairs_secret_is_the_one_that_kubectl_makes_of_the_files(
    tmp_path: Path,
) -> None:
    (ours,) = made(plan(APP), "tls-secret")
    for name, content in data(ours).items():
        (tmp_path / name).write_bytes(content)

    printed = offline(
        *("create", "secret", "tls", "web-tls", "--dry-run=client", "-o", "json"),
        *("--cert", str(tmp_path / "tls.crt"), "--key", str(tmp_path / "tls.key")),
        home=str(tmp_path),
    )

    theirs = json.loads(printed)
    assert theirs["type"] == ours["type"]
    assert theirs["data"] == {
        name: ours["data"][name] for name in ("tls.crt", "tls.key")
    }


def test_a_secret_warns_of_what_is_in_it() -> None:
    of = plan(APP)

    text = secrets.write(secrets.ClusterCA.make(of), of, ("ca-secret",))

    assert "private key" in text.partition("apiVersion")[0]
    assert "2001:db8::" not in text


def test_names_that_a_service_has_are_written_by_kubernetes_own_rule() -> None:
    of = plan({}, service="api", namespace="shop")

    assert of.names == parse("api.shop.svc, api.shop.svc.cluster.local")
