"""What is a pair: a key, its certificate's chain, and perhaps the roots?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .. import keys
from ..certificates import allows_purpose
from ..certificates import names_of
from ..certificates import public_key_of
from ..csr import CertificateRequest
from ..errors import CertificateError
from ..errors import InvalidKey
from ..names import Name
from .bundles import dump_certificates
from .bundles import load_certificates
from .chains import order_chain
from .chains import verify_chain
from .checks import check_algorithms
from .checks import check_dates
from .checks import is_signed_by
from .checks import title

if TYPE_CHECKING:
    from ..keys import PrivateKey


@dataclass(frozen=True)
class Pair:
    """A private key and its chain, as a server needs them.

    The constructor believes what it is given; :meth:`check` does not.
    """

    key: PrivateKey = field(repr=False)
    #: Leaf first, then intermediates, never the root.
    chain: tuple[x509.Certificate, ...]
    #: What a client has to trust; empty where every client does already.
    roots: tuple[x509.Certificate, ...] = ()

    @property
    def leaf(self) -> x509.Certificate:
        return self.chain[0]

    @property
    def names(self) -> tuple[Name, ...]:
        return names_of(self.leaf)

    @property
    def not_before(self) -> datetime:
        return self.leaf.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        return self.leaf.not_valid_after_utc

    @property
    def key_type(self) -> str:
        return keys.key_type_of(self.key)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the leaf, hexadecimal, as browsers show it."""
        return self.leaf.fingerprint(hashes.SHA256()).hex()

    def expires_within(self, margin: timedelta, now: datetime | None = None) -> bool:
        """Whether it has expired, or will before the margin is over."""
        return self.not_after - (now or _now()) <= margin

    def check(
        self,
        request: CertificateRequest | Iterable[Name],
        now: datetime | None = None,
    ) -> None:
        """Raise unless the pair can be served for these names.

        Whatever an issuer answers, or a folder holds, goes through here: the
        key belongs to the leaf, the names are covered, everything is valid now,
        nothing is weak, each certificate is signed by the next, and the roots,
        where there are any, vouch for it all.
        """
        now = now or _now()
        self._check_key(request)
        self._check_names(request)
        self._check_purpose(request)
        self._check_chain(now)

        if self.roots:
            verify_chain(self.leaf, self.chain[1:], self.roots, now=now)

    @classmethod
    def from_pem(
        cls,
        certificates: bytes,
        key: bytes,
        roots: bytes = b"",
        passphrase: bytes | None = None,
    ) -> Pair:
        """The pair in these files. The certificates may be in any order."""
        private_key = keys.load(key, passphrase)
        bundle = load_certificates(certificates, "The certificate file")
        anchors = load_certificates(roots, "The file of roots") if roots else ()
        return cls(private_key, order_chain(bundle, private_key), anchors)

    @classmethod
    def from_pkcs12(cls, data: bytes, passphrase: bytes | None) -> Pair:
        """The pair in a ``.p12`` or ``.pfx`` file."""
        from .pkcs12 import load_pkcs12

        private_key, bundle = load_pkcs12(data, passphrase)

        if private_key is None:
            raise InvalidKey("The PKCS #12 file holds no private key.")

        return cls(private_key, order_chain(bundle, private_key))

    @property
    def certificate_pem(self) -> bytes:
        """Leaf and intermediates, as servers want them in one file."""
        return dump_certificates(self.chain)

    @property
    def key_pem(self) -> bytes:
        """The key as unencrypted PKCS #8: the caller writes it with mode 0600."""
        return keys.dump(self.key)

    @property
    def roots_pem(self) -> bytes:
        return dump_certificates(self.roots)

    def to_pkcs12(self, passphrase: bytes, name: str, *, legacy: bool = False) -> bytes:
        """Key, chain and roots in one encrypted file.

        :param name: The "friendly name" that key stores show.
        :param legacy: For programs that know no AES in such a file.
        """
        from .pkcs12 import dump_pkcs12

        certificates = (*self.chain, *self.roots)
        return dump_pkcs12(self.key, certificates, passphrase, name, legacy=legacy)

    def _check_key(self, request: CertificateRequest | Iterable[Name]) -> None:
        if not self.chain:
            raise CertificateError("There is no certificate.", reason="chain")

        wanted = request.key if isinstance(request, CertificateRequest) else self.key

        for key in (self.key, wanted):
            if not keys.matches(key, public_key_of(self.leaf)):
                raise CertificateError(
                    f"{title(self.leaf)} does not belong to this private key.",
                    subject=title(self.leaf),
                    reason="mismatch",
                )

    def _check_names(self, request: CertificateRequest | Iterable[Name]) -> None:
        names = request.names if isinstance(request, CertificateRequest) else request
        held = self.names
        missing = [n for n in names if not any(have.covers(n) for have in held)]

        if missing:
            raise CertificateError(
                f"The certificate is for {_listed(held)}, not for {_listed(missing)}.",
                subject=title(self.leaf),
                reason="not covered",
            )

    def _check_purpose(self, request: CertificateRequest | Iterable[Name]) -> None:
        purpose = (
            request.purpose if isinstance(request, CertificateRequest) else "server"
        )

        if not allows_purpose(self.leaf, purpose):
            raise CertificateError(
                f"{title(self.leaf)} is not a {purpose}'s certificate: its extended "
                f"key usage leaves {purpose}s out.",
                subject=title(self.leaf),
                reason="not permitted",
            )

    def _check_chain(self, now: datetime) -> None:
        for certificate in self.chain:
            check_dates(certificate, now)
            check_algorithms(certificate)

        for certificate, issuer in zip(self.chain, self.chain[1:], strict=False):
            if not is_signed_by(certificate, issuer):
                raise CertificateError(
                    f"{title(certificate)} is followed by {title(issuer)}, "
                    "which did not sign it.",
                    subject=title(certificate),
                    reason="chain",
                    hint="A chain is the leaf, then whoever signed it, and so on.",
                )


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _listed(names: Iterable[Name]) -> str:
    return ", ".join(map(str, names)) or "no name at all"
