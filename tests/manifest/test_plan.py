from __future__ import annotations

import base64
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev import keys
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.manifest import plan as plans
from flask_tlsdev.manifest import write
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.pairs import load_certificates

from ..profiles import authority
from .cases import plan
from .schemas import problems
from .schemas import read

ACME = {"TLSDEV_ISSUER": "acme", "TLSDEV_NAMES": "app.example.com"}
VAULT = {
    "TLSDEV_ISSUER": "vault",
    "TLSDEV_NAMES": "app.example.com",
    "TLSDEV_VAULT_ROLE": "web",
}


def written(
    config: Mapping[str, object], kind: str, **more: Any
) -> list[dict[str, Any]]:
    return read(write(plan(config, **more), [kind]))


def test_a_name_that_is_each_machines_own_is_no_name_of_the_cluster() -> None:
    names = "localhost, app.localhost, 127.0.0.2, ::1, app.test"

    found = plan({"TLSDEV_NAMES": names}).public_names

    assert found == parse("app.test")


@pytest.mark.parametrize("config", [ACME, VAULT], ids=["acme", "vault"])
def test_who_signs_only_what_is_yours_is_not_asked_for_the_services_names(
    config: Mapping[str, object],
) -> None:
    assert plan(config).names == parse("app.example.com")

    with pytest.raises(ConfigError, match="there is none but this machine's own"):
        _ = plan({**config, "TLSDEV_NAMES": "localhost"}).names


@pytest.mark.parametrize("issuer", ["imported", "files"])
def test_an_issuer_that_no_cluster_has_is_not_replaced_by_another(
    issuer: str, tmp_path: Path
) -> None:
    config = {"TLSDEV_ISSUER": issuer, "TLSDEV_FILES_PATH": str(tmp_path)}

    with pytest.raises(ConfigError, match="does not say who issues") as caught:
        written(config, "certificate")

    assert "--issuer local-ca" in caught.value.hint
    assert written(config, "deployment")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"TLSDEV_LIFETIME": "30m"}, "less than an hour"),
        (
            {"TLSDEV_LIFETIME": "1h", "TLSDEV_RENEW_BEFORE": "2m"},
            "five minutes before the end",
        ),
    ],
    ids=["short life", "short margin"],
)
def test_times_that_cert_manager_refuses_are_refused_here(
    changes: Mapping[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        written(changes, "certificate")


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
def test_every_key_type_of_ours_is_one_of_cert_managers(key_type: str) -> None:
    (found,) = written({"TLSDEV_KEY_TYPE": key_type}, "certificate")

    key = found["spec"]["privateKey"]
    assert key["rotationPolicy"] == "Always"
    assert key["algorithm"].lower().startswith(key_type[:2])
    assert ("key encipherment" in found["spec"]["usages"]) == ("rsa" in key_type)


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"TLSDEV_ACME_CHALLENGE": "tls-alpn-01"}, "Set it to http-01"),
        ({"TLSDEV_ACME_CHALLENGE": "dns-01"}, "Add --dns-provider cloudflare"),
        ({"TLSDEV_NAMES": "*.example.com"}, "Set it to dns-01"),
    ],
    ids=["tls-alpn-01", "no provider", "wildcard"],
)
def test_what_cert_manager_cannot_answer_is_refused(
    changes: Mapping[str, object], hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        written({**ACME, **changes}, "cluster-issuer")

    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "changes",
    [
        {"TLSDEV_VAULT_ROLE": None},
        {"TLSDEV_VAULT_AUTH": "approle"},
        {"TLSDEV_VAULT_AUTH": "kubernetes"},
    ],
    ids=["no role", "no role id", "no role to log in as"],
)
def test_what_vault_wants_to_know_is_asked_for(changes: Mapping[str, object]) -> None:
    with pytest.raises(ConfigError, match="TLSDEV_VAULT_"):
        written({**VAULT, **changes}, "cluster-issuer")


def test_no_secret_of_the_configuration_is_in_a_manifest() -> None:
    config: dict[str, object] = {
        **VAULT,
        "TLSDEV_VAULT_AUTH": "approle",
        "TLSDEV_VAULT_ROLE_ID": "role-id",
        "TLSDEV_VAULT_TOKEN": "hvs.SECRET",
        "TLSDEV_VAULT_SECRET_ID": "SECRET-id",
        "TLSDEV_ACME_EAB_KID": "kid",
        "TLSDEV_ACME_EAB_HMAC_KEY": "SECRET_hmac",
    }

    for issuer in ("vault", "acme"):
        text = write(plan({**config, "TLSDEV_ISSUER": issuer}), ["cluster-issuer"])

        assert "SECRET" not in text


