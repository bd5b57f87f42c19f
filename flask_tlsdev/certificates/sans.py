"""Which names does a certificate hold, in x509's words and in ours?"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509

from ..errors import InvalidName
from ..names import Name
from ..names import parse_name
from .reading import find_extension


def general_name(name: Name) -> x509.GeneralName:
    """The name as a SAN entry of its own type: an address is no DNS name."""
    if name.kind == "ip":
        return x509.IPAddress(name.address)

    return x509.DNSName(name.value)


def san(names: Iterable[Name]) -> x509.SubjectAlternativeName:
    """The subjectAltName extension for these names, in their order."""
    return x509.SubjectAlternativeName([general_name(name) for name in names])


def names_of(
    certificate: x509.Certificate | x509.CertificateSigningRequest,
) -> tuple[Name, ...]:
    """The DNS names and addresses of its SAN.

    The common name is not among them: no current client looks at it. Entries
    that no client would match (e-mail, URIs, ``*.*``, a DNS name that is an
    address) are left out.
    """
    entries = find_extension(certificate, x509.SubjectAlternativeName) or ()
    names = map(_name, entries)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _name(entry: x509.GeneralName) -> Name | None:
    kind = {x509.DNSName: "dns", x509.IPAddress: "ip"}.get(type(entry))

    if kind is None:
        return None

    try:
        name = parse_name(str(entry.value))
    except InvalidName:
        return None

    return name if name.kind == kind else None
