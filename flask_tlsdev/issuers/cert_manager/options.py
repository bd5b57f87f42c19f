"""What has to be known to get a certificate in a cluster, and who said it?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from ... import files
from ...errors import ConfigError
from ...errors import StoreError
from ...printable import quoted

DEFAULT_KIND = "Issuer"
DEFAULT_GROUP = "cert-manager.io"

#: Seconds for all of it: a person may have to approve the request.
SECONDS = 60.0

#: Seconds for the program of a kubeconfig that logs in.
LOGIN_SECONDS = 60.0

#: A kubeconfig of fifty clusters has a tenth of this.
CONFIG_LIMIT = 1 << 20

#: The kinds of cert-manager's own, however they are written.
_KINDS = {kind.lower(): kind for kind in ("Issuer", "ClusterIssuer")}

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_SIGNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:/-]{0,570}[A-Za-z0-9])?")
_LENGTH = 253

#: The line with the current context, in YAML and in JSON as kubectl writes them.
_CURRENT = re.compile(
    r"""^[ {]*["']?current-context["']?\s*:\s*["']?([^"'\n,}#]*)""", re.MULTILINE
)


def check_namespace(text: str) -> str:
    """The name of a namespace.

    :raises ConfigError: It is none.
    """
    if _LABEL.fullmatch(text):
        return text

    raise ConfigError(
        f"{quoted(text)} is no name of a namespace.",
        hint="Lower-case letters, digits and hyphens, at most 63.",
    )


def check_resource_name(text: str) -> str:
    """The name of an issuer.

    :raises ConfigError: It is none.
    """
    if _is_subdomain(text):
        return text

    raise ConfigError(
        f"{quoted(text)} is no name of an issuer.",
        hint="Lower-case letters, digits, hyphens and dots.",
    )


def check_kind(text: str) -> str:
    """The kind of an issuer: ``Issuer``, ``ClusterIssuer`` or an external one's.

    :raises ConfigError: It is none.
    """
    kind = _KINDS.get(text.lower(), text)
    if _KIND.fullmatch(kind):
        return kind

    raise ConfigError(
        f"{quoted(text)} is no kind of issuer.",
        hint="It is Issuer, ClusterIssuer, or what an external issuer calls its own.",
    )


def check_group(text: str) -> str:
    """The API group of an external issuer, such as ``awspca.cert-manager.io``.

    :raises ConfigError: It is none.
    """
    if _is_subdomain(text) and "." in text:
        return text

    raise ConfigError(
        f"{quoted(text)} is no API group.",
        hint="It looks like awspca.cert-manager.io",
    )


def check_signer(text: str) -> str:
    """The name of a signer, such as ``example.com/web``.

    :raises ConfigError: It is none, or one of Kubernetes' own, which sign for the
        cluster's components.
    """
    domain, _, path = text.partition("/")
    if not _is_subdomain(domain) or "." not in domain or not _SIGNER.fullmatch(path):
        raise ConfigError(
            f"{quoted(text)} is no name of a signer.",
            hint="It looks like example.com/web",
        )

    if domain == "kubernetes.io":
        raise ConfigError(
            f"{quoted(text)} signs for the cluster's own components, not for apps.",
            hint="Name the signer of an authority that is installed in the cluster.",
        )

    return text


def check_context(text: str) -> str:
    """The name of a context of a kubeconfig.

    :raises ConfigError: It is none.
    """
    if 0 < len(text) <= _LENGTH and text.isprintable():
        return text

    raise ConfigError(
        f"{quoted(text)} is no name of a context.",
        hint="To see them, type: kubectl config get-contexts",
    )


def _is_subdomain(text: str) -> bool:
    return len(text) <= _LENGTH and all(map(_LABEL.fullmatch, text.split(".")))


@dataclass(frozen=True)
class Pod:
    """What a pod knows of the cluster that it is in."""

    #: Where the API server is.
    host: str
    port: str
    #: Where the service account's ``token``, ``ca.crt`` and ``namespace`` are.
    folder: Path
    #: Its own name and UID, where somebody has told it.
    name: str = ""
    uid: str = ""

    @property
    def namespace(self) -> str | None:
        """The namespace that it is in."""
        try:
            text = files.read(self.folder / "namespace", limit=_LENGTH)
        except StoreError:
            return None

        name = text.decode("ascii", "replace").strip()
        return name if _LABEL.fullmatch(name) else None


@dataclass(frozen=True)
class Options:
    """Which issuer in which cluster, how to get there, and who named these."""

    issuer: str | None = None
    kind: str = DEFAULT_KIND
    group: str = DEFAULT_GROUP
    #: A signer of ``certificates.k8s.io``, which is asked instead of cert-manager.
    signer: str | None = None
    namespace: str | None = None
    context: str | None = None
    seconds: float = SECONDS

    #: The user's own kubeconfigs, the first of which counts most.
    kubeconfigs: tuple[Path, ...] = ()
    #: The pod that we are in, if we are.
    pod: Pod | None = None
    #: Through which proxy the API server is reached.
    proxy: str | None = None
    #: Which hosts are reached without it.
    no_proxy: str | None = None
    #: The user's own environment, for the program of a kubeconfig that logs in.
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    #: Whether the user himself, and no repository, has named the context.
    context_is_own: bool = False
    #: Variables that name a cluster, and that name who is trusted, which a dotenv
    #: file has set.
    foreign_clusters: tuple[str, ...] = ()
    foreign_trust: tuple[str, ...] = ()

    @property
    def issuer_id(self) -> str:
        """Names what issues: another cluster, namespace or issuer is another one."""
        who = (self.signer,) if self.signer else (self.kind, self.group, self.issuer)
        parts = (self._cluster, self._own_namespace, *who)
        digest = hashlib.sha256("\n".join(each or "" for each in parts).encode())
        return f"{self._title}-{digest.hexdigest()[:8]}"

    @property
    def _title(self) -> str:
        if self.signer:
            return f"kubernetes-{_slug(self.signer, 40)}"

        namespace = _slug(self._own_namespace or "current", 12)
        kind, name = _slug(self.kind, 13), _slug(self.issuer or "none", 14)
        return f"cert-manager-{namespace}-{kind}-{name}"

    @property
    def _own_namespace(self) -> str | None:
        """The namespace, as far as it can be told without reading a kubeconfig."""
        return self.namespace or (self.pod.namespace if self.pod else None)

    @property
    def _cluster(self) -> str:
        if self.pod is not None:
            return f"{self.pod.host}:{self.pod.port}"

        paths = ":".join(map(str, self.kubeconfigs))
        return f"{self.context or current_context(self.kubeconfigs)}\n{paths}"


def current_context(kubeconfigs: tuple[Path, ...]) -> str:
    """The context that counts where none is named; empty where there is none.

    A library that reads all of a kubeconfig would cost each start its time.
    """
    for path in kubeconfigs:
        try:
            text = files.read(path, limit=CONFIG_LIMIT).decode("utf-8", "replace")
        except StoreError:
            continue

        found = _CURRENT.search(text)
        if found and found[1].strip():
            return found[1].strip()

    return ""


def _slug(text: str, length: int) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:length].strip("-") or "none"
