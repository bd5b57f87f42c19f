"""What are the two kinds of request, and how far has one got?"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from typing import Literal
from typing import TYPE_CHECKING

from ...errors import IssuerRefused
from ...printable import printable

if TYPE_CHECKING:
    from cryptography import x509

    from .options import Options

    Purpose = Literal["server", "client"]

#: Kubernetes' own signers take no shorter lives.
SHORTEST = timedelta(minutes=10)


@dataclass(frozen=True)
class Resource:
    """One kind of object, as the API server knows it."""

    group: str
    plural: str
    kind: str
    namespaced: bool
    version: str = "v1"


CERTIFICATE_REQUESTS = Resource(
    "cert-manager.io", "certificaterequests", "CertificateRequest", namespaced=True
)
SIGNING_REQUESTS = Resource(
    "certificates.k8s.io",
    "certificatesigningrequests",
    "CertificateSigningRequest",
    namespaced=False,
)


@dataclass(frozen=True)
class State:
    """How far a request has got."""

    #: What the issuer answered: PEM, leaf first. Empty while it has not.
    chain: bytes = b""
    #: PEM, the root where cert-manager knows it.
    ca: bytes = b""
    #: What we wait for, printable.
    waits_for: str = ""


def resource_of(options: Options) -> Resource:
    return SIGNING_REQUESTS if options.signer else CERTIFICATE_REQUESTS


def spec_of(
    options: Options,
    csr: x509.CertificateSigningRequest,
    lifetime: timedelta,
    purpose: Purpose,
) -> dict[str, Any]:
    """What is asked for. The key stays here: a CSR holds its public half only."""
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = csr.public_bytes(Encoding.PEM)
    spec: dict[str, Any] = {
        "request": base64.b64encode(pem).decode(),
        "usages": _usages(csr, purpose),
    }
    if options.signer:
        seconds = int(max(lifetime, SHORTEST).total_seconds())
        return {**spec, "signerName": options.signer, "expirationSeconds": seconds}

    issuer = {"name": options.issuer, "kind": options.kind, "group": options.group}
    duration = f"{int(lifetime.total_seconds())}s"
    return {**spec, "issuerRef": issuer, "duration": duration, "isCA": False}


def _usages(csr: x509.CertificateSigningRequest, purpose: Purpose) -> list[str]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    # TLS without forward secrecy is all that the second one is for, but there are
    # signers that want it of an RSA key.
    is_rsa = isinstance(csr.public_key(), rsa.RSAPublicKey)
    of_key = ["digital signature", *(["key encipherment"] if is_rsa else [])]
    return [*of_key, f"{purpose} auth"]


def state_of(found: Mapping[str, Any], issuer_id: str) -> State:
    """How far a request has got.

    :raises IssuerRefused: It will not get any further.
    """
    status = found.get("status") or {}
    conditions = _conditions(status)
    for name, message, hint in _ENDS:
        if conditions.get(name, {}).get("status") == "True":
            raise _refused(message, conditions[name], issuer_id, hint)

    ready = conditions.get("Ready", {})
    if ready.get("status") == "False" and ready.get("reason") in ("Failed", "Denied"):
        raise _refused("The issuer has failed", ready, issuer_id)

    # It is found again for as long as the request lives, and then is too late.
    if re.search(r"^Referenced .* not found", str(ready.get("message", ""))):
        raise _refused("cert-manager does not find the issuer", ready, issuer_id, _LIST)

    chain = _decoded(status.get("certificate"), issuer_id)
    if chain and ready.get("status", "True") == "True":
        return State(chain, _decoded(status.get("ca"), issuer_id))

    if conditions.get("Approved", {}).get("status") != "True":
        return State(waits_for="an approval")

    reported = _words(ready) if ready else ""
    return State(waits_for=reported or "the signer")


_LIST = "To see those that are there, type: kubectl get issuers,clusterissuers -A"
_APPROVER = "Ask whoever approves requests in the cluster why."

#: Conditions that end a request, what we say, and what helps.
_ENDS = (
    ("Denied", "The request was denied", _APPROVER),
    ("InvalidRequest", "cert-manager refuses the request as invalid", ""),
    ("Failed", "The signer has failed", ""),
)


def _conditions(status: Any) -> dict[str, dict[str, Any]]:
    listed = status.get("conditions") if isinstance(status, dict) else None
    return {
        str(each.get("type")): each
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict)
    }


def _words(condition: Mapping[str, Any]) -> str:
    texts = condition.get("reason"), condition.get("message")
    joined = ": ".join(" ".join(str(each).split()) for each in texts if each)
    return printable(joined, 500).rstrip(". ")


def _refused(
    message: str, condition: Mapping[str, Any], issuer_id: str, hint: str = ""
) -> IssuerRefused:
    return IssuerRefused(
        f"{message}: {_words(condition) or 'no reason is given'}.",
        issuer_id=issuer_id,
        problem=dict(condition),
        hint=hint or "Look at the issuer: kubectl describe issuers,clusterissuers",
    )


def _decoded(value: object, issuer_id: str) -> bytes:
    if not value:
        return b""

    try:
        return base64.b64decode(str(value).encode("ascii"), validate=True)
    except ValueError as error:
        raise IssuerRefused(
            "The certificate in the cluster's answer cannot be used: it is no base64.",
            issuer_id=issuer_id,
            hint="Ask whoever runs the issuer.",
        ) from error
