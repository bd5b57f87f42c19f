"""Who is calling, by the certificate that it has shown?"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from functools import wraps
from typing import Any
from typing import overload
from typing import TYPE_CHECKING
from typing import TypeVar

from flask import abort
from flask import current_app
from flask import has_request_context
from flask import request
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class ClientCertificate:
    """What a client's certificate says. ``TLSDEV_CLIENT_CA`` has vouched for it."""

    #: Whose it is, such as ``O=Example,CN=reports``.
    subject: str
    #: Its DNS names and addresses.
    names: tuple[str, ...]
    #: SHA-256 of the certificate, hexadecimal: no other one has it.
    fingerprint: str
    #: The certificate itself.
    pem: str


def client_certificate(environ: WSGIEnvironment) -> ClientCertificate | None:
    """The certificate that the client of this request has proved to have.

    It is looked for on the connection itself, where Werkzeug and Gunicorn
    serve TLS. A header cannot say it, and of whoever is behind a proxy nothing
    is known: the certificate on that connection would be the proxy's.
    """
    if "werkzeug.proxy_fix.orig" in environ:
        return None

    connection = environ.get("werkzeug.socket") or environ.get("gunicorn.socket")

    if isinstance(connection, ssl.SSLSocket):
        der = _shown_on(connection)
    elif current_app.testing and "SSL_CLIENT_CERT" in environ:
        # A test client has no connection, and says whom it plays.
        der = ssl.PEM_cert_to_DER_cert(environ["SSL_CLIENT_CERT"])
    else:
        der = None

    return _read(der) if der else None


def _shown_on(connection: ssl.SSLSocket) -> bytes | None:
    # Of a context that asks nobody, nothing would have been verified.
    if connection.context.verify_mode == ssl.CERT_NONE:
        return None

    try:
        return connection.getpeercert(True)
    except (OSError, ValueError):
        # It has gone already.
        return None


@lru_cache(maxsize=64)
def _read(der: bytes) -> ClientCertificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    from ..certificates import names_of
    from ..certificates import subject_text

    certificate = x509.load_der_x509_certificate(der)
    return ClientCertificate(
        subject_text(certificate.subject),
        tuple(map(str, names_of(certificate))),
        certificate.fingerprint(hashes.SHA256()).hex(),
        ssl.DER_cert_to_PEM_cert(der),
    )


def _current() -> ClientCertificate | None:
    return client_certificate(request.environ) if has_request_context() else None


#: The :class:`ClientCertificate` of this request's client. Where it has shown
#: none this is false, as :data:`None` is.
tls_client: ClientCertificate = LocalProxy(_current)  # type: ignore[assignment]


@overload
def require_client_certificate(view: View) -> View: ...


@overload
def require_client_certificate(
    *, names: Collection[str] = (), fingerprints: Collection[str] = ()
) -> Callable[[View], View]: ...


def require_client_certificate(
    view: Any = None,
    *,
    names: Collection[str] = (),
    fingerprints: Collection[str] = (),
) -> Any:
    """Let a view be called only by clients with a certificate; others get 403.

    ::

        @app.get("/stock")
        @require_client_certificate
        def stock(): ...

        @app.post("/orders")
        @require_client_certificate(names=["shop.client.test"])
        def order(): ...

    :param names: One of these must be in the certificate.
    :param fingerprints: Or it must be one of these: SHA-256, hexadecimal; colons
        and capital letters do not count.
    """
    if isinstance(names, str) or isinstance(fingerprints, str):
        raise TypeError("names and fingerprints are lists, not one text")

    wanted = frozenset(name.lower() for name in names)
    prints = frozenset(each.replace(":", "").lower() for each in fingerprints)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            _check(_current(), wanted, prints)
            return current_app.ensure_sync(view)(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate if view is None else decorate(view)


def _check(
    client: ClientCertificate | None, names: frozenset[str], prints: frozenset[str]
) -> None:
    if client is None:
        abort(403, "This page is for clients with a certificate, and you showed none.")

    if not names and not prints:
        return

    if names.isdisjoint(client.names) and client.fingerprint not in prints:
        abort(403, "Your certificate is not one that this page is for.")
