"""What do clients dislike about a certificate that is valid?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cryptography import x509

from .. import keys
from ..certificates import names_of
from ..certificates import public_key_of
from ..pairs import is_self_issued
from ..pairs import title

#: CA/Browser Forum, ballot 193 and Apple HT211025: since September 2020.
LONGEST = timedelta(days=398)


def lint(leaf: x509.Certificate) -> Iterator[str]:
    """A sentence for each thing that clients will or may refuse."""
    who = title(leaf)

    if not names_of(leaf):
        yield f"{who} has no SAN: clients look for names nowhere else and refuse it."

    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    if life > LONGEST and not is_self_issued(leaf):
        yield (
            f"{who} is valid for {life.days} days. Of public authorities' certificates"
            f" clients accept at most {LONGEST.days} days."
        )

    hash_ = _hash(leaf)
    if hash_ in ("md5", "sha1"):
        yield f"{who} is signed with {hash_.upper()}, which can be forged."

    kind = keys.key_type_of(public_key_of(leaf))
    if kind == "ed25519":
        yield f"{who} has an Ed25519 key: openssl and curl accept it, browsers do not."
    if kind == "ec-p521":
        yield f"{who} has a P-521 key, which Chromium refuses."


def _hash(leaf: x509.Certificate) -> str:
    found = leaf.signature_hash_algorithm
    return found.name if found else ""
