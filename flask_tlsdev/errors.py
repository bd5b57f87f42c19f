"""What can go wrong, as types: one for each thing a caller would do differently.

Every message says what failed, on what, and what to type next.

::

    TLSDevError
    ├─ ConfigError              a TLSDEV_* key (also ValueError)
    ├─ InvalidName              a DNS name or address (also ValueError)
    ├─ InvalidKey               a private key or key type (also ValueError)
    ├─ CertificateError         a certificate that must not be used
    ├─ StoreError               a folder or file of ours
    │  ├─ PairNotFound
    │  └─ StoreLocked
    ├─ IssuerError              whoever was asked for a certificate
    │  ├─ IssuerUnavailable     try again later
    │  ├─ IssuerRefused         asking again will not help
    │  ├─ ChallengeFailed
    │  └─ IssuerTimeout
    └─ TrustError               a trust store
       ├─ TrustStoreMissing
       └─ TrustCommandFailed
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Literal

#: Why a certificate was refused, for programs; the message says it in words.
CertificateReason = Literal[
    "malformed",
    "mismatch",
    "not covered",
    "not yet valid",
    "expired",
    "chain",
    "weak",
    "untrusted",
    "not permitted",
]


class TLSDevError(Exception):
    """The base of every error that this package raises on purpose.

    :param message: What failed and on what, as one sentence or more. Foreign
        text in it has gone through :func:`flask_tlsdev.printable.printable`.
    :param hint: What to type or change next.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class ConfigError(TLSDevError, ValueError):
    """A configuration key has a value, or a name, that it cannot have."""

    def __init__(self, message: str, *, key: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        #: The configuration key at fault, such as ``TLSDEV_NAMES``.
        self.key = key


class InvalidName(TLSDevError, ValueError):
    """A text is neither a DNS name nor an address that a certificate can hold."""

    def __init__(self, message: str, *, text: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        #: The text as it was given. It is not safe to print.
        self.text = text


class InvalidKey(TLSDevError, ValueError):
    """A private key, public key or key type cannot be used."""


class CertificateError(TLSDevError):
    """A certificate, chain or CSR must not be used for what was asked."""

    def __init__(
        self,
        message: str,
        *,
        subject: str = "",
        reason: CertificateReason,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        #: Whose certificate: its first name or its subject, printable.
        self.subject = subject
        self.reason: CertificateReason = reason


class StoreError(TLSDevError):
    """A file or folder of ours cannot be used safely, read or written."""


class PairNotFound(StoreError):
    """The store holds no such pair."""


class StoreLocked(StoreError):
    """Another process held the lock for longer than we were willing to wait."""


class IssuerError(TLSDevError):
    """An issuer did not give a pair."""

    def __init__(self, message: str, *, issuer_id: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        #: :attr:`Issuer.id` of the issuer that was asked.
        self.issuer_id = issuer_id


class IssuerUnavailable(IssuerError):
    """The issuer could not be reached or is not ready. Later it may work."""

    def __init__(
        self,
        message: str,
        *,
        issuer_id: str,
        retry_after: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, issuer_id=issuer_id, hint=hint)
        #: Seconds to wait before asking again, where the issuer said so.
        self.retry_after = retry_after


class IssuerRefused(IssuerError):
    """The issuer understood the request and will not grant it."""

    def __init__(
        self,
        message: str,
        *,
        issuer_id: str,
        problem: Mapping[str, object] | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, issuer_id=issuer_id, hint=hint)
        #: The issuer's own account (for ACME an RFC 9457 problem document).
        self.problem = problem


class ChallengeFailed(IssuerError):
    """The issuer could not convince itself that we control the names."""


class IssuerTimeout(IssuerError):
    """The issuer did not finish before the deadline."""


class TrustError(TLSDevError):
    """A trust store could not be read or changed."""


class TrustStoreMissing(TrustError):
    """The program that keeps a trust store is not installed."""

    def __init__(self, message: str, *, install_hint: str = "") -> None:
        super().__init__(message, hint=install_hint)
        #: What to type to get the program.
        self.install_hint = install_hint


class TrustCommandFailed(TrustError):
    """A program that keeps a trust store ended with an error."""

    def __init__(
        self, message: str, *, command: Sequence[str], output: str, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        #: The program and its arguments.
        self.command = tuple(command)
        #: What the program said, printable.
        self.output = output
