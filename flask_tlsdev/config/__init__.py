"""Which ``TLSDEV_*`` keys are there, what may each be, and what do they add up to?

:data:`KEYS` is the table, :class:`Settings` the sum. A value that a key cannot
have is a :exc:`~flask_tlsdev.errors.ConfigError` that names the key.
"""

from __future__ import annotations

from .environment import dotenv_files as dotenv_files
from .environment import user_environment as user_environment
from .keys import Key as Key
from .keys import KEYS as KEYS
from .settings import Settings as Settings
from .values import parse_duration as parse_duration
