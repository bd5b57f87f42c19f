"""What runs where, under which names, and who issues its certificate there?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..issuers.cert_manager import check_namespace as check_namespace
from ..names import DEFAULT_PERMITS
from ..names import Name
from ..names import parse_name
from ..names import Permits
from ..printable import quoted

if TYPE_CHECKING:
    from ..config import Settings

IssuerKind = Literal["Issuer", "ClusterIssuer"]

#: Where cert-manager runs, and looks for the Secrets of its ClusterIssuers.
CERT_MANAGER = "cert-manager"

#: The API group of Roles.
RBAC = "rbac.authorization.k8s.io"

#: cert-manager's own API group.
GROUP = "cert-manager.io"

#: What our issuers are called in cert-manager. The last is there already.
SPELLINGS = {
    "local-ca": "ca",
    "self-signed": "selfsigned",
    "acme": "acme",
    "vault": "vault",
    "cert-manager": "existing",
}

#: Where the pair is mounted.
MOUNT = "/etc/tls"

PORT = 8443

_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_CLASS = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}")
_PATH = re.compile(r"/[!-~]{0,254}")
_APP = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}:[A-Za-z_][A-Za-z0-9_.]{0,99}(\(\))?")

#: Addresses that nobody has (RFC 5737, RFC 3849). Where a CA is limited to no
#: address at all, clients take it for one that may sign every address.
NO_ADDRESSES = {4: "192.0.2.0/32", 6: "2001:db8::/128"}


@dataclass(frozen=True)
class Plan:
    """All that the documents are made of."""

    settings: Settings
    #: The Service, and what is called after it.
    service: str = "web"
    namespace: str = "default"
    #: ``Issuer`` is for its namespace, ``ClusterIssuer`` for all of them.
    issuer_kind: IssuerKind = "ClusterIssuer"
    image: str = "web:dev"
    #: The app as Gunicorn names it.
    app: str = "app:app"
    #: What the kubelet asks for.
    probe_path: str = "/"
    #: The IngressClass or GatewayClass.
    class_name: str | None = None
    #: Whether requests come through a Gateway, not through an Ingress.
    through_gateway: bool = False
    #: Who answers for the zone with dns-01.
    dns_provider: str | None = None
    #: What the cluster's CA may sign besides ``.test`` and the Service's names.
    permits: tuple[str, ...] = ()

    @property
    def tls_name(self) -> str:
        """The Certificate, and the Secret that cert-manager keeps for it."""
        return f"{self.service}-tls"

    @property
    def issuer_name(self) -> str:
        """The Issuer's name; in the whole cluster it tells of its namespace."""
        name = f"{self.service}-{self.spelling}"
        if self.issuer_kind == "Issuer":
            return name

        return f"{self.namespace}-{name}"

    @property
    def issuer_ref(self) -> dict[str, str]:
        """How a Certificate names who issues.

        :raises ConfigError: The one that is there already has no name.
        """
        if self.spelling != "existing":
            return {"group": GROUP, "kind": self.issuer_kind, "name": self.issuer_name}

        kube = self.settings.kube
        if kube.issuer is None:
            raise ConfigError(
                "TLSDEV_KUBE_ISSUER: no issuer of the cluster is named that signs.",
                key="TLSDEV_KUBE_ISSUER",
                hint="Set it. To see them, type: kubectl get issuers,clusterissuers -A",
            )

        return {"group": kube.group, "kind": kube.kind, "name": kube.issuer}

    @property
    def roots_name(self) -> str:
        """The Bundle, and the ConfigMap that trust-manager makes of it."""
        return f"{self.namespace}-{self.service}-roots"

    @property
    def issuer_namespace(self) -> str:
        """Where the Secrets of the Issuer lie."""
        return self.namespace if self.issuer_kind == "Issuer" else CERT_MANAGER

    @property
    def spelling(self) -> str:
        """Who issues, as cert-manager calls it.

        :raises ConfigError: The app's issuer is none that a cluster has.
        """
        try:
            return SPELLINGS[self.settings.issuer]
        except KeyError:
            raise ConfigError(
                f"The app's issuer is {quoted(self.settings.issuer)}, which does not"
                " say who issues in the cluster.",
                key="TLSDEV_ISSUER",
                hint=f"Add --issuer {', '.join(SPELLINGS)}.",
            ) from None

    @property
    def public_names(self) -> tuple[Name, ...]:
        """``TLSDEV_NAMES`` without those that mean each machine itself."""
        return tuple(name for name in self.settings.names if not _is_loopback(name))

    @property
    def service_names(self) -> tuple[Name, ...]:
        """How the Service is called inside of the cluster."""
        below = f"{self.service}.{self.namespace}.svc"
        return parse_name(below), parse_name(f"{below}.cluster.local")

    @property
    def names(self) -> tuple[Name, ...]:
        """What the certificate is for.

        :raises ConfigError: The issuer signs names of one's own only, and
            ``TLSDEV_NAMES`` has none.
        """
        if self.spelling in ("ca", "selfsigned"):
            return (*self.public_names, *self.service_names)

        if not self.public_names:
            raise ConfigError(
                f"TLSDEV_NAMES: the issuer {quoted(self.settings.issuer)} signs names"
                " that are yours, and there is none but this machine's own.",
                key="TLSDEV_NAMES",
                hint="Set it to the names that the app has in the cluster.",
            )

        return self.public_names

    @property
    def hosts(self) -> list[str]:
        """The names that an Ingress or a Gateway can listen for.

        :raises ConfigError: There is none.
        """
        hosts = [str(name) for name in self.public_names if name.kind == "dns"]
        if not hosts:
            raise ConfigError(
                "TLSDEV_NAMES: there is no name under which the app can be reached from"
                " outside of the cluster.",
                key="TLSDEV_NAMES",
                hint="Set it to one, such as app.test, or 192-168-49-2.nip.io where"
                " there is no DNS.",
            )

        return hosts

    def ca_permits(self) -> Permits:
        """What a CA of this cluster is limited to: its own names, no more.

        A repository chooses ``TLSDEV_NAMES``, so beyond ``.test`` the user has
        to say each himself.

        :raises ConfigError: One is not permitted.
        :raises InvalidName: One must never be.
        """
        typed = Permits.from_texts(self.permits)
        missing = [
            str(name).removeprefix("*.")
            for name in self.public_names
            if not (_is_test(name) or typed.allows(name))
        ]
        if missing:
            raise ConfigError(
                f"TLSDEV_NAMES: the cluster's CA may not sign {' or '.join(missing)}"
                " unless you say so.",
                key="TLSDEV_NAMES",
                hint=f"Add {' '.join(f'--permit {name}' for name in missing)}",
            )

        own = [str(name).removeprefix("*.") for name in self.public_names]
        permits = Permits.from_texts([*own, *map(str, self.service_names)])
        permits = permits.with_(*self.permits)
        versions = {network.version for network in permits.networks}
        return permits.with_(
            *(each for version, each in NO_ADDRESSES.items() if version not in versions)
        )

    def metadata(self, name: str, **more: Any) -> dict[str, Any]:
        """The metadata of an object in the app's namespace."""
        return {
            "name": name,
            "namespace": self.namespace,
            "labels": self.labels,
            **more,
        }

    @property
    def labels(self) -> dict[str, str]:
        """By which the objects are found."""
        return {"app.kubernetes.io/name": self.service}


def _is_loopback(name: Name) -> bool:
    if name.kind == "ip":
        return name.address.is_loopback

    return name.is_below("localhost")


def _is_test(name: Name) -> bool:
    return DEFAULT_PERMITS.allows(name)


def check_service(text: str) -> str:
    """The name of a Service. What is called after it is longer."""
    return _checked(_LABEL, text, "name of a Service", "web, of at most 40 characters")


def check_class(text: str) -> str:
    """The name of an IngressClass or a GatewayClass."""
    return _checked(_CLASS, text, "name of a class", "nginx")


def check_image(text: str) -> str:
    """The name of an image."""
    return _checked(_IMAGE, text, "name of an image", "registry.example.com/web:1.0")


def check_probe_path(text: str) -> str:
    """The path that the kubelet asks for."""
    return _checked(_PATH, text, "path", "/healthz")


def check_app(text: str) -> str:
    """An app as Gunicorn names it."""
    return _checked(_APP, text, "app that Gunicorn can load", "app:app")


def _checked(pattern: re.Pattern[str], text: str, what: str, example: str) -> str:
    if not pattern.fullmatch(text):
        raise ConfigError(f"{quoted(text)} is no {what}.", hint=f"Write {example}.")

    return text
