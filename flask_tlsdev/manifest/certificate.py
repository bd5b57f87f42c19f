"""Which Certificate does cert-manager keep for the app?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..errors import ConfigError
from ..names import Name
from .plan import Plan
from .yaml import Noted

#: cert-manager refuses less.
_SHORTEST = timedelta(hours=1)
_SHORTEST_MARGIN = timedelta(minutes=5)

#: RFC 5280's upper bound of a common name.
_LONGEST_COMMON_NAME = 64

_ALGORITHMS: dict[str, dict[str, Any]] = {
    "ec-p256": {"algorithm": "ECDSA", "size": 256},
    "ec-p384": {"algorithm": "ECDSA", "size": 384},
    "rsa:2048": {"algorithm": "RSA", "size": 2048},
    "rsa:3072": {"algorithm": "RSA", "size": 3072},
    "rsa:4096": {"algorithm": "RSA", "size": 4096},
    "ed25519": {"algorithm": "Ed25519"},
}


def certificate(plan: Plan) -> list[Any]:
    """The Certificate. cert-manager writes its pair into a Secret and renews it."""
    spec: dict[str, Any] = {
        "secretName": Noted(
            plan.tls_name, "The Secret with tls.crt, tls.key and ca.crt."
        ),
        **_common_name(plan),
        **_names(plan.names),
        **_times(plan),
        "privateKey": private_key(plan),
        "usages": usages(plan),
        "issuerRef": plan.issuer_ref,
    }
    return [
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": plan.metadata(plan.tls_name),
            "spec": spec,
        }
    ]


def _common_name(plan: Plan) -> dict[str, Any]:
    name = common_name(plan)
    why = (
        "It is its own issuer, and an issuer has a name."
        if plan.spelling == "selfsigned"
        else "Vault's roles want one unless require_cn is false."
    )
    return {"commonName": Noted(name, why)} if name else {}


def common_name(plan: Plan) -> str:
    """The CN where the issuer wants one, or nothing."""
    if plan.spelling not in ("selfsigned", "vault"):
        return ""

    names = (str(name) for name in plan.names if name.kind == "dns")
    return next((name for name in names if len(name) <= _LONGEST_COMMON_NAME), "")


def _names(names: tuple[Name, ...]) -> dict[str, Any]:
    dns = [str(name) for name in names if name.kind == "dns"]
    addresses = [str(name) for name in names if name.kind == "ip"]
    return {
        **({"dnsNames": dns} if dns else {}),
        **({"ipAddresses": addresses} if addresses else {}),
    }


def _times(plan: Plan) -> dict[str, Any]:
    lifetime, margin = times(plan)
    why = "An ACME server decides itself." if plan.spelling == "acme" else ""
    return {"duration": Noted(duration(lifetime), why), "renewBefore": duration(margin)}


def times(plan: Plan) -> tuple[timedelta, timedelta]:
    """How long it is valid, and how long before its end it is renewed.

    :raises ConfigError: cert-manager would refuse it.
    """
    lifetime = plan.settings.lifetime
    margin = plan.settings.renew_before or lifetime / 3

    if lifetime < _SHORTEST:
        raise ConfigError(
            f"TLSDEV_LIFETIME: cert-manager issues nothing for less than an hour, and"
            f" this is {duration(lifetime)}.",
            key="TLSDEV_LIFETIME",
            hint="Set it to 1h or more.",
        )

    if margin < _SHORTEST_MARGIN:
        raise ConfigError(
            "TLSDEV_RENEW_BEFORE: cert-manager renews five minutes before the end or"
            f" sooner, and this is {duration(margin)}.",
            key="TLSDEV_RENEW_BEFORE",
            hint="Set it to 5m or more.",
        )

    return lifetime, margin


def duration(length: timedelta) -> str:
    """A duration as Go writes it, ``2160h0m0s``."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{seconds}s"


def private_key(plan: Plan) -> dict[str, Any]:
    """The kind of key, a new one for each certificate."""
    return {
        **_ALGORITHMS[plan.settings.key_type],
        "encoding": "PKCS8",
        "rotationPolicy": Noted("Always", "A renewed certificate has a new key."),
    }


def usages(plan: Plan) -> list[str]:
    """What the key is for: a server's handshake, and nothing else."""
    is_rsa = plan.settings.key_type.startswith("rsa")
    more = ["key encipherment"] if is_rsa else []
    return ["digital signature", *more, "server auth"]
