"""The issuer that asks an ACME server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Literal
from typing import TYPE_CHECKING

from ... import files
from ...errors import ConfigError
from ...errors import IssuerRefused
from ..talk import Talk
from ._deadline import Deadline
from .account import Account
from .account import deactivate
from .account import folder_of
from .account import load_key
from .account import register
from .memory import remember
from .options import Options

if TYPE_CHECKING:
    from cryptography import x509

    from ...csr import CertificateRequest
    from ...names import Name
    from ...pairs import Pair
    from ._directory import Directory
    from ._session import Session
    from ._wire import Wire

#: Seconds for one order: a person may have to set a DNS record meanwhile.
ORDER_SECONDS = 600.0

#: Seconds for anything shorter.
_QUESTION_SECONDS = 60.0


@dataclass(frozen=True)
class Acme:
    """Asks an ACME server, after showing it that the names are ours.

    :param store: The folder of the store. Accounts and answers to challenges
        lie in it, so that all who share it share them.
    """

    options: Options
    store: Path
    talk: Talk = field(default=Talk(), compare=False, repr=False)
    patience: float = ORDER_SECONDS

    @property
    def id(self) -> str:
        return self.options.issuer_id

    @property
    def account(self) -> Account | None:
        """What we remember of the account."""
        return Account.read(self._folder)

    @property
    def _folder(self) -> Path:
        return folder_of(self.store, self.options)

    @property
    def _lock(self) -> Path:
        # Outside the folder, which goes when the account is closed.
        return self._folder.with_name(f"{self._folder.name}.lock")

    def issue(self, request: CertificateRequest) -> Pair:
        from ...pairs import Pair
        from ._chains import without_root

        if request.purpose != "server":
            raise IssuerRefused(
                "An ACME server issues certificates for servers, not for clients.",
                issuer_id=self.id,
                hint="Leave out --client.",
            )

        chain, roots = without_root(self._order(request.names, request.csr))
        remember(self.store, self.options)
        return Pair(request.key, chain, roots)

    def sign(
        self,
        csr: x509.CertificateSigningRequest,
        lifetime: timedelta,
        purpose: Literal["server", "client"],
    ) -> tuple[x509.Certificate, ...]:
        from ...certificates import names_of
        from ._chains import without_root

        return without_root(self._order(names_of(csr), csr))[0]

    def revoke(self, certificate: x509.Certificate, reason: x509.ReasonFlags) -> None:
        import base64

        from cryptography.hazmat.primitives.serialization import Encoding

        der = certificate.public_bytes(Encoding.DER)
        encoded = base64.urlsafe_b64encode(der).rstrip(b"=").decode()
        with self._session(_QUESTION_SECONDS) as session:
            url = session.directory.revoke_cert
            if url is None:
                raise self._unable("takes no certificate back")
            payload = {"certificate": encoded, "reason": _REASONS[reason.value]}
            session.post(url, payload, "to revoke the certificate")

    def renewal_time(self, certificate: x509.Certificate) -> datetime | None:
        from ._ari import window_of

        wire, directory = self._directory(Deadline.after(_QUESTION_SECONDS, self.id))
        window = window_of(wire, directory, certificate)
        if window is None:
            return None

        start, end = window
        # Anywhere in it, or all that were issued together would come together.
        # The same place each time that it is asked.
        digest = hashlib.sha256(str(certificate.serial_number).encode()).digest()
        part = int.from_bytes(digest[:4], "big") / (1 << 32)
        return start + (end - start) * part

    def deactivate_account(self) -> None:
        """Close the account at the server and delete its key.

        One that the server has closed already is only forgotten here.
        """
        with self._prepared(_QUESTION_SECONDS) as session:
            deactivate(session, self._folder)

    def check_account(self) -> Account:
        """The account, which the server has just said to be valid."""
        with self._session(_QUESTION_SECONDS):
            account = self.account
        if account is None:
            raise self._unable("has an account for us that could not be kept")
        return account

    def _order(
        self, names: Sequence[Name], csr: x509.CertificateSigningRequest
    ) -> tuple[x509.Certificate, ...]:
        from cryptography.hazmat.primitives.serialization import Encoding

        from ._chains import choose
        from ._chains import parse
        from ._order import Order
        from .solvers import solver_for

        self._check_wildcards(names)
        with self._session(self.patience) as session:
            more = self._profile(session)
            solver = solver_for(self.options, self.store, self.talk, self.id)
            order = Order(session, solver, self.talk.tell)
            texts = order.run(names, csr.public_bytes(Encoding.DER), more).texts

        return choose(
            parse(texts, self.id), self.options.preferred_chain, self.talk.tell
        )

    def _check_wildcards(self, names: Sequence[Name]) -> None:
        wildcards = [each.unicode for each in names if each.wildcard]
        if wildcards and self.options.challenge != "dns-01":
            raise ConfigError(
                f"{', '.join(wildcards)} can be verified by dns-01 only, and"
                f" {self.options.challenge} is chosen.",
                key="TLSDEV_ACME_CHALLENGE",
                hint="Add --challenge dns-01, or name each host.",
            )

    def _profile(self, session: Session) -> Mapping[str, object]:
        wanted, offered = self.options.profile, session.directory.profiles
        if wanted is None:
            return {}

        if wanted not in offered:
            from ...printable import quoted

            listed = ", ".join(map(quoted, offered[:20])) or "none"
            raise IssuerRefused(
                f"The ACME server has no profile {quoted(wanted)}; it has {listed}.",
                issuer_id=self.id,
                hint="Choose one of these, or leave out --profile.",
            )

        return {"profile": wanted}

    @contextmanager
    def _session(self, seconds: float) -> Iterator[Session]:
        """A session with the account registered."""
        with self._prepared(seconds) as session:
            # Two that register at once would show the terms twice.
            with files.lock(self._lock, timeout=seconds):
                account = register(session, self.account, self.options, self.talk)
                if account != self.account:
                    account.write(self._folder)
            yield session

    @contextmanager
    def _prepared(self, seconds: float) -> Iterator[Session]:
        from ._session import Session

        deadline = Deadline.after(seconds, self.id)
        wire, directory = self._directory(deadline)
        files.make_data_folder(self.store.absolute())
        files.make_private_folder(self._folder)
        with files.lock(self._lock):
            key = load_key(self._folder)
        yield Session(wire, directory, key, deadline)

    def _directory(self, deadline: Deadline) -> tuple[Wire, Directory]:
        from ._directory import Directory
        from ._wire import Wire

        wire = Wire(self.id, self.options.ca_file, deadline)
        return wire, Directory.fetch(wire, self.options.directory, self.id)

    def _unable(self, what: str) -> IssuerRefused:
        return IssuerRefused(
            f"The ACME server {what}.", issuer_id=self.id, hint="Ask whoever runs it."
        )


#: Numbers of the reasons (RFC 5280, section 5.3.1) that a server may be told.
_REASONS = {
    "unspecified": 0,
    "keyCompromise": 1,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "certificateHold": 6,
    "privilegeWithdrawn": 9,
    "aACompromise": 10,
}
