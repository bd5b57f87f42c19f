"""What an issuer is: whoever turns a request into a pair."""

from __future__ import annotations

from typing import Protocol
from typing import runtime_checkable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from datetime import datetime
    from datetime import timedelta
    from typing import Any
    from typing import Literal
    from typing import TypeAlias

    from cryptography import x509

    from ..csr import CertificateRequest
    from ..names import Name
    from ..pairs import Pair
    from ..store import PairStore
    from ..store import StoredPair

    #: Makes an issuer from the app's settings. The argument is a
    #: :class:`flask_tlsdev.config.Settings`, which stands above this room.
    IssuerFactory: TypeAlias = Callable[[Any], "Issuer"]


class Issuer(Protocol):
    """Turns a request into a pair.

    An issuer is a value: it holds what it needs to reach whoever signs, and
    making one does no work. It is asked for its :attr:`id` on every start, so
    that must cost nothing and must not import cryptography.

    A remote issuer reads ``request.csr`` and never touches ``request.key``;
    it puts the key into the answered pair without looking at it. It does not
    check what it got back: the caller runs :meth:`Pair.check` on every answer
    and saves nothing that fails.

    Errors are :exc:`~flask_tlsdev.errors.IssuerError` and its kin. Deadlines
    are the issuer's own business; none may wait for ever.
    """

    @property
    def id(self) -> str:
        """Names the configuration, not the class: another CA, server or account
        has another id. Lower-case letters, digits, dots and hyphens, at most 64
        characters: it is the name of a folder in the store.
        """
        ...

    def issue(self, request: CertificateRequest) -> Pair:
        """A new pair for the request, with the root where it is known."""
        ...


@runtime_checkable
class Remote(Protocol):
    """Somebody else issues, which takes its time."""

    @property
    def patience(self) -> float:
        """After how many seconds :meth:`Issuer.issue` gives up."""
        ...


@runtime_checkable
class RenewalAdviser(Protocol):
    """Knows when a certificate is best renewed (RFC 9773)."""

    def renewal_time(self, certificate: x509.Certificate) -> datetime | None:
        """From when on to renew, or ``None`` where nothing is advised."""
        ...


@runtime_checkable
class PairFinder(Protocol):
    """Has pairs that nobody asked it for: they need not be for the same names."""

    def find(self, store: PairStore, names: Sequence[Name]) -> StoredPair | None:
        """The pair of the store that is good for these names now."""
        ...


class CsrSigner(Protocol):
    """Signs a request whose key somebody else holds."""

    def sign(
        self,
        csr: x509.CertificateSigningRequest,
        lifetime: timedelta,
        purpose: Literal["server", "client"],
    ) -> tuple[x509.Certificate, ...]:
        """The chain, leaf first, without the root."""
        ...


@runtime_checkable
class Revoker(Protocol):
    """Takes a certificate back before its end."""

    def revoke(self, certificate: x509.Certificate, reason: x509.ReasonFlags) -> None:
        """Revoke, or raise :exc:`~flask_tlsdev.errors.IssuerRefused`."""
        ...
