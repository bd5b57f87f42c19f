"""How does a request reach Vault, and what may its answer be at most?

hvac sends whatever it has to wherever it is redirected, and requests hears the
environment. This session does neither.
"""

from __future__ import annotations

import json
import re
import ssl
from functools import partial
from typing import Any
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ...errors import IssuerRefused
from ...printable import printable
from ...printable import quoted
from ...timed import read_bounded
from .._pools import pools
from ._deadline import Deadline

if TYPE_CHECKING:
    from ...timed import Left
    from .options import Options

#: A chain of five RSA certificates, twice, has a tenth of this.
BODY_LIMIT = 1 << 18
_REQUEST_SECONDS = 30.0


class _Adapter(HTTPAdapter):
    """Connections under one context and nobody else's list of roots.

    :param left: The seconds for an answer, asked before each part of it.
    """

    def __init__(self, context: ssl.SSLContext | None, left: Left):
        self._context = context
        self._pools = pools(left)
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        made = super().proxy_manager_for(proxy, **more, ssl_context=self._context)
        made.pool_classes_by_scheme = self._pools
        return made

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        # The context has the roots; requests would add certifi's.
        conn.cert_reqs = "CERT_REQUIRED"


class Session(requests.Session):
    """Requests to one origin and to no other.

    No redirect is followed, no answer is larger than :data:`BODY_LIMIT`, and the
    deadline counts for the whole of each. Neither ``.netrc`` nor a variable is
    heard.
    """

    def __init__(self, options: Options, deadline: Deadline):
        super().__init__()
        self.trust_env = False
        self.headers["Accept-Encoding"] = "identity"
        self.headers["User-Agent"] = "flask-tlsdev"
        #: Of the last answer.
        self.status = 0
        #: After how many seconds it is best to ask again, where that said so.
        self.retry_after: float | None = None
        self._issuer_id = options.issuer_id
        self._origin = _origin(options.address)
        self._deadline = deadline
        # A plain address is on this machine, where no proxy is needed.
        if options.proxy is not None and options.address.startswith("https:"):
            self.proxies["https"] = options.proxy

        self.mount("https://", _Adapter(_context(options), self._left))
        self.mount("http://", _Adapter(None, self._left))

    def _left(self) -> float:
        return min(_REQUEST_SECONDS, self._deadline.left())

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> Any:
        if _origin(str(url)) != self._origin:
            raise self._odd(f"{quoted(url)} is not its address")

        more |= {
            "timeout": self._left(),
            "allow_redirects": False,
            "stream": True,
        }
        with super().request(method, url, *args, **more) as response:
            self.status = response.status_code
            self.retry_after = _seconds(response.headers.get("Retry-After", ""))
            if 300 <= response.status_code < 400:
                raise self._redirected(response.headers.get("Location", ""))

            response._content = self._checked(self._read(response))
            response._content_consumed = True  # type: ignore[attr-defined]
            return response

    def _read(self, response: requests.Response) -> bytes:
        body = read_bounded(partial(self._piece, response), BODY_LIMIT)
        if len(body) > BODY_LIMIT:
            raise self._odd(f"an answer is larger than {BODY_LIMIT >> 10} KiB")

        return body

    def _checked(self, body: bytes) -> bytes:
        """The body, in which hvac would believe everything."""
        try:
            content = json.loads(body)
        except ValueError:
            # A page of a proxy, say, which is shown as it is.
            return body
        except RecursionError:
            content = None

        errors = content.get("errors") or [] if isinstance(content, dict) else None
        listed = errors if isinstance(errors, list) else [None]
        if not all(isinstance(each, str) for each in listed):
            raise self._odd("what it answers is not in Vault's form")

        return body

    def _piece(self, response: requests.Response, size: int) -> bytes:
        try:
            return bytes(response.raw.read1(size))
        except HTTPError:
            # A TLS port tells a plain client what it is, and resets.
            if response.status_code < 400:
                raise

            return b""

    def _redirected(self, location: str) -> IssuerRefused:
        target = "://".join(_origin(location)[:2]) if location else "nowhere"
        return IssuerRefused(
            f"Vault at {'://'.join(self._origin)} redirects to {printable(target)}."
            " No token is sent there.",
            issuer_id=self._issuer_id,
            hint="A server on standby does that. If the other one is the active server"
            " of your cluster, name it yourself: --vault-addr URL",
        )

    def _odd(self, why: str) -> IssuerRefused:
        return IssuerRefused(
            f"Vault cannot be used: {why}.",
            issuer_id=self._issuer_id,
            hint="Look at --vault-addr or VAULT_ADDR.",
        )


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch("[0-9]{1,9}", text) else None


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url

    return parts.scheme, parts.netloc.lower()


def _context(options: Options) -> ssl.SSLContext:
    file: object = options.ca_file
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.auth == "cert" and options.client_cert is not None:
            file = options.client_cert
            key = options.client_key
            # Nobody is asked for a passphrase in the middle of it.
            context.load_cert_chain(options.client_cert, key, lambda: "")
    except (OSError, ValueError) as error:
        raise IssuerRefused(
            f"The file {quoted(file)} cannot be used:"
            f" {printable(getattr(error, 'strerror', '') or error)}.",
            issuer_id=options.issuer_id,
            hint="Vault's root, your certificate and its key are PEM files; the key"
            " is not encrypted.",
        ) from error

    return context
