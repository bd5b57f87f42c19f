"""Whoever turns a request into a pair: one module each."""

from __future__ import annotations

from .base import CsrSigner
from .base import Issuer
from .base import Remote
from .base import RenewalAdviser
from .base import Revoker

__all__ = ["CsrSigner", "Issuer", "Remote", "RenewalAdviser", "Revoker"]
