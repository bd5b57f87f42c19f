"""Which Issuer or ClusterIssuer does in the cluster what ours does here?"""

from __future__ import annotations

import base64
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import files
from ..errors import ConfigError
from ..printable import quoted
from .plan import CERT_MANAGER
from .plan import Plan
from .plan import RBAC
from .yaml import Noted


def issuer(plan: Plan) -> list[Any]:
    """The Issuer or ClusterIssuer of the app's own issuer.

    :raises ConfigError: It is there already, or something of it is not known.
    """
    if plan.spelling == "existing":
        name = plan.issuer_ref["name"]
        raise ConfigError(
            f"TLSDEV_ISSUER: the issuer {quoted(name)} is in the cluster already.",
            key="TLSDEV_ISSUER",
            hint="Leave --kind issuer and cluster-issuer out, or add another --issuer.",
        )

    metadata: dict[str, Any] = {"name": plan.issuer_name}
    if plan.issuer_kind == "Issuer":
        metadata["namespace"] = plan.namespace

    found = {
        "apiVersion": "cert-manager.io/v1",
        "kind": plan.issuer_kind,
        "metadata": {**metadata, "labels": plan.labels},
        "spec": _SPECS[plan.spelling](plan),
    }
    logs_in_as_pod = (
        plan.spelling == "vault" and plan.settings.vault.auth == "kubernetes"
    )
    return [*(_service_account(plan) if logs_in_as_pod else ()), found]


def _service_account(plan: Plan) -> list[Any]:
    """As whom cert-manager logs in, and that it may."""
    name = plan.issuer_name
    metadata = {
        "name": name,
        "namespace": plan.issuer_namespace,
        "labels": plan.labels,
    }
    token = {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "resourceNames": [name],
        "verbs": ["create"],
    }
    subject = {
        "kind": "ServiceAccount",
        "name": Noted("cert-manager", "As which cert-manager itself runs."),
        "namespace": CERT_MANAGER,
    }
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    return [
        Noted(account, "As this cert-manager logs in to Vault."),
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [token],
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
            "subjects": [subject],
        },
    ]


def _ca(plan: Plan) -> dict[str, Any]:
    return {
        "ca": Noted(
            {"secretName": plan.issuer_name},
            "A CA of this cluster's own, which --secret-file makes. It signs what it is"
            " asked for: that it may only sign this cluster's names is seen by clients,"
            f" not by cert-manager. Its Secret lies in {plan.issuer_namespace}.",
        )
    }


def _self_signed(plan: Plan) -> dict[str, Any]:
    return {
        "selfSigned": Noted(
            {},
            "Each certificate vouches for itself, and a renewed one is a stranger"
            " again: only for a first try.",
        )
    }


def _acme(plan: Plan) -> dict[str, Any]:
    options = plan.settings.acme
    found: dict[str, Any] = {"server": options.directory}
    if options.email:
        found["email"] = options.email
    if options.ca_file is not None:
        found["caBundle"] = _bundle(options.ca_file, "TLSDEV_ACME_CA_FILE")
    if options.preferred_chain:
        found["preferredChain"] = options.preferred_chain
    if options.profile:
        found["profile"] = options.profile
    if options.eab_kid:
        name = f"{plan.issuer_name}-eab"
        found["externalAccountBinding"] = Noted(
            {"keyID": options.eab_kid, "keySecretRef": {"name": name, "key": "hmac"}},
            _make_secret(plan, name, "hmac", "the HMAC key, base64url"),
        )

    found["privateKeySecretRef"] = Noted(
        {"name": f"{plan.issuer_name}-account"},
        "cert-manager makes the account's key. Applying this accepts the terms of"
        " service of the authority.",
    )
    found["solvers"] = [_solver(plan)]
    return {"acme": found}


def _solver(plan: Plan) -> dict[str, Any]:
    challenge = plan.settings.acme.challenge
    if challenge == "http-01":
        _check_no_wildcard(plan)
        return {"http01": _http_solver(plan)}

    if challenge == "dns-01":
        return {"dns01": _dns_provider(plan)}

    raise ConfigError(
        f"cert-manager does not know the challenge {quoted(challenge)}.",
        key="TLSDEV_ACME_CHALLENGE",
        hint="Set it to http-01, or to dns-01 and add --dns-provider.",
    )


def _http_solver(plan: Plan) -> dict[str, Any]:
    """Through what the authority's question reaches cert-manager."""
    if plan.through_gateway:
        parent = {
            "kind": "Gateway",
            "name": plan.service,
            "namespace": plan.namespace,
            "sectionName": "http",
        }
        return {"gatewayHTTPRoute": {"parentRefs": [parent]}}

    own = {"ingressClassName": plan.class_name} if plan.class_name else {}
    return {"ingress": own}


def _check_no_wildcard(plan: Plan) -> None:
    wildcards = [str(name) for name in plan.names if name.wildcard]
    if wildcards:
        raise ConfigError(
            f"{wildcards[0]} is a wildcard, which ACME servers sign with dns-01 only.",
            key="TLSDEV_ACME_CHALLENGE",
            hint="Set it to dns-01 and add --dns-provider.",
        )


