"""The issuer that asks in a cluster: cert-manager, or a signer of Kubernetes' own."""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path
from typing import Any
from typing import Literal
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...errors import TLSDevError
from ...printable import printable
from . import _resources
from ._deadline import Deadline
from .memory import remember
from .options import LOGIN_SECONDS
from .options import Options

if TYPE_CHECKING:
    from cryptography import x509

    from ...csr import CertificateRequest
    from ...pairs import Pair
    from ._session import Session

logger = logging.getLogger("flask_tlsdev")

#: What finds the requests that a process could not delete because it was killed.
LABELS = {"app.kubernetes.io/managed-by": "flask-tlsdev"}

#: What may be lost on the way and by clocks that differ.
_SLACK = timedelta(minutes=1)

#: Seconds to delete a request, also where there is no time left.
_CLEANING = 5.0

_NAMES = 3


@dataclass(frozen=True)
class CertManager:
    """Has CSRs signed by an issuer in a cluster. The key stays here.

    :param store: The folder of the store, in which is remembered who issued.
    """

    options: Options
    store: Path
    tell: Callable[[str], None] = field(default=logger.info, compare=False, repr=False)

    @property
    def id(self) -> str:
        return self.options.issuer_id

    @property
    def patience(self) -> float:
        return LOGIN_SECONDS + self.options.seconds + _CLEANING

    def issue(self, request: CertificateRequest) -> Pair:
        from ...pairs import Pair

        chain, roots = self._sign(request.csr, request.lifetime, request.purpose)
        remember(self.store, self.options)
        return Pair(request.key, chain, roots)

    def sign(
        self,
        csr: x509.CertificateSigningRequest,
        lifetime: timedelta,
        purpose: Literal["server", "client"],
    ) -> tuple[x509.Certificate, ...]:
        return self._sign(csr, lifetime, purpose)[0]

    def _sign(
        self,
        csr: x509.CertificateSigningRequest,
        lifetime: timedelta,
        purpose: Literal["server", "client"],
    ) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
        from ._answers import chain_in

        if self.options.issuer is None and self.options.signer is None:
            raise ConfigError(
                "No issuer of the cluster is named that signs.",
                key="TLSDEV_KUBE_ISSUER",
                hint="Add --kube-issuer NAME; to see them, type: kubectl get"
                " issuers,clusterissuers -A",
            )

        spec = _resources.spec_of(self.options, csr, lifetime, purpose)
        with self._session() as session:
            state = self._ask(session, spec, _base_name(csr))

        chain, roots = chain_in(state, self.id)
        self._tell_of_life(chain[0], lifetime)
        return chain, roots

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        from ._session import Session

        resource = _resources.resource_of(self.options)
        deadline = Deadline.after(self.options.seconds, self.id)
        with contextlib.closing(Session(self.options, resource, deadline)) as session:
            yield session

    def _ask(
        self, session: Session, spec: dict[str, Any], base: str
    ) -> _resources.State:
        """Make the request, wait for its answer, and delete it, whatever it was."""
        from ._waiting import Waiting

        made, name = self._create(session, spec, base)
        waiting = Waiting(session, name, self.id, self.tell, self._approve(name))
        try:
            return waiting.until_issued(made)
        finally:
            self._clean_up(session, name)

    def _create(
        self, session: Session, spec: dict[str, Any], base: str
    ) -> tuple[dict[str, Any], str]:
        """The new request. Its name is ours, so that asking twice makes one of them."""
        from ._session import Exists

        for _ in range(_NAMES):
            name = f"{base}-{secrets.token_hex(4)}"
            try:
                return session.create(self._body(name, spec, session.namespace)), name
            except Exists:
                # Somebody else's, or ours: then the first answer was lost.
                found, _version = session.find(name)
                if found and _is_ours(found, spec):
                    return found, name

        raise session.problems.unavailable("The names of requests are always taken.")

    def _body(
        self, name: str, spec: dict[str, Any], namespace: str | None
    ) -> dict[str, Any]:
        resource = _resources.resource_of(self.options)
        metadata: dict[str, Any] = {"name": name, "labels": dict(LABELS)}
        if namespace is not None:
            metadata["namespace"] = namespace
        if owner := self._owner(namespace):
            metadata["ownerReferences"] = [owner]

        return {
            "apiVersion": f"{resource.group}/{resource.version}",
            "kind": resource.kind,
            "metadata": metadata,
            "spec": spec,
        }

    def _owner(self, namespace: str | None) -> dict[str, str] | None:
        """The pod that we are in: when it ends, what it has left goes too."""
        pod = self.options.pod
        if pod is None or not pod.name or not pod.uid or pod.namespace != namespace:
            return None

        return {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": pod.uid}

    def _approve(self, name: str) -> str:
        if self.options.signer:
            return f"kubectl certificate approve {name}"

        return f"cmctl approve {name}"

    def _clean_up(self, session: Session, name: str) -> None:
        """Delete the request: its key is here only, so nobody else can use it."""
        session.deadline = Deadline.after(_CLEANING, self.id)
        try:
            session.delete(name)
        except TLSDevError as error:
            self.tell(f"Warning: {name} is left in the cluster. {error}")

    def _tell_of_life(self, leaf: x509.Certificate, lifetime: timedelta) -> None:
        got = leaf.not_valid_after_utc - datetime.now(timezone.utc)
        if got < lifetime - _SLACK - lifetime / 50:
            who = printable(self.options.signer or self.options.issuer)
            self.tell(
                f"Warning: the certificate is valid until"
                f" {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC only: {who} allows no"
                " more than that."
            )


def _is_ours(found: dict[str, Any], spec: dict[str, Any]) -> bool:
    there = found.get("spec")
    return isinstance(there, dict) and there.get("request") == spec["request"]


def _base_name(csr: x509.CertificateSigningRequest) -> str:
    """What people see in the cluster: the first name, as far as names may go."""
    from ...certificates import names_of

    names = names_of(csr)
    text = str(names[0]) if names else "certificate"
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower().replace("*", "wildcard"))
    return f"tlsdev-{slug[:40].strip('-')}"