@pytest.mark.parametrize(
    ("config", "key", "where"),
    [
        (ACME, "TLSDEV_ACME_CA_FILE", "acme"),
        (VAULT, "TLSDEV_VAULT_CA_FILE", "vault"),
    ],
    ids=["acme", "vault"],
)
def test_of_a_ca_file_only_the_certificates_are_written(
    config: Mapping[str, object], key: str, where: str, tmp_path: Path
) -> None:
    root = authority().root
    file = tmp_path / "root.pem"
    file.write_bytes(
        b"a secret\n" + keys.dump(authority().key) + dump_certificates([root])
    )

    (found,) = written({**config, key: str(file)}, "cluster-issuer")

    bundle = base64.b64decode(found["spec"][where]["caBundle"])
    assert load_certificates(bundle) == (root,)
    assert b"secret" not in bundle
    assert b"PRIVATE" not in bundle
    assert problems([found]) == [[]]


def test_a_file_that_holds_no_certificate_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text("root:hunter2")

    with pytest.raises(CertificateError) as caught:
        written({**ACME, "TLSDEV_ACME_CA_FILE": str(file)}, "cluster-issuer")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("issuer", ["acme", "self-signed", "vault"])
def test_there_is_no_bundle_of_a_root_that_is_not_ours(issuer: str) -> None:
    with pytest.raises(ConfigError, match="A Bundle is made of the root"):
        written({**VAULT, "TLSDEV_ISSUER": issuer}, "bundle")


def test_there_is_no_bundle_of_a_secret_that_trust_manager_does_not_see() -> None:
    with pytest.raises(ConfigError, match="A Bundle is made of the root"):
        written({}, "bundle", issuer_kind="Issuer")


@pytest.mark.parametrize("kind", ["ingress", "gateway"])
def test_nobody_is_let_in_by_no_name(kind: str) -> None:
    with pytest.raises(ConfigError, match="there is no name under which") as caught:
        written({"TLSDEV_NAMES": "10.0.0.1"}, kind, class_name="nginx")

    assert "nip.io" in caught.value.hint


def test_a_gateway_has_a_class() -> None:
    with pytest.raises(ConfigError, match="GatewayClass"):
        written({"TLSDEV_NAMES": "app.test"}, "gateway")


@pytest.mark.parametrize("challenge", ["http-01", "dns-01"])
def test_the_app_is_never_served_by_plain_http(challenge: str) -> None:
    config = {**ACME, "TLSDEV_ACME_CHALLENGE": challenge}

    gateway, route = written(config, "gateway", class_name="istio")

    listeners = {each["name"]: each for each in gateway["spec"]["listeners"]}
    taken = {each["sectionName"] for each in route["spec"]["parentRefs"]}
    assert {listeners[name]["protocol"] for name in taken} == {"HTTPS"}
    assert ("http" in listeners) == (challenge == "http-01")


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (plans.check_service, "web"),
        (plans.check_namespace, "kube-system"),
        (plans.check_class, "example.com"),
        (plans.check_image, "registry.example.com:5000/web@sha256:ab"),
        (plans.check_probe_path, "/healthz?full=1"),
        (plans.check_app, "shop.wsgi:create_app()"),
    ],
    ids=["service", "namespace", "class", "image", "path", "app"],
)
def test_a_name_that_kubernetes_would_refuse_is_refused(
    check: Callable[[str], str], good: str
) -> None:
    assert check(good) == good

    for bad in ("", "a b", "a\nb: c", f"{good}\n", "$(id)", "x" * 300, "-a", "é"):
        with pytest.raises(ConfigError, match="is no "):
            check(bad)


EXISTING = {
    "TLSDEV_NAMES": "app.example.com",
    "TLSDEV_ISSUER": "cert-manager",
    "TLSDEV_KUBE_ISSUER": "company",
}


def test_an_issuer_that_is_there_already_is_not_written_over() -> None:
    with pytest.raises(ConfigError, match="'company' is in the cluster already"):
        written(EXISTING, "issuer", issuer_kind="Issuer")


def test_an_issuer_that_is_there_already_has_to_be_named() -> None:
    with pytest.raises(ConfigError, match="TLSDEV_KUBE_ISSUER"):
        written({**EXISTING, "TLSDEV_KUBE_ISSUER": None}, "certificate")


def test_an_issuer_of_the_company_is_asked_for_names_that_are_yours() -> None:
    assert plan(EXISTING).names == parse("app.example.com")
