"""Who signed whom, what was sent, and who is missing?"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from ..certificates import find_extension
from ..certificates import subject_text
from ..errors import CertificateError
from ..pairs import follow_chain
from ..pairs import is_self_issued
from ..pairs import is_signed_by
from ..pairs import title
from ..printable import printable
from ..printable import quoted
from ._report import Check

Chain = Sequence[x509.Certificate]


@dataclass(frozen=True)
class MissingIssuer:
    """A certificate that is needed and not there."""

    #: Whom it has signed.
    of: x509.Certificate
    #: Its subject, printable.
    subject: str
    #: Its key identifier, hexadecimal with colons; empty where nobody says.
    key_identifier: str
    #: Where the certificate says that it can be fetched from. Not printable.
    urls: tuple[str, ...]

    def __str__(self) -> str:
        key = f" (key {self.key_identifier})" if self.key_identifier else ""
        where = f", said to be at {quoted(self.urls[0])}" if self.urls else ""
        return (
            f"{title(self.of)} was signed by {quoted(self.subject)}{key}, whose"
            f" certificate is missing{where}"
        )


def missing_issuer(certificate: x509.Certificate) -> MissingIssuer:
    """Whose certificate would have to follow this one."""
    return MissingIssuer(
        certificate,
        subject_text(certificate.issuer),
        _key_identifier(certificate),
        _urls(certificate),
    )


def _key_identifier(certificate: x509.Certificate) -> str:
    try:
        found = find_extension(certificate, x509.AuthorityKeyIdentifier)
    except CertificateError:
        return ""

    identifier = found.key_identifier if found else None
    return printable(identifier.hex(":").upper()) if identifier else ""


def _urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = find_extension(certificate, x509.AuthorityInformationAccess) or ()
    except CertificateError:
        return ()

    return tuple(
        str(each.access_location.value)
        for each in found
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )


def check_path(
    path: Chain,
    is_anchored: bool,
    *,
    why_trusted: str,
    is_server: bool,
    sent: Chain | None,
) -> Iterator[Check]:
    """Each step from the leaf to the root, or to where it breaks."""
    for certificate, issuer in pairwise(path):
        text = f"{title(certificate)} is signed by {title(issuer)}"
        yield Check("chain", "ok", text)

    last = path[-1]
    if is_anchored:
        yield Check("chain", "ok", f"{title(last)} {why_trusted}")
    elif is_self_issued(last):
        text = f"{title(last)} is a root that is not trusted here."
        yield Check(
            "chain", "failed", f"{text} Name its file with --ca if it should be."
        )
    elif sent is None:
        text = f"{missing_issuer(last)}, or the server sends it unseen."
        yield Check("chain", "not checked", text)
    else:
        is_alone = is_server and len(sent) == 1
        said = "The server sends no intermediate: " if is_alone else ""
        yield Check("chain", "failed", f"{said}{missing_issuer(last)}.")


def check_sent(sent: Chain) -> Iterator[Check]:
    """Whether the certificates come in the order in which clients want them."""
    leaf, *rest = sent
    chain = follow_chain(leaf, rest)
    used = [each for each in rest if each in chain]

    if used and not _is_in_order((leaf, *used)):
        yield Check("order", "failed", "The certificates are in the wrong order.")
    else:
        yield Check("order", "ok", "leaf first, then whoever signed it, and so on")

    for each in rest:
        if each not in chain:
            yield Check("order", "warning", f"{title(each)} is not part of the chain.")
        elif is_self_issued(each):
            text = f"The root {title(each)} is sent along: clients pass it over."
            yield Check("order", "warning", text)


def _is_in_order(sent: Chain) -> bool:
    pairs = pairwise(sent)
    return all(is_signed_by(certificate, issuer) for certificate, issuer in pairs)
