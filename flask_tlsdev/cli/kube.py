"""The options of the issuer ``cert-manager``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .issuer_options import Field
from .issuer_options import IssuerOptions
from .options import Checked


def _check(name: str) -> Any:
    def parse(text: str) -> Any:
        from ..issuers import cert_manager

        return getattr(cert_manager, f"check_{name}")(text)

    return parse


def _seconds(text: str) -> float:
    from ..config.values import parse_timeout

    return parse_timeout(text)


_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)

#: Each option, its type and its help. Its name is that of the field of
#: :class:`flask_tlsdev.issuers.cert_manager.Options`, but for ``kubeconfig``.
_FIELDS = (
    Field("config", "kubeconfig", _FILE, "the kubeconfig."),
    Field("context", "context", Checked("name", _check("context")), "its context."),
    Field(
        "namespace",
        "namespace",
        Checked("name", _check("namespace")),
        "where the request is made.",
    ),
    Field(
        "issuer",
        "issuer",
        Checked("name", _check("resource_name")),
        "the issuer of cert-manager that signs.",
    ),
    Field(
        "issuer-kind",
        "kind",
        Checked("kind", _check("kind")),
        "Issuer, ClusterIssuer or an external one's.",
    ),
    Field(
        "issuer-group",
        "group",
        Checked("group", _check("group")),
        "the API group of an external issuer.",
    ),
    Field(
        "signer",
        "signer",
        Checked("name", _check("signer")),
        "a signer of certificates.k8s.io instead.",
    ),
    Field(
        "timeout",
        "seconds",
        Checked("duration", _seconds),
        "how long to wait: seconds, or such as 10m.",
    ),
)

#: Who names an issuer of cert-manager means none of Kubernetes' own, and the other way.
_INSTEAD = {"issuer": "signer"}

OPTIONS = IssuerOptions("kube", "Kubernetes", _FIELDS, _INSTEAD)
