"""Which ``TLSDEV_*`` keys are there, what may each be, and what do they add up to?

:data:`KEYS` is the table, :class:`Settings` the sum. A value that a key cannot
have is a :exc:`~flask_tlsdev.errors.ConfigError` that names the key.
"""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

from ._key import Key as Key
from .environment import dotenv_files as dotenv_files
from .environment import user_environment as user_environment
from .settings import Settings as Settings
from .values import parse_duration as parse_duration

if TYPE_CHECKING:
    from .keys import KEYS as KEYS


def __getattr__(name: str) -> Any:
    if name != "KEYS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    # The whole table takes the code of every issuer and header.
    from .keys import KEYS

    return KEYS
