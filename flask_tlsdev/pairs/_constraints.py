"""Does a CA's name constraints extension permit a certificate below it?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from cryptography import x509

from ..certificates import find_extension
from ..certificates import subject_text
from ..errors import CertificateError
from ..printable import quoted
from .checks import name_title


def check_constraints(ca: x509.Certificate, below: Iterable[x509.Certificate]) -> None:
    """Raise if the CA's name constraints forbid one of these certificates.

    As RFC 5280 4.2.1.10 says: a kind of name with no permitted subtree is
    unlimited; an excluded subtree always wins. Kinds that cannot be compared
    here (e-mail, URI) are refused where the CA limits them.
    """
    constraints = find_extension(ca, x509.NameConstraints)

    if constraints is None:
        return

    for certificate in below:
        for name in _names(certificate):
            if not _is_permitted(name, constraints):
                raise CertificateError(
                    f"The CA {name_title(ca.subject)} may not sign "
                    f"{quoted(_text(name))}: its name constraints forbid it.",
                    subject=quoted(_text(name)),
                    reason="not permitted",
                )


def _names(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    if certificate.subject.rdns:
        yield x509.DirectoryName(certificate.subject)

    yield from find_extension(certificate, x509.SubjectAlternativeName) or ()


def _is_permitted(name: x509.GeneralName, constraints: x509.NameConstraints) -> bool:
    permitted = _same_kind(name, constraints.permitted_subtrees)
    excluded = _same_kind(name, constraints.excluded_subtrees)

    if not permitted and not excluded:
        return True

    within = _WITHIN.get(type(name))

    if within is None:
        return False
    if any(within(name.value, t) or _overlaps(name.value, t) for t in excluded):
        return False

    return not permitted or any(within(name.value, tree) for tree in permitted)


def _same_kind(
    name: x509.GeneralName, subtrees: Iterable[x509.GeneralName] | None
) -> list[Any]:
    return [tree.value for tree in subtrees or () if type(tree) is type(name)]


def _is_below(name: str, domain: str) -> bool:
    """A leading dot means the names below only, an empty domain every name."""
    name, domain = name.lower().removeprefix("*."), domain.lower()

    if not domain or domain.startswith("."):
        return name.endswith(domain)

    return name == domain or name.endswith(f".{domain}")


def _overlaps(name: Any, excluded: Any) -> bool:
    """Whether a wildcard could stand for an excluded name."""
    return (
        isinstance(name, str)
        and name.startswith("*.")
        and _is_below(str(excluded), name[2:])
    )


def _is_in(address: Any, network: Any) -> bool:
    return address.version == network.version and address in network


def _starts_with(name: x509.Name, beginning: x509.Name) -> bool:
    return name.rdns[: len(beginning.rdns)] == beginning.rdns


_WITHIN: dict[type[x509.GeneralName], Callable[[Any, Any], bool]] = {
    x509.DNSName: _is_below,
    x509.IPAddress: _is_in,
    x509.DirectoryName: _starts_with,
}


def _text(name: x509.GeneralName) -> str:
    return subject_text(name.value) if isinstance(name.value, x509.Name) else name.value
