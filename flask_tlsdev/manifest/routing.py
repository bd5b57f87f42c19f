"""How is the app reached from outside of the cluster, over TLS on the whole way?"""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from .certificate import common_name
from .certificate import duration
from .certificate import private_key
from .certificate import times
from .certificate import usages
from .plan import GROUP
from .plan import Plan
from .yaml import Noted
from .yaml import plain

#: The annotation that names each of cert-manager's own kinds.
_KINDS = {
    "Issuer": "cert-manager.io/issuer",
    "ClusterIssuer": "cert-manager.io/cluster-issuer",
}


def ingress(plan: Plan) -> list[Any]:
    """The Ingress. cert-manager makes its Certificate by the annotations."""
    secret = f"{plan.service}-ingress-tls"
    hosts = plan.hosts
    backend = {"service": {"name": plan.service, "port": {"name": "https"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    own = {"ingressClassName": plan.class_name} if plan.class_name else {}
    annotations = {
        **_annotations(plan),
        "nginx.ingress.kubernetes.io/backend-protocol": Noted(
            "HTTPS", "The pods speak TLS, too. Traefik sees it by the port's name."
        ),
    }
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": plan.metadata(plan.service, annotations=annotations),
            "spec": {
                **own,
                "tls": [{"hosts": hosts, "secretName": secret}],
                "rules": [{"host": host, "http": {"paths": [path]}} for host in hosts],
            },
        }
    ]


def gateway(plan: Plan) -> list[Any]:
    """A Gateway, the HTTPRoute through it, and how it knows the pods.

    :raises ConfigError: The GatewayClass is not known.
    """
    if plan.class_name is None:
        raise ConfigError(
            "A Gateway has to name its GatewayClass.",
            hint="See which there are: kubectl get gatewayclass, and add --class NAME.",
        )

    return [_gateway(plan, plan.class_name), _route(plan), *_backend(plan)]


def _gateway(plan: Plan, class_name: str) -> dict[str, Any]:
    secret = {"kind": "Secret", "name": f"{plan.service}-gateway-tls"}
    listeners: list[Any] = [
        {
            "name": _listener(number),
            "hostname": host,
            "port": 443,
            "protocol": "HTTPS",
            "tls": {"mode": "Terminate", "certificateRefs": [secret]},
        }
        for number, host in enumerate(plan.hosts, 1)
    ]
    if plan.spelling == "acme" and plan.settings.acme.challenge == "http-01":
        plain_http = {"name": "http", "port": 80, "protocol": "HTTP"}
        why = "The authority asks here. The app is not served without TLS."
        listeners.append(Noted(plain_http, why))

    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": plan.metadata(plan.service, annotations=_annotations(plan)),
        "spec": {"gatewayClassName": class_name, "listeners": listeners},
    }


def _listener(number: int) -> str:
    return f"https-{number}"


def _route(plan: Plan) -> dict[str, Any]:
    parents = [
        {"name": plan.service, "sectionName": _listener(number)}
        for number, _ in enumerate(plan.hosts, 1)
    ]
    rule = {"backendRefs": [{"name": plan.service, "port": 443}]}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": plan.metadata(plan.service),
        "spec": {
            "parentRefs": parents,
            "hostnames": plan.hosts,
            "rules": [rule],
        },
    }


def _backend(plan: Plan) -> list[Any]:
    """How the Gateway verifies the pods. Only our CA signs the Service's names."""
    if plan.spelling != "ca":
        return []

    roots = {"group": "", "kind": "ConfigMap", "name": plan.roots_name}
    policy = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "BackendTLSPolicy",
        "metadata": plan.metadata(plan.service),
        "spec": {
            "targetRefs": [{"group": "", "kind": "Service", "name": plan.service}],
            "validation": {
                "caCertificateRefs": [
                    Noted(roots, "What trust-manager makes of the Bundle.")
                ],
                "hostname": str(plan.service_names[0]),
            },
        },
    }
    return [Noted(policy, "The pods speak TLS, too, and the Gateway verifies them.")]


def _annotations(plan: Plan) -> dict[str, Any]:
    """What cert-manager makes a Certificate of."""
    lifetime, margin = times(plan)
    key = plain(private_key(plan))
    subject = common_name(plan)
    return {
        **_issuer(plan),
        **({"cert-manager.io/common-name": subject} if subject else {}),
        "cert-manager.io/duration": duration(lifetime),
        "cert-manager.io/renew-before": duration(margin),
        "cert-manager.io/private-key-algorithm": key["algorithm"],
        "cert-manager.io/private-key-encoding": key["encoding"],
        "cert-manager.io/private-key-rotation-policy": key["rotationPolicy"],
        **(
            {"cert-manager.io/private-key-size": str(key["size"])}
            if "size" in key
            else {}
        ),
        "cert-manager.io/usages": ",".join(usages(plan)),
    }


def _issuer(plan: Plan) -> dict[str, str]:
    ref = plan.issuer_ref
    if ref["group"] == GROUP and ref["kind"] in _KINDS:
        return {_KINDS[ref["kind"]]: ref["name"]}

    return {
        "cert-manager.io/issuer": ref["name"],
        "cert-manager.io/issuer-kind": ref["kind"],
        "cert-manager.io/issuer-group": ref["group"],
    }
