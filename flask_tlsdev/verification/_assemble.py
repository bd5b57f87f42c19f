"""How do a key and certificates, in whatever order, become a whole pair?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509

from .. import keys
from ..certificates import public_key_of
from ..errors import CertificateError
from ..errors import InvalidKey
from ..pairs import find_leaf
from ..pairs import follow_chain
from ..pairs import is_self_issued
from ..pairs import is_signed_by
from ..pairs import Pair
from ..pairs import title
from ._chain import missing_issuer
from ._chain import MissingIssuer
from ._lint import lint

if TYPE_CHECKING:
    from ..pairs import Contents

#: Asks for a certificate that is missing: those that were found.
Fetch = Callable[[MissingIssuer], Sequence[x509.Certificate]]

#: A chain has three or four certificates.
_MOST_FETCHED = 4


@dataclass(frozen=True)
class Assembled:
    """A pair, and what is to be said of it."""

    pair: Pair
    #: Certificates that were given and belong to no part of the pair.
    unused: tuple[x509.Certificate, ...]
    warnings: tuple[str, ...]


def assemble(
    contents: Contents,
    trusted: Collection[x509.Certificate],
    fetch: Fetch | None = None,
) -> Assembled:
    """The pair that these keys and certificates make.

    :param trusted: Roots that clients have: the chain may end below one of
        them. Else its root has to be among the certificates.
    :param fetch: Is asked for what is missing.
    :raises InvalidKey: There is not exactly one key.
    :raises CertificateError: The key belongs to none of the certificates, or
        an intermediate is missing.
    """
    key = _only_key(contents)
    leaf = _leaf(contents, key)
    keys.check_strength(public_key_of(leaf), f"the certificate {title(leaf)}")

    chain, root = _complete(leaf, contents.certificates, tuple(trusted), fetch)
    # Every client has a trusted root; any other has to be handed to it.
    roots = () if root is None or root in trusted else (root,)
    used = {*chain, *(() if root is None else (root,))}
    unused = tuple(each for each in contents.certificates if each not in used)
    return Assembled(Pair(key, chain, roots), unused, tuple(lint(leaf)))


def _only_key(contents: Contents) -> keys.PrivateKey:
    if len(contents.keys) != 1:
        found = (
            f"{len(contents.keys)} private keys" if contents.keys else "no private key"
        )
        raise InvalidKey(
            f"The files hold {found}, and a pair has one.",
            hint="Name the file of the right one with --key FILE.",
        )

    return contents.keys[0]


def _leaf(contents: Contents, key: keys.PrivateKey) -> x509.Certificate:
    if not contents.certificates:
        raise CertificateError(
            "The files hold no certificate.",
            reason="malformed",
            hint="Name the file that the authority has sent.",
        )

    leaf = find_leaf(contents.certificates, key)
    if not keys.matches(key, public_key_of(leaf)):
        raise CertificateError(
            f"The private key does not belong to {title(leaf)}, nor to any other"
            " certificate in these files.",
            subject=title(leaf),
            reason="mismatch",
            hint="Give the key that the CSR was made with (--key FILE).",
        )

    return leaf


def _complete(
    leaf: x509.Certificate,
    given: tuple[x509.Certificate, ...],
    trusted: tuple[x509.Certificate, ...],
    fetch: Fetch | None,
) -> tuple[tuple[x509.Certificate, ...], x509.Certificate | None]:
    """The chain without its root, and the root; ``None`` for a leaf of its own."""
    if is_self_issued(leaf):
        return (leaf,), None

    pool = given
    for _ in range(_MOST_FETCHED + 1):
        chain = follow_chain(leaf, pool)
        if is_self_issued(chain[-1]):
            return chain[:-1], chain[-1]
        for root in trusted:
            if is_signed_by(chain[-1], root):
                return chain, root

        missing = missing_issuer(chain[-1])
        fetched = [each for each in fetch(missing) if each not in pool] if fetch else []
        if not fetched:
            raise _incomplete(missing)
        pool = (*pool, *fetched)

    raise _incomplete(missing_issuer(follow_chain(leaf, pool)[-1]))


def _incomplete(missing: MissingIssuer) -> CertificateError:
    fetch = "; or fetch it, with --fetch-issuer" if missing.urls else ""
    return CertificateError(
        f"The chain is incomplete: {missing}.",
        subject=title(missing.of),
        reason="chain",
        hint=f"Add its file; the authority offers it as chain or CA bundle{fetch}."
        " If it is the root itself, add that.",
    )
