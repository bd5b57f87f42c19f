"""What must a pod be allowed that asks cert-manager for its pair itself?"""

from __future__ import annotations

from typing import Any

from .plan import Plan
from .plan import RBAC
from .yaml import Noted


def role(plan: Plan) -> list[Any]:
    """A ServiceAccount, and a Role that lets it ask for certificates."""
    name = f"{plan.service}-certificates"
    rule = {
        "apiGroups": ["cert-manager.io"],
        "resources": ["certificaterequests"],
        "verbs": ["create", "list", "watch", "delete"],
    }
    subject = {"kind": "ServiceAccount", "name": name, "namespace": plan.namespace}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": plan.metadata(name),
            "automountServiceAccountToken": Noted(
                False, "The pod that wants it says so."
            ),
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "Role",
            "metadata": plan.metadata(name),
            "rules": [
                Noted(
                    rule,
                    "To ask, to see the answer and to clean up. No Secret is read.",
                )
            ],
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": plan.metadata(name),
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
            "subjects": [subject],
        },
    ]
