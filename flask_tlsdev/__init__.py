"""Real HTTPS and the right security headers while you develop with Flask."""

from __future__ import annotations

from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import CertificateError as CertificateError
    from .errors import ConfigError as ConfigError
    from .errors import InvalidKey as InvalidKey
    from .errors import InvalidName as InvalidName
    from .errors import IssuerError as IssuerError
    from .errors import StoreError as StoreError
    from .errors import TLSDevError as TLSDevError
    from .errors import TrustError as TrustError
    from .extension import TLSDev as TLSDev
    from .web import clear_site_data as clear_site_data
    from .web import ClientCertificate as ClientCertificate
    from .web import csp_hash as csp_hash
    from .web import csp_nonce as csp_nonce
    from .web import require_client_certificate as require_client_certificate
    from .web import static_integrity as static_integrity
    from .web import tls_client as tls_client
    from .web import tls_headers as tls_headers

__version__ = "0.1.0"

_OF_WEB = frozenset(
    {
        "tls_headers",
        "csp_nonce",
        "csp_hash",
        "static_integrity",
        "clear_site_data",
        "tls_client",
        "require_client_certificate",
        "ClientCertificate",
    }
)

__all__ = [
    "TLSDev",
    "tls_headers",
    "csp_nonce",
    "csp_hash",
    "static_integrity",
    "clear_site_data",
    "tls_client",
    "require_client_certificate",
    "ClientCertificate",
    "TLSDevError",
    "ConfigError",
    "InvalidName",
    "InvalidKey",
    "CertificateError",
    "StoreError",
    "IssuerError",
    "TrustError",
]


def __getattr__(name: str) -> Any:
    # Every `flask` command imports this package for its entry point: what the
    # command does not need is not imported for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    if name == "TLSDev":
        from .extension import TLSDev

        return TLSDev

    if name in _OF_WEB:
        from . import web

        return getattr(web, name)

    from . import errors

    return getattr(errors, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
