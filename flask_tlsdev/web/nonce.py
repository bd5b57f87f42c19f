"""The nonce of a request: made when it is first asked for, and sent with the page."""

from __future__ import annotations

import os
from typing import Any

from flask import request

from ..errors import TLSDevError

#: Where the nonce of a request is kept.
KEY = "flask_tlsdev.nonce"

#: 128 bits, as CSP asks for.
_BYTES = 16


class Nonce:
    """The nonce of one request."""

    __slots__ = ("used", "value")

    def __init__(self) -> None:
        # Hexadecimal needs no escaping anywhere, and is made fastest.
        self.value = os.urandom(_BYTES).hex()
        #: Whether the app asked for it: the page then differs each time.
        self.used = False


class Closed:
    """Stands for the nonce of a response whose policy went out without one."""


CLOSED = Closed()


def csp_nonce() -> str:
    """The nonce of this request, for ``<script nonce="{{ csp_nonce() }}">``.

    It is the same through the request, and in the Content-Security-Policy that
    goes with the response. It is there in templates, too.

    :raises TLSDevError: The headers went out before it was first asked for.
    """
    # Through the proxy its attribute takes as long as all the rest.
    found = request._get_current_object()  # type: ignore[attr-defined]  # werkzeug documents it
    nonce = of(found.environ)
    nonce.used = True
    return nonce.value


def of(environ: dict[str, Any]) -> Nonce:
    """The request's nonce, new where there was none.

    :raises TLSDevError: The headers went out without one.
    """
    nonce = environ.get(KEY)
    if isinstance(nonce, Nonce):
        return nonce

    if nonce is CLOSED:
        raise TLSDevError(
            "csp_nonce() was first used when the response's headers had gone out"
            " without a nonce: the browser would not run what carries it.",
            hint="Call csp_nonce() in the view, before it begins to stream.",
        )

    nonce = environ[KEY] = Nonce()
    return nonce
