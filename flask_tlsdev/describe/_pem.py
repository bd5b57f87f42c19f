"""What is in this file, as PEM?"""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding

from .. import keys
from ..certificates import is_der
from ..certificates import pem_blocks
from ..certificates import quietly
from ..csr import LABELS as CSR_LABELS
from ..errors import CertificateError
from ..errors import InvalidKey
from ..pairs import Contents
from ..pairs import dump_certificates
from ..pairs import load_contents
from ._files import CRL_LABELS
from ._files import load_crl
from ._files import load_csr


def as_pem(
    data: bytes, what: str, passphrase: bytes | None = None, *, private_keys: bool
) -> bytes:
    """The certificates, else the CSR or the revocation list, without other text.

    :param private_keys: Give out keys, too, unencrypted. Without it a file that
        holds nothing else is refused.
    """
    with quietly():
        if (other := _other(data, what)) is not None:
            return other

        found = load_contents(data, what, passphrase)

    if not found.certificates and not private_keys:
        raise InvalidKey(
            f"{what} holds a private key and nothing else.",
            hint="It is printed only with --print-private-key.",
        )

    return _dump(found, private_keys)


def _dump(found: Contents, private_keys: bool) -> bytes:
    dumped = map(keys.dump, found.keys) if private_keys else ()
    return dump_certificates(found.certificates) + b"".join(dumped)


def _other(data: bytes, what: str) -> bytes | None:
    """A CSR or revocation list, if the file holds one and no certificate."""
    if is_der(data):
        for load in (load_csr, load_crl):
            try:
                return load(data, what).public_bytes(Encoding.PEM)
            except CertificateError:
                continue
        return None

    blocks = list(pem_blocks(data))
    if any(block.label not in (*CSR_LABELS, *CRL_LABELS) for block in blocks):
        return None

    dumped = [
        (load_csr if block.label in CSR_LABELS else load_crl)(block.data, what)
        for block in blocks
    ]
    return b"".join(each.public_bytes(Encoding.PEM) for each in dumped) or None
