"""What has the issuer answered? Nothing in it is believed beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import CertificateError
from ...errors import IssuerRefused
from ...pairs import is_self_issued
from ...pairs import is_signed_by
from ...pairs import load_certificates
from ...pairs import order_chain
from ...printable import printable

if TYPE_CHECKING:
    from cryptography import x509

    from ._resources import State

    Chain = tuple[x509.Certificate, ...]

#: A chain of five RSA certificates has a tenth of this.
_LIMIT = 1 << 18


def chain_in(state: State, issuer_id: str) -> tuple[Chain, Chain]:
    """The chain as servers send it, leaf first, and the root where it is known.

    ``status.ca`` is the last certificate that the issuer knows. Where that is no
    root it is part of the chain and vouches for nothing.
    """
    leaf, *others = _parsed(state.chain, issuer_id)
    above = _parsed(state.ca, issuer_id) if state.ca.strip() else ()
    found = (leaf, *others, *above)
    try:
        chain = order_chain(found, leaf)
    except CertificateError as error:
        raise _malformed(error.message, issuer_id) from error

    unique = dict.fromkeys(found[1:])
    roots = tuple(each for each in unique if is_self_issued(each))
    vouching = tuple(each for each in roots if is_signed_by(chain[-1], each))
    # Where none vouches, the check of the pair says so.
    return chain, vouching or roots


def _parsed(data: bytes, issuer_id: str) -> Chain:
    if len(data) > _LIMIT:
        raise _malformed(f"it is larger than {_LIMIT >> 10} KiB", issuer_id)

    try:
        return load_certificates(data, "The certificate")
    except CertificateError as error:
        raise _malformed(error.message, issuer_id) from error


def _malformed(why: str, issuer_id: str) -> IssuerRefused:
    return IssuerRefused(
        "The certificate in the cluster's answer cannot be used:"
        f" {printable(why).rstrip('.')}.",
        issuer_id=issuer_id,
        hint="Ask whoever runs the issuer.",
    )
