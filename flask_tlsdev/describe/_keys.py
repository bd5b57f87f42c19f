"""What can be said of a key without giving it away?"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat

from .. import keys
from ..printable import printable
from ._description import Fields


def public_key_fields(key: PublicKeyTypes) -> Fields:
    """Kind, size and fingerprint of a public key."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fields: Fields = {"type": printable(keys.key_type_of(key))}

    if isinstance(key, ec.EllipticCurvePublicKey):
        fields |= {"bits": key.curve.key_size, "curve": printable(key.curve.name)}
    elif isinstance(key, rsa.RSAPublicKey):
        exponent = key.public_numbers().e
        fields |= {"bits": key.key_size, "exponent": printable(exponent)}
    elif isinstance(key, (ed25519.Ed25519PublicKey, x25519.X25519PublicKey)):
        fields["bits"] = 256
    elif isinstance(key, dsa.DSAPublicKey):
        fields["bits"] = key.key_size

    return fields | {"spki_sha256": hashlib.sha256(der).hexdigest()}
