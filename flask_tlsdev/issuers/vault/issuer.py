"""The issuer that asks Vault's PKI secrets engine."""

from __future__ import annotations

import contextlib
import logging
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
from ...errors import IssuerError
from ...errors import IssuerRefused
from ...printable import printable
from ...printable import quoted
from ._deadline import Deadline
from .memory import remember
from .options import check_address
from .options import Options

if TYPE_CHECKING:
    from cryptography import x509

    from ...csr import CertificateRequest
    from ...names import Name
    from ...pairs import Pair
    from ._session import Session

logger = logging.getLogger("flask_tlsdev")

#: Seconds for login, signature and all tries.
SECONDS = 60.0

#: What may be lost on the way and by clocks that differ.
_SLACK = timedelta(minutes=1)


@dataclass(frozen=True)
class Vault:
    """Has CSRs signed by a role of a PKI mount. The key stays here.

    :param store: The folder of the store, in which is remembered who issued.
    """

    options: Options
    store: Path
    tell: Callable[[str], None] = field(default=logger.info, compare=False, repr=False)
    patience: float = SECONDS

    @property
    def id(self) -> str:
        return self.options.issuer_id

    def issue(self, request: CertificateRequest) -> Pair:
        from ...pairs import Pair

        chain, roots = self._sign(request.names, request.csr, request.lifetime)
        remember(self.store, self.options)
        return Pair(request.key, chain, roots)

    def sign(
        self,
        csr: x509.CertificateSigningRequest,
        lifetime: timedelta,
        purpose: Literal["server", "client"],
    ) -> tuple[x509.Certificate, ...]:
        from ...certificates import names_of

        return self._sign(names_of(csr), csr, lifetime)[0]

    def revoke(self, certificate: x509.Certificate, reason: x509.ReasonFlags) -> None:
        number = f"{certificate.serial_number:x}"
        digits = number.zfill(len(number) + len(number) % 2)
        serial = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
        with self._session() as session:
            session.post(f"{self.options.mount}/revoke", {"serial_number": serial})

        if reason.value != "unspecified":
            self.tell("Vault does not keep why a certificate was revoked.")

    def _sign(
        self,
        names: tuple[Name, ...],
        csr: x509.CertificateSigningRequest,
        lifetime: timedelta,
    ) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
        if self.options.role is None:
            raise ConfigError(
                "No role of Vault is named that signs.",
                key="TLSDEV_VAULT_ROLE",
                hint="Add --vault-role NAME; to see them, type:"
                f" vault list {self.options.mount}/roles",
            )

        from ._answers import chain_in

        content = _content(names, csr)
        with self._session() as session:
            answer = self._ask(session, content, lifetime)

        chain, roots = chain_in(answer, self.id)
        self._tell_of_life(chain[0], lifetime)
        return chain, roots

    def _ask(
        self, session: Session, content: dict[str, Any], lifetime: timedelta
    ) -> dict[str, Any]:
        """Vault's answer, with a shorter life where its CA ends before."""
        try:
            return session.post(self.options.path, _living(content, lifetime))
        except IssuerRefused as error:
            if "outlive its CA" in error.message:
                left = self._life_of_ca(session)
                if timedelta() < left < lifetime:
                    return session.post(self.options.path, _living(content, left))

            if "does not allow" in error.message:
                raise self._with_allowed(session, error) from error

            raise

    def _life_of_ca(self, session: Session) -> timedelta:
        from ._answers import certificate_in

        ca = certificate_in(session.get(f"{self.options.mount}/cert/ca"), self.id)
        return ca.not_valid_after_utc - datetime.now(timezone.utc) - _SLACK

    def _with_allowed(self, session: Session, error: IssuerRefused) -> IssuerError:
        """The refusal with what the role allows, if we may read it."""
        try:
            path = f"{self.options.mount}/roles/{self.options.role}"
            domains = session.get(path)["data"]["allowed_domains"]
            listed = ", ".join(quoted(each) for each in domains[:20])
        except (IssuerError, KeyError, TypeError):
            return error

        return IssuerRefused(
            f"{error.message} Its allowed_domains are {listed or 'none'}.",
            issuer_id=self.id,
            hint=error.hint,
        )

    def _tell_of_life(self, leaf: x509.Certificate, lifetime: timedelta) -> None:
        got = leaf.not_valid_after_utc - datetime.now(timezone.utc)
        if got < lifetime - _SLACK - lifetime / 50:
            self.tell(
                f"Warning: the certificate is valid until"
                f" {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC only: the role"
                f" {printable(self.options.role)} or its CA allows no more than that."
            )

    @contextlib.contextmanager
    def _session(self) -> Iterator[Session]:
        from ._login import check_own
        from ._login import logged_in
        from ._session import Session

        # A variable of the user's has not been looked at before.
        check_address(self.options.address)
        if self.options.auth == "cert":
            # The handshake shows it, before there is a login.
            check_own(self.options, "a certificate")

        session = Session(self.options, Deadline.after(self.patience, self.id))
        with logged_in(session, self.tell):
            yield session


def _content(
    names: tuple[Name, ...], csr: x509.CertificateSigningRequest
) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding

    hosts = [str(each) for each in names if each.kind == "dns"]
    addresses = [str(each) for each in names if each.kind == "ip"]
    return {
        "csr": csr.public_bytes(Encoding.PEM).decode(),
        "common_name": hosts[0] if hosts else "",
        "alt_names": ",".join(hosts),
        "ip_sans": ",".join(addresses),
        "uri_sans": ",".join(_uris(csr)),
    }


def _uris(csr: x509.CertificateSigningRequest) -> list[str]:
    from cryptography import x509

    from ...certificates import find_extension

    entries = find_extension(csr, x509.SubjectAlternativeName)
    if entries is None:
        return []

    return list(entries.get_values_for_type(x509.UniformResourceIdentifier))


def _living(content: dict[str, Any], lifetime: timedelta) -> dict[str, Any]:
    return {**content, "ttl": f"{int(lifetime.total_seconds())}s"}
