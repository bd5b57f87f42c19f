"""How do the headers get into a Flask app, and what can its code say of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..headers import hash_of as csp_hash
from ..later import later
from ._well_known import ELSEWHERE as ELSEWHERE
from .acme import AcmeHook as AcmeHook
from .hooks import facts_of as facts_of
from .hooks import HeaderHooks as HeaderHooks
from .hooks import warn as warn
from .integrity import static_integrity as static_integrity
from .layers import Overrides as Overrides
from .nonce import csp_nonce as csp_nonce
from .overrides import tls_headers as tls_headers
from .reports import ReportHook as ReportHook
from .validation import ValidationHooks as ValidationHooks

if TYPE_CHECKING:
    from .clients import client_certificate as client_certificate
    from .clients import ClientCertificate as ClientCertificate
    from .clients import require_client_certificate as require_client_certificate
    from .clients import tls_client as tls_client
    from .logout import clear_site_data as clear_site_data

__all__ = [
    "ELSEWHERE",
    "AcmeHook",
    "ClientCertificate",
    "HeaderHooks",
    "Overrides",
    "ReportHook",
    "ValidationHooks",
    "clear_site_data",
    "client_certificate",
    "csp_hash",
    "csp_nonce",
    "facts_of",
    "require_client_certificate",
    "static_integrity",
    "tls_client",
    "tls_headers",
    "warn",
]

#: What few apps use, and where it is.
__getattr__ = later(
    __name__,
    {
        "ClientCertificate": "clients",
        "clear_site_data": "logout",
        "client_certificate": "clients",
        "require_client_certificate": "clients",
        "tls_client": "clients",
    },
)
