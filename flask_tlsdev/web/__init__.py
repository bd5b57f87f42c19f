"""How do the headers get into a Flask app, and what can its code say of them?"""

from __future__ import annotations

from ..headers import hash_of as csp_hash
from .hooks import facts_of as facts_of
from .hooks import HeaderHooks as HeaderHooks
from .hooks import warn as warn
from .integrity import static_integrity as static_integrity
from .logout import clear_site_data as clear_site_data
from .nonce import csp_nonce as csp_nonce
from .overrides import Overrides as Overrides
from .overrides import tls_headers as tls_headers

__all__ = [
    "HeaderHooks",
    "Overrides",
    "clear_site_data",
    "csp_hash",
    "csp_nonce",
    "facts_of",
    "static_integrity",
    "tls_headers",
    "warn",
]
