"""What cert-manager's CA issuer does with a Secret, without cert-manager.

It signs with the first certificate in ``tls.crt`` and asks nothing of the names
(``SignCSRTemplate``). The issued ``tls.crt`` ends before the certificate that
signed itself, and that one is the ``ca.crt`` (``ParseSingleCertificateChain``).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import TYPE_CHECKING

from cryptography import x509

from flask_tlsdev import keys
from flask_tlsdev.certificates import san
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import is_self_issued
from flask_tlsdev.pairs import load_certificates

from ..profiles import forged
from ..profiles import new_key
from ..profiles import NOW

if TYPE_CHECKING:
    from flask_tlsdev.keys import PrivateKey


@dataclass(frozen=True)
class Issued:
    key: PrivateKey
    #: What is in the issued ``tls.crt``.
    chain: tuple[x509.Certificate, ...]
    #: What is in its ``ca.crt``.
    root: x509.Certificate


def data(secret: Mapping[str, Any]) -> dict[str, bytes]:
    """The files in a Secret."""
    return {
        name: base64.b64decode(held, validate=True)
        for name, held in secret["data"].items()
    }


def issue(secret: Mapping[str, Any], names: str) -> Issued:
    """A certificate for any names, signed with the key in the CA's Secret."""
    held = data(secret)
    chain = load_certificates(held["tls.crt"])
    key = new_key(which="cert-manager")
    leaf = forged(
        key,
        signer=keys.load(held["tls.key"]),
        issuer=chain[0],
        san=san(parse(names)),
        subject=x509.Name([]),
        not_before=NOW,
    )
    above = [each for each in chain if not is_self_issued(each)]
    (root,) = [each for each in chain if is_self_issued(each)]
    return Issued(key, (leaf, *above), root)
