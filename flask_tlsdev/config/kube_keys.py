"""The keys of the issuer ``cert-manager``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from ..issuers.cert_manager import check_context
from ..issuers.cert_manager import check_group
from ..issuers.cert_manager import check_kind
from ..issuers.cert_manager import check_namespace
from ..issuers.cert_manager import check_resource_name
from ..issuers.cert_manager import check_signer
from ..issuers.cert_manager.options import DEFAULT_GROUP
from ..issuers.cert_manager.options import DEFAULT_KIND
from ..issuers.cert_manager.options import SECONDS
from . import values
from ._key import Key


def _optional(check: Callable[[str], str]) -> Callable[[object], str | None]:
    def parse(value: object) -> str | None:
        return None if value in (None, "") else check(values.parse_text(value))

    return parse


def _kind(value: object) -> str:
    return check_kind(values.parse_text(value))


def _group(value: object) -> str:
    return check_group(values.parse_text(value))


KEYS: Mapping[str, Key] = {
    "TLSDEV_KUBE_CONTEXT": Key(
        None,
        _optional(check_context),
        "the name of a context, or None",
        "The context of the user's kubeconfig; with ``None`` its current one. One that"
        " is not current has to be named by the user himself.",
    ),
    "TLSDEV_KUBE_NAMESPACE": Key(
        None,
        _optional(check_namespace),
        "the name of a namespace, or None",
        "Where the request is made; with ``None`` the namespace of the pod or of the"
        " context.",
    ),
    "TLSDEV_KUBE_ISSUER": Key(
        None,
        _optional(check_resource_name),
        "the name of an issuer, or None",
        "The issuer of cert-manager that signs.",
    ),
    "TLSDEV_KUBE_ISSUER_KIND": Key(
        DEFAULT_KIND,
        _kind,
        "'Issuer', 'ClusterIssuer' or the kind of an external issuer",
        "What kind of issuer that is.",
    ),
    "TLSDEV_KUBE_ISSUER_GROUP": Key(
        DEFAULT_GROUP,
        _group,
        "an API group",
        "The API group of an external issuer.",
    ),
    "TLSDEV_KUBE_SIGNER": Key(
        None,
        _optional(check_signer),
        "the name of a signer such as 'example.com/web', or None",
        "A signer of Kubernetes' own API ``certificates.k8s.io``, which is asked"
        " instead of cert-manager.",
    ),
    "TLSDEV_KUBE_TIMEOUT": Key(
        SECONDS,
        values.parse_timeout,
        "a duration of at most an hour",
        "How long to wait for approval and signature.",
    ),
}
