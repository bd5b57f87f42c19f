"""Who signed whom, up to which root?

``cryptography.x509.verification`` is not used here, for four reasons: it
refuses Ed25519, every self-signed server certificate and private CAs that
leave out an optional extension, all of which clients accept; it wants one host
name; and its answer is one sentence for every cause. Whom a *client* trusts is
decided by the client: this decides what we serve, and explains.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from .. import keys
from ..certificates import check_readable
from ..errors import CertificateError
from ._constraints import check_constraints
from .checks import check_algorithms
from .checks import check_ca
from .checks import check_critical
from .checks import check_dates
from .checks import check_purpose
from .checks import is_self_issued
from .checks import is_signed_by
from .checks import name_title
from .checks import refused
from .checks import title

if TYPE_CHECKING:
    from ..keys import PrivateKey

#: Leaf, two or three intermediates, root: what goes beyond is no real chain.
LONGEST = 8

#: Certificates that all have one name and one key would otherwise ask for any
#: number of signature checks.
MOST_CHECKS = 200

Path = tuple[x509.Certificate, ...]


def order_chain(
    certificates: Iterable[x509.Certificate], start: PrivateKey | x509.Certificate
) -> Path:
    """The chain of this leaf, or of this key's leaf: leaf first, no root.

    Roots and what does not belong to the chain are left out. A bundle in which
    a link is missing is refused, with the missing one's name.
    """
    # Of two that could be the issuer the newer one is tried first.
    pool = tuple(sorted(dict.fromkeys(certificates), key=_end, reverse=True))

    for certificate in pool:
        check_readable(certificate)

    leaf = start if isinstance(start, x509.Certificate) else _leaf_of(pool, start)

    if is_self_issued(leaf):
        return (leaf,)

    roots, others = _parted(pool)
    signed = _SignatureChecks()

    for path in _paths((leaf,), others, roots, signed):
        return path[:-1]

    chain = _longest((leaf,), others, signed)

    if len(chain) == 1 and len(pool) > 1:
        raise _missing(leaf)

    return chain


def verify_chain(
    leaf: x509.Certificate,
    intermediates: Iterable[x509.Certificate],
    roots: Iterable[x509.Certificate],
    *,
    now: datetime,
) -> None:
    """Raise unless one of the roots, with these intermediates, vouches for the leaf.

    Signatures, dates, who may be a CA, path lengths, purposes, name constraints
    and weak algorithms are looked at on every way from leaf to root; one good
    way is enough. A leaf that is one of the roots vouches for itself.
    """
    pool, anchors = tuple(intermediates), tuple(roots)
    problem = None

    for certificate in (leaf, *pool, *anchors):
        check_readable(certificate)

    for path in _paths((leaf,), pool, anchors, _SignatureChecks()):
        try:
            return _check_path(path, now)
        except CertificateError as error:
            problem = problem or error

    raise problem or _no_way(leaf, pool, anchors)


def find_paths(
    leaf: x509.Certificate,
    intermediates: Iterable[x509.Certificate],
    roots: Iterable[x509.Certificate],
) -> Iterator[Path]:
    """Every way from the leaf to one of the roots, leaf and root included.

    That the signatures are right is all that is known of them.
    """
    yield from _paths((leaf,), tuple(intermediates), tuple(roots), _SignatureChecks())


def follow_chain(leaf: x509.Certificate, pool: Iterable[x509.Certificate]) -> Path:
    """The leaf, who signed it, and so on for as far as there are issuers."""
    return _longest((leaf,), tuple(dict.fromkeys(pool)), _SignatureChecks())


def find_leaf(
    certificates: Sequence[x509.Certificate], key: PrivateKey | None = None
) -> x509.Certificate:
    """The certificate that a file is about: the key's, or who signed no other one."""
    if key is not None and any(_belongs(key, each) for each in certificates):
        return _leaf_of(certificates, key)

    issuers = {each.issuer for each in certificates if not is_self_issued(each)}
    leaves = [each for each in certificates if each.subject not in issuers]
    return (leaves or list(certificates))[0]


class _SignatureChecks:
    """:func:`is_signed_by`, each pair once and only so often."""

    def __init__(self) -> None:
        self._left = MOST_CHECKS

    def __call__(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        if certificate.issuer != issuer.subject:
            return False

        self._left -= 1

        if self._left < 0:
            raise refused(certificate, "has too many possible issuers", "chain")

        return is_signed_by(certificate, issuer)


def _parted(pool: Path) -> tuple[Path, Path]:
    """Roots, and the others."""
    roots = tuple(one for one in pool if is_self_issued(one))
    return roots, tuple(one for one in pool if one not in roots)


def _longest(path: Path, pool: Path, signed: _SignatureChecks) -> Path:
    """The path, followed for as far as there are issuers."""
    for issuer in pool:
        if len(path) < LONGEST and issuer not in path and signed(path[-1], issuer):
            return _longest((*path, issuer), pool, signed)

    return path


def _paths(
    path: Path, pool: Path, anchors: Path, signed: _SignatureChecks
) -> Iterator[Path]:
    """Every way from the path's end to an anchor."""
    last = path[-1]

    if last in anchors:
        yield path
    elif len(path) < LONGEST:
        for issuer in dict.fromkeys((*anchors, *pool)):
            if issuer not in path and signed(last, issuer):
                yield from _paths((*path, issuer), pool, anchors, signed)


def _check_path(path: Path, now: datetime) -> None:
    for certificate in path:
        check_dates(certificate, now)
        check_algorithms(certificate, signature=certificate is not path[-1])
        check_critical(certificate)

    for below, ca in enumerate(path[1:]):
        check_ca(ca, below, is_anchor=ca is path[-1])
        check_purpose(ca, path[0])
        check_constraints(ca, path[: below + 1])


def _leaf_of(pool: Iterable[x509.Certificate], key: PrivateKey) -> x509.Certificate:
    leaves = [one for one in pool if _belongs(key, one)]

    if not leaves:
        raise CertificateError(
            "None of the certificates belongs to the private key.",
            reason="mismatch",
            hint="Give the key for which the certificate was requested.",
        )

    # A renewed certificate may have been put beside the old one.
    return max(leaves, key=_end)


def _belongs(key: PrivateKey, certificate: x509.Certificate) -> bool:
    try:
        return keys.matches(key, certificate.public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _end(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc


def _no_way(leaf: x509.Certificate, pool: Path, anchors: Path) -> CertificateError:
    """Why there is no path at all: said of the last certificate that was reached."""
    roots, others = _parted(pool)
    last = _longest((leaf,), others, _SignatureChecks())[-1]
    # Cryptography does not verify every forgeable signature: that is why, then.
    check_algorithms(last, signature=not is_self_issued(last))
    problem = f"leads to {name_title(last.issuer)}, "

    if is_self_issued(last) or any(is_signed_by(last, root) for root in roots):
        problem += "a root that is not trusted here"
    else:
        problem += "whose certificate is neither in the chain nor a trusted root"

    return refused(leaf, problem, "untrusted", "Is it the chain of another CA?")


def _missing(leaf: x509.Certificate) -> CertificateError:
    return CertificateError(
        f"The chain of {title(leaf)} is incomplete: it was signed by "
        f"{name_title(leaf.issuer)}, whose certificate is missing.",
        subject=title(leaf),
        reason="chain",
        hint="Add it: whoever issued the certificate offers it as chain or CA bundle.",
    )
