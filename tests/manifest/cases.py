"""The manifests that are kept under ``golden/`` and read by people.

After a change that is meant, write them anew and read what changed::

    python -m tests.manifest.cases
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from flask_tlsdev.config import Settings
from flask_tlsdev.manifest import Plan
from flask_tlsdev.manifest import write

GOLDEN = Path(__file__).parent / "golden"

#: What a run needs where cert-manager is installed.
APP = ("cluster-issuer", "certificate", "deployment", "service")


def plan(config: Mapping[str, object], **more: Any) -> Plan:
    """A plan of these keys, for a user without a home folder."""
    return Plan(Settings.from_mapping(config, environ={}), **more)


@dataclass(frozen=True)
class Case:
    config: Mapping[str, object]
    kinds: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict)

    def write(self) -> str:
        return write(plan(self.config, **self.more), self.kinds)


_ACME = {
    "TLSDEV_NAMES": "app.example.com, www.example.com",
    "TLSDEV_ISSUER": "acme",
    "TLSDEV_ACME_EMAIL": "ops@example.com",
}
_VAULT = {
    "TLSDEV_NAMES": "app.example.com",
    "TLSDEV_ISSUER": "vault",
    "TLSDEV_VAULT_ADDR": "https://vault.example.com:8200",
    "TLSDEV_VAULT_ROLE": "web",
    "TLSDEV_VAULT_MOUNT": "pki_int",
}
_ISSUER = ("cluster-issuer", "certificate")

CASES: Mapping[str, Case] = {
    "app": Case({"TLSDEV_NAMES": "app.test, *.app.test, localhost"}, APP),
    "defaults": Case({}, APP),
    "addresses": Case(
        {
            "TLSDEV_NAMES": "10.0.0.7, fd00::7, bücher.test",
            "TLSDEV_KEY_TYPE": "rsa:3072",
            "TLSDEV_LIFETIME": "36h",
            "TLSDEV_RENEW_BEFORE": "90m",
        },
        ("issuer", "certificate"),
        {"issuer_kind": "Issuer", "namespace": "shop", "service": "api"},
    ),
    "self-signed": Case({"TLSDEV_ISSUER": "self-signed"}, _ISSUER),
    "acme": Case(
        {
            **_ACME,
            "TLSDEV_ACME_DIRECTORY": "letsencrypt",
            "TLSDEV_ACME_PREFERRED_CHAIN": "ISRG Root X1",
            "TLSDEV_ACME_PROFILE": "tlsserver",
            "TLSDEV_ACME_EAB_KID": "no",
            "TLSDEV_KEY_TYPE": "ec-p384",
        },
        _ISSUER,
        {"class_name": "traefik"},
    ),
    "acme-cloudflare": Case(
        {
            **_ACME,
            "TLSDEV_NAMES": "*.example.com",
            "TLSDEV_ACME_CHALLENGE": "dns-01",
        },
        ("issuer", "certificate"),
        {"dns_provider": "cloudflare", "issuer_kind": "Issuer"},
    ),
    "acme-digitalocean": Case(
        {**_ACME, "TLSDEV_ACME_CHALLENGE": "dns-01"},
        ("cluster-issuer",),
        {"dns_provider": "digitalocean"},
    ),
    "acme-route53": Case(
        {**_ACME, "TLSDEV_ACME_CHALLENGE": "dns-01"},
        ("cluster-issuer",),
        {"dns_provider": "route53"},
    ),
    "vault-token": Case(_VAULT, _ISSUER),
    "vault-approle": Case(
        {
            **_VAULT,
            "TLSDEV_VAULT_AUTH": "approle",
            "TLSDEV_VAULT_ROLE_ID": "675a50e7-cfe0-be76-e35f-49ec009731ea",
        },
        ("cluster-issuer",),
    ),
    "vault-kubernetes": Case(
        {
            **_VAULT,
            "TLSDEV_VAULT_AUTH": "kubernetes",
            "TLSDEV_VAULT_AUTH_ROLE": "web",
            "TLSDEV_VAULT_NAMESPACE": "team-a",
        },
        ("issuer", "certificate"),
        {"issuer_kind": "Issuer"},
    ),
    "vault-cert": Case(
        {**_VAULT, "TLSDEV_VAULT_AUTH": "cert", "TLSDEV_VAULT_AUTH_ROLE": "web"},
        ("cluster-issuer",),
    ),
    "existing": Case(
        {
            "TLSDEV_NAMES": "app.example.com",
            "TLSDEV_ISSUER": "cert-manager",
            "TLSDEV_KUBE_ISSUER": "company",
            "TLSDEV_KUBE_ISSUER_KIND": "ClusterIssuer",
        },
        ("certificate", "ingress"),
    ),
    "existing-external": Case(
        {
            "TLSDEV_NAMES": "app.example.com",
            "TLSDEV_ISSUER": "cert-manager",
            "TLSDEV_KUBE_ISSUER": "company",
            "TLSDEV_KUBE_ISSUER_KIND": "AWSPCAClusterIssuer",
            "TLSDEV_KUBE_ISSUER_GROUP": "awspca.cert-manager.io",
        },
        ("certificate", "gateway"),
        {"class_name": "istio"},
    ),
    "role-signer": Case(
        {"TLSDEV_ISSUER": "cert-manager", "TLSDEV_KUBE_SIGNER": "example.com/web"},
        ("role",),
    ),
    "bundle": Case({}, ("bundle",)),
    "role": Case({}, ("role",), {"namespace": "shop"}),
    "ingress": Case(
        {"TLSDEV_NAMES": "app.test, 10.0.0.7"},
        ("ingress",),
        {"class_name": "traefik"},
    ),
    "ingress-nip-io": Case(
        {"TLSDEV_NAMES": "app.192-168-49-2.nip.io"},
        ("issuer", "ingress"),
        {"issuer_kind": "Issuer", "permits": ("192-168-49-2.nip.io",)},
    ),
    "gateway": Case(
        {"TLSDEV_NAMES": "app.test, *.app.test"},
        ("bundle", "gateway"),
        {"class_name": "istio"},
    ),
    "gateway-acme": Case(
        _ACME,
        ("cluster-issuer", "gateway"),
        {"class_name": "istio", "through_gateway": True},
    ),
    "ingress-vault": Case(_VAULT, ("ingress",)),
}


def path(name: str) -> Path:
    """Where a case is kept."""
    return GOLDEN / f"{name}.yaml"


if __name__ == "__main__":
    for name, case in CASES.items():
        path(name).write_text(case.write(), encoding="utf-8")
