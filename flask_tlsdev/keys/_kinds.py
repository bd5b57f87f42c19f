"""Which kinds of key are there, and which of them may a certificate have?"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING
from typing import TypeAlias

from ..errors import InvalidKey
from ..printable import printable
from ..printable import quoted

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.asymmetric import rsa

    PrivateKey: TypeAlias = (
        rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    )
    PublicKey: TypeAlias = (
        rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
    )

#: What :func:`generate` makes.
KEY_TYPES = ("ec-p256", "ec-p384", "rsa:2048", "rsa:3072", "rsa:4096", "ed25519")
DEFAULT_KEY_TYPE = "ec-p256"

_CHOICES = f"It may be {', '.join(KEY_TYPES[:-1])} or {KEY_TYPES[-1]}."

#: How else people and programs call them, without the punctuation.
_OTHER_SPELLINGS = {
    "ec": "ec-p256",
    "ecdsa": "ec-p256",
    "ec256": "ec-p256",
    "p256": "ec-p256",
    "ecp256": "ec-p256",
    "ecdsap256": "ec-p256",
    "ecdsa256": "ec-p256",
    "prime256v1": "ec-p256",
    "secp256r1": "ec-p256",
    "ec384": "ec-p384",
    "p384": "ec-p384",
    "ecp384": "ec-p384",
    "ecdsap384": "ec-p384",
    "ecdsa384": "ec-p384",
    "secp384r1": "ec-p384",
    "eddsa": "ed25519",
    "rsa": "rsa:2048",
}

#: The curves of TLS certificates, by cryptography's name.
_CURVES = {"secp256r1": "ec-p256", "secp384r1": "ec-p384", "secp521r1": "ec-p521"}

RSA_SMALLEST = 2048
#: Go's TLS (``maxRSAKeySize``) and rustls refuse more, and checking such a
#: private key takes many seconds.
RSA_LARGEST = 8192
#: Go's ``crypto/rsa`` reads no larger one.
_LARGEST_EXPONENT = 2**31 - 1


def check_key_type(text: str) -> str:
    """The text, if it is one of :data:`KEY_TYPES`.

    :raises InvalidKey: with the nearest right spelling.
    """
    if text in KEY_TYPES:
        return text

    bare = re.sub(r"[^a-z0-9]", "", text.lower()[:100])

    if (bits := _rsa_bits(bare)) and bits < RSA_SMALLEST:
        raise InvalidKey(
            f"The key type {quoted(text)} is too weak: TLS libraries refuse RSA keys"
            f" with fewer than {RSA_SMALLEST} bits.",
            hint=f"Use rsa:2048, or {DEFAULT_KEY_TYPE}, which is faster and stronger.",
        )

    meant = _nearest_key_type(bare)
    hint = f"Did you mean {meant}? {_CHOICES}" if meant else _CHOICES
    raise InvalidKey(f"{quoted(text)} is no key type.", hint=hint)


def _rsa_bits(bare: str) -> int | None:
    match = re.fullmatch(r"(?:rsa)?([0-9]{1,6})(?:bits?)?", bare)
    return int(match[1]) if match else None


def _nearest_key_type(bare: str) -> str | None:
    if bits := _rsa_bits(bare):
        offered = (2048, 3072, 4096)
        return f"rsa:{min(offered, key=lambda offer: abs(offer - bits))}"

    spellings = {re.sub("[^a-z0-9]", "", kind): kind for kind in KEY_TYPES}
    spellings |= _OTHER_SPELLINGS
    near = get_close_matches(bare, spellings, n=1)
    return spellings[near[0]] if near else None


def generate(key_type: str) -> PrivateKey:
    """A new private key of one of :data:`KEY_TYPES`."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.asymmetric import rsa

    kind, _, bits = check_key_type(key_type).partition(":")

    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(bits))

    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()

    return ec.generate_private_key(
        ec.SECP384R1() if kind == "ec-p384" else ec.SECP256R1()
    )


def key_type_of(key: object) -> str:
    """What kind of key it is, ``ec-p256`` or ``rsa:2048``.

    Kinds that are not ours have names of the same form, ``rsa:1024``,
    ``ec-secp256k1``, ``dsa:2048``, ``ed448``.

    :param key: A private or public key of cryptography.
    """
    from cryptography.hazmat.primitives.asymmetric import dsa
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric import rsa

    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        return f"rsa:{key.key_size}"

    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        return _CURVES.get(key.curve.name, f"ec-{key.curve.name.lower()}")

    if isinstance(key, (dsa.DSAPrivateKey, dsa.DSAPublicKey)):
        return f"dsa:{key.key_size}"

    # The others are one class for each kind: "Ed25519PrivateKey", "X448PublicKey",
    # with an underscore where cryptography shows its backend's own class.
    name = re.sub(r"(?:Private|Public)Key$", "", type(key).__name__.lstrip("_"))
    return name.lower()


def matches(key: PrivateKey, public_key: object) -> bool:
    """Whether the two are halves of one pair."""
    return bool(key.public_key() == public_key)


def check_strength(public_key: object, what: str) -> None:
    """Refuse a key that TLS clients refuse, or that is worth nothing.

    :param public_key: A public key of cryptography, of whatever kind.
    :param what: Whose key it is, for the sentence, such as a file's name.
    :raises InvalidKey: with the reason.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa

    if isinstance(public_key, rsa.RSAPublicKey):
        reason = _why_rsa_is_refused(public_key)
    else:
        reason = _why_kind_is_refused(key_type_of(public_key))

    if reason:
        raise InvalidKey(
            f"The key of {printable(what)} cannot be used: {reason}.",
            hint=f"Use another key, best of type {DEFAULT_KEY_TYPE}.",
        )


def _why_rsa_is_refused(public_key: rsa.RSAPublicKey) -> str:
    bits, exponent = public_key.key_size, public_key.public_numbers().e

    if bits < RSA_SMALLEST:
        return f"RSA with {bits} bits is too weak, clients want {RSA_SMALLEST} or more"

    if bits > RSA_LARGEST:
        return f"clients refuse RSA with {bits} bits, at most {RSA_LARGEST} may be"

    # An odd exponent from 3 on is legal (RFC 8017) and accepted by clients.
    if exponent < 3 or exponent % 2 == 0:
        return f"an RSA key with the public exponent {exponent} protects nothing"

    if exponent > _LARGEST_EXPONENT:
        return "clients refuse RSA with such a large public exponent"

    return ""


def _why_kind_is_refused(kind: str) -> str:
    if kind in {*_CURVES.values(), "ed25519"}:
        return ""

    return f"TLS clients do not know keys of type {kind} in certificates"
