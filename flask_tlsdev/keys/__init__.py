"""Which kinds of key are there, and how are they made, read and written?

The keys themselves are cryptography's, which is imported when one is made or
read and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..later import later
from ._kinds import check_key_type as check_key_type
from ._kinds import check_strength as check_strength
from ._kinds import DEFAULT_KEY_TYPE as DEFAULT_KEY_TYPE
from ._kinds import generate as generate
from ._kinds import key_type_of as key_type_of
from ._kinds import KEY_TYPES as KEY_TYPES
from ._kinds import matches as matches

if TYPE_CHECKING:
    from ._kinds import PrivateKey as PrivateKey
    from ._kinds import PublicKey as PublicKey
    from ._reading import is_encrypted as is_encrypted
    from ._reading import load as load
    from ._reading import looks_like_key as looks_like_key
    from ._writing import check_passphrase as check_passphrase
    from ._writing import dump as dump

#: A server's start has to know the kinds, and neither reads nor writes a key.
__getattr__ = later(
    __name__,
    {
        "is_encrypted": "_reading",
        "load": "_reading",
        "looks_like_key": "_reading",
        "check_passphrase": "_writing",
        "dump": "_writing",
    },
)
