"""What is asked of an issuer, and what does somebody else's CSR ask of us?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from . import keys
from .certificates import check_readable
from .certificates import default_subject
from .certificates import extensions_of
from .certificates import find_extension
from .certificates import hash_for
from .certificates import is_der
from .certificates import kinds_in
from .certificates import names_of
from .certificates import pem_blocks
from .certificates import public_key_of
from .certificates import Purpose
from .certificates import quietly
from .certificates import san
from .certificates import signature_hash
from .certificates import subject_text
from .certificates import UNREADABLE
from .errors import CertificateError
from .errors import CertificateReason
from .errors import InvalidName
from .names import Name
from .names import parse_name
from .printable import printable
from .printable import quoted

if TYPE_CHECKING:
    from .keys import PrivateKey

#: A CSR is one key and some names; this is a hundred times that.
LARGEST = 1 << 18

#: The second is what Netscape and old versions of OpenSSL wrote.
LABELS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")


@dataclass(frozen=True)
class CertificateRequest:
    """What an issuer is asked for: these names, for this key, for so long.

    Issuers elsewhere read :attr:`csr` and never :attr:`key`.
    """

    names: tuple[Name, ...]
    key: PrivateKey = field(repr=False)
    lifetime: timedelta
    #: By default the CN is the first DNS name.
    subject: x509.Name | None = None
    purpose: Purpose = "server"

    @cached_property
    def csr(self) -> x509.CertificateSigningRequest:
        """The PKCS #10 request, with the names in its SAN, made once."""
        subject = default_subject(self.names) if self.subject is None else self.subject
        builder = x509.CertificateSigningRequestBuilder(subject).add_extension(
            san(self.names), critical=not subject.rdns
        )
        return builder.sign(self.key, hash_for(self.key))

    @property
    def key_type(self) -> str:
        return keys.key_type_of(self.key)


def load(data: bytes, what: str = "CSR") -> x509.CertificateSigningRequest:
    """The CSR in a PEM or DER file, if it can be signed at all.

    Its signature is checked, so whoever made it has the key. What it asks for
    is not: that is the signer's to judge.

    :param what: What the file is called in an error message.
    """
    if len(data) > LARGEST:
        raise _refused(what, f"is larger than {LARGEST >> 10} KiB")

    csr = _parse(data, what)

    _check(csr, what)
    return csr


@dataclass(frozen=True)
class Review:
    """What of somebody else's CSR may be signed."""

    csr: x509.CertificateSigningRequest
    names: tuple[Name, ...]
    #: Whether there was no SAN to take the names from.
    from_common_name: bool
    #: What it asks for and does not get, each in words, printable.
    dropped: tuple[str, ...]

    @property
    def loopback(self) -> tuple[Name, ...]:
        """The names that lead to the machine of whoever uses them."""
        return tuple(name for name in self.names if _is_loopback(name))


def review(csr: x509.CertificateSigningRequest) -> Review:
    """What may be signed of a CSR that :func:`load` has read.

    :raises CertificateError: It asks to be a CA, or for no name at all.
    """
    constraints = find_extension(csr, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        hint = "Whoever wants a CA of his own makes it himself: flask tls ca create"
        raise _refused("The CSR", "asks to be a CA (CA:TRUE)", "not permitted", hint)

    names = names_of(csr)
    from_common_name = not names and _has_no_san(csr)
    if from_common_name:
        names = _common_names(csr)
    if not names:
        hint = "Make it again with them: flask tls csr NAME... --key KEY"
        raise _refused("The CSR", "holds no name or address", "not covered", hint)

    return Review(csr, names, from_common_name, tuple(_dropped(csr, names)))


def _is_loopback(name: Name) -> bool:
    return name.address.is_loopback if name.kind == "ip" else name.is_below("localhost")


def _has_no_san(csr: x509.CertificateSigningRequest) -> bool:
    return find_extension(csr, x509.SubjectAlternativeName) is None


def _common_names(csr: x509.CertificateSigningRequest) -> tuple[Name, ...]:
    texts = csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    try:
        return tuple(parse_name(str(each.value)) for each in texts[-1:])
    except InvalidName:
        return ()


def _dropped(
    csr: x509.CertificateSigningRequest, names: tuple[Name, ...]
) -> Iterator[str]:
    if csr.subject.rdns and csr.subject != default_subject(names):
        yield f"its subject {quoted(subject_text(csr.subject))}"

    held = {str(name) for name in names}
    for entry in find_extension(csr, x509.SubjectAlternativeName) or ():
        if not isinstance(entry, (x509.DNSName, x509.IPAddress)):
            yield f"{type(entry).__name__} in its SAN, which is no host"
        elif str(entry.value).lower() not in held:
            yield f"{quoted(entry.value)} in its SAN, which no client would match"

    for extension in extensions_of(csr):
        if not isinstance(extension.value, x509.SubjectAlternativeName):
            kind = type(extension.value).__name__
            yield f"its extension {kind} ({extension.oid.dotted_string})"


def _parse(data: bytes, what: str) -> x509.CertificateSigningRequest:
    blocks = [block.data for block in pem_blocks(data) if block.label in LABELS]

    if len(blocks) > 1:
        raise _refused(what, f"holds {len(blocks)} CSRs, not one")

    try:
        with quietly():
            if blocks:
                return x509.load_pem_x509_csr(blocks[0])
            if is_der(data):
                return x509.load_der_x509_csr(data)
    except UNREADABLE as error:
        raise _refused(what, "is damaged or is no CSR") from error

    hint = "A CSR begins with -----BEGIN CERTIFICATE REQUEST-----."
    raise _refused(what, f"holds {kinds_in(data)}, no CSR", hint=hint)


def _check(csr: x509.CertificateSigningRequest, what: str) -> None:
    check_readable(csr, printable(what))

    _check_hash(csr, what)

    try:
        is_signed = csr.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        problem = "is signed in a way that we do not know"
        raise _refused(what, problem, "weak") from error

    keys.check_strength(public_key_of(csr), what)

    if not is_signed:
        raise _refused(what, "is not signed with its own key", "mismatch")


def _check_hash(csr: x509.CertificateSigningRequest, what: str) -> None:
    hash_ = signature_hash(csr)

    if hash_ in ("md5", "sha1"):
        problem = f"is signed with {hash_.upper()}, which can be forged"
        hint = "Make it again with SHA-256: openssl req -sha256 ..."
        raise _refused(what, problem, "weak", hint)


def _refused(
    what: str,
    problem: str,
    reason: CertificateReason = "malformed",
    hint: str = "",
) -> CertificateError:
    return CertificateError(f"{printable(what)} {problem}.", reason=reason, hint=hint)