def _dns_provider(plan: Plan) -> dict[str, Any]:
    provider = plan.dns_provider
    if provider is None:
        raise ConfigError(
            "With dns-01 cert-manager has to know who answers for the zone: a hook of"
            " this machine does not run in the cluster.",
            hint=f"Add --dns-provider {', '.join(DNS_PROVIDERS)}.",
        )

    return {provider: DNS_PROVIDERS[provider](plan, f"{plan.issuer_name}-{provider}")}


def _token(field: str) -> Callable[[Plan, str], Any]:
    def reference(plan: Plan, secret: str) -> Any:
        return Noted(
            {field: {"name": secret, "key": "token"}},
            _make_secret(plan, secret, "token", "an API token for this zone only"),
        )

    return reference


def _route53(plan: Plan, secret: str) -> Any:
    return Noted(
        {}, "With the role of cert-manager's own pod (IRSA or EKS Pod Identity)."
    )


#: Some of those that cert-manager knows, with what they want.
DNS_PROVIDERS: Mapping[str, Callable[[Plan, str], Any]] = {
    "cloudflare": _token("apiTokenSecretRef"),
    "digitalocean": _token("tokenSecretRef"),
    "route53": _route53,
}


def _vault(plan: Plan) -> dict[str, Any]:
    options = plan.settings.vault
    if options.role is None:
        raise ConfigError(
            "TLSDEV_VAULT_ROLE: Vault signs by a role, and none is named.",
            key="TLSDEV_VAULT_ROLE",
            hint="Set it to one.",
        )

    found: dict[str, Any] = {
        "server": Noted(options.address, "As cert-manager reaches it."),
        "path": options.path,
    }
    if options.namespace:
        found["namespace"] = options.namespace
    if options.ca_file is not None:
        found["caBundle"] = _bundle(options.ca_file, "TLSDEV_VAULT_CA_FILE")

    found["auth"] = _AUTHS[options.auth](plan)
    return {"vault": found}


def _vault_token(plan: Plan) -> dict[str, Any]:
    secret = f"{plan.issuer_name}-token"
    return {
        "tokenSecretRef": Noted(
            {"name": secret, "key": "token"},
            f"{_make_secret(plan, secret, 'token', 'the token')}\nNobody renews it:"
            " kubernetes is the better login.",
        )
    }


def _vault_approle(plan: Plan) -> dict[str, Any]:
    options = plan.settings.vault
    secret = f"{plan.issuer_name}-approle"
    if not options.role_id:
        raise ConfigError(
            "TLSDEV_VAULT_ROLE_ID: an AppRole needs its role id.",
            key="TLSDEV_VAULT_ROLE_ID",
            hint="Set it.",
        )

    return {
        "appRole": {
            "path": options.auth_mount or "approle",
            "roleId": options.role_id,
            "secretRef": Noted(
                {"name": secret, "key": "secretId"},
                _make_secret(plan, secret, "secretId", "the secret id"),
            ),
        }
    }


def _vault_kubernetes(plan: Plan) -> dict[str, Any]:
    options = plan.settings.vault
    if not options.auth_role:
        raise ConfigError(
            "TLSDEV_VAULT_AUTH_ROLE: the login 'kubernetes' is as a role.",
            key="TLSDEV_VAULT_AUTH_ROLE",
            hint="Set it to one.",
        )

    return {
        "kubernetes": {
            "mountPath": f"/v1/auth/{options.auth_mount or 'kubernetes'}",
            "role": options.auth_role,
            "serviceAccountRef": {"name": plan.issuer_name},
        }
    }


def _vault_cert(plan: Plan) -> dict[str, Any]:
    options = plan.settings.vault
    role = {"name": options.auth_role} if options.auth_role else {}
    return {
        "clientCertificate": {
            "mountPath": f"/v1/auth/{options.auth_mount or 'cert'}",
            **role,
            "secretName": Noted(
                f"{plan.issuer_name}-client",
                f"A kubernetes.io/tls Secret in {plan.issuer_namespace}.",
            ),
        }
    }


_AUTHS: Mapping[str, Callable[[Plan], dict[str, Any]]] = {
    "token": _vault_token,
    "approle": _vault_approle,
    "kubernetes": _vault_kubernetes,
    "cert": _vault_cert,
}

_SPECS: Mapping[str, Callable[[Plan], dict[str, Any]]] = {
    "ca": _ca,
    "selfsigned": _self_signed,
    "acme": _acme,
    "vault": _vault,
}


def _bundle(path: Path, key: str) -> str:
    """The certificates in a file, in base64.

    They are read and written anew: the app names the file, and what else may be
    in it is not to be printed.
    """
    from ..pairs import dump_certificates
    from ..pairs import load_certificates

    found = load_certificates(files.read(path), what=f"{key} ({path})")
    return base64.b64encode(dump_certificates(found)).decode()


def _make_secret(plan: Plan, name: str, key: str, what: str) -> str:
    return (
        f"Put {what} into a file, and make the Secret of it:\n"
        f"kubectl -n {plan.issuer_namespace} create secret generic {name}"
        f" --from-file={key}=FILE"
    )
