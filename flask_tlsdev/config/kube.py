"""Which cluster is meant, and what of it did the user say himself?

A repository may say which issuer signs for its app. A kubeconfig runs programs and
says where credentials go: it is one that the user has named, in his own environment or
on the command line, or that lies in his home folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..issuers.cert_manager import Options
from ..issuers.cert_manager import Pod
from .environment import PREFIX as _OWN_PREFIX
from .kube_keys import KEYS

_PREFIX = "TLSDEV_KUBE_"

#: What the keys are called that are not called like their field.
_FIELDS = {"issuer_kind": "kind", "issuer_group": "group", "timeout": "seconds"}

#: Variables that decide where credentials go, or which program logs the user in.
_CLUSTERS = ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")

#: Variables that decide whom TLS believes.
_TRUST = ("SSL_CERT_DIR", "SSL_CERT_FILE")

#: Where Kubernetes puts what a pod needs to ask its API server.
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def options(
    found: Mapping[str, Any], environ: Mapping[str, str], own: Mapping[str, str]
) -> Options:
    """The options of all the keys.

    :param environ: The environment with what dotenv files put there.
    :param own: The user's own environment.
    """
    named = {_field(key): found[key] for key in KEYS if found[key] is not None}
    context = named.get("context")

    def foreign(variables: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in variables if environ.get(each) != own.get(each))

    own_context = own.get(f"{_OWN_PREFIX}KUBE_CONTEXT")
    return Options(
        **named,
        kubeconfigs=_kubeconfigs(own),
        pod=_pod(own),
        proxy=own.get("https_proxy") or own.get("HTTPS_PROXY") or None,
        no_proxy=own.get("no_proxy") or own.get("NO_PROXY") or None,
        environ=own,
        context_is_own=context is not None and context == own_context,
        foreign_clusters=foreign(_CLUSTERS),
        foreign_trust=foreign(_TRUST),
    )


def on_command_line(given: Mapping[str, object]) -> dict[str, object]:
    """What changes with these options of the command line, where the user is."""
    changes = dict(given)
    # Who names a cluster means that one, also in a pod.
    if "context" in changes:
        changes |= {"context_is_own": True, "pod": None}

    if "kubeconfig" in changes:
        path = changes.pop("kubeconfig")
        changes |= {"kubeconfigs": (path,), "pod": None, "foreign_clusters": ()}

    return changes


def _field(key: str) -> str:
    name = key.removeprefix(_PREFIX).lower()
    return _FIELDS.get(name, name)


def _kubeconfigs(own: Mapping[str, str]) -> tuple[Path, ...]:
    listed = [each for each in own.get("KUBECONFIG", "").split(os.pathsep) if each]
    if listed:
        return tuple(Path(each).absolute() for each in listed)

    home = own.get("HOME") or own.get("USERPROFILE")
    return (Path(home) / ".kube" / "config",) if home else ()


def _pod(own: Mapping[str, str]) -> Pod | None:
    """The pod that we are in, unless the user has named a cluster."""
    host, port = (own.get(f"KUBERNETES_SERVICE_{each}") for each in ("HOST", "PORT"))
    folder = Path(own.get("TLSDEV_KUBE_SERVICE_ACCOUNT") or _SERVICE_ACCOUNT)
    if own.get("KUBECONFIG") or not host or not port:
        return None

    if not (folder / "token").exists():
        return None

    name, uid = own.get("POD_NAME", ""), own.get("POD_UID", "")
    return Pod(host, port, folder, name, uid)
