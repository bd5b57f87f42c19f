"""Real HTTPS and the right security headers while you develop with Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

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

__version__ = "0.1.0"

__all__ = [
    "TLSDev",
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

    from . import errors

    return getattr(errors, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
