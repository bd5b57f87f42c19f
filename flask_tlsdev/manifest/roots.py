"""How do the other pods get to know the root of the cluster's CA?"""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from .plan import CERT_MANAGER
from .plan import Plan
from .yaml import Noted


def bundle(plan: Plan) -> list[Any]:
    """trust-manager's Bundle: the root in a ConfigMap, where it is wanted.

    :raises ConfigError: The root is not ours, or not where trust-manager reads.
    """
    if plan.spelling != "ca" or plan.issuer_kind != "ClusterIssuer":
        raise ConfigError(
            "A Bundle is made of the root of this cluster's CA, whose Secret lies in"
            f" {CERT_MANAGER} with the issuer local-ca and a ClusterIssuer only.",
            hint="Add --issuer local-ca and leave --kind issuer out.",
        )

    source = {"secret": {"name": plan.issuer_name, "key": "ca.crt"}}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": plan.namespace}}
    return [
        {
            "apiVersion": "trust.cert-manager.io/v1alpha1",
            "kind": "Bundle",
            "metadata": {
                "name": Noted(plan.roots_name, "The ConfigMap is called so, too."),
                "labels": plan.labels,
            },
            "spec": {
                "sources": [
                    Noted(
                        source,
                        "Only the root: a CA between it and the app is no anchor.",
                    )
                ],
                "target": {
                    "configMap": {"key": "ca.crt"},
                    "namespaceSelector": selector,
                },
            },
        }
    ]
