"""What must a pod be allowed that asks for its pair itself?"""

from __future__ import annotations

from typing import Any

from .plan import GROUP
from .plan import Plan
from .plan import RBAC
from .yaml import Noted

_VERBS = ["create", "list", "watch", "delete"]


def role(plan: Plan) -> list[Any]:
    """A ServiceAccount, and a Role that lets it ask for certificates."""
    name = f"{plan.service}-certificates"
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": plan.metadata(name),
        "automountServiceAccountToken": Noted(False, "The pod that wants it says so."),
    }
    subject = {"kind": "ServiceAccount", "name": name, "namespace": plan.namespace}
    if plan.settings.issuer == "cert-manager" and plan.settings.kube.signer:
        return [account, *_of_a_signer(plan, subject)]

    rule = {
        "apiGroups": [GROUP],
        "resources": ["certificaterequests"],
        "verbs": _VERBS,
    }
    note = "To ask, to see the answer and to clean up. No Secret is read."
    return [
        account,
        *_bound("Role", plan.metadata(name), Noted(rule, note), subject),
    ]


def _of_a_signer(plan: Plan, subject: dict[str, Any]) -> list[Any]:
    """The same for a signer of Kubernetes' own API."""
    rule = {
        "apiGroups": ["certificates.k8s.io"],
        "resources": ["certificatesigningrequests"],
        "verbs": _VERBS,
    }
    note = (
        "This API has no namespaces: the pod can see and delete what others ask for,"
        " too. To approve a request is somebody else's right."
    )
    metadata = {
        "name": f"{plan.namespace}-{subject['name']}",
        "labels": plan.labels,
    }
    return _bound("ClusterRole", metadata, Noted(rule, note), subject)


def _bound(
    kind: str, metadata: dict[str, Any], rule: Noted, subject: dict[str, Any]
) -> list[Any]:
    ref = {"apiGroup": RBAC, "kind": kind, "name": metadata["name"]}
    return [
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": kind,
            "metadata": metadata,
            "rules": [rule],
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": ref,
            "subjects": [subject],
        },
    ]
