"""What lies at a URL that stands in a certificate?

Whoever made the certificate chose it. Nothing that comes from there is believed:
it is signed, or it is no use.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from .errors import TLSDevError
from .printable import printable
from .printable import quoted
from .timed import HTTPHandler
from .timed import HTTPSHandler
from .timed import Left
from .timed import read_bounded

#: The largest list that is read, the largest answer, and the largest certificate.
LARGEST_LIST = 16 << 20
LARGEST_ANSWER = 1 << 16
LARGEST_ISSUER = 1 << 17

#: Seconds for all of one fetch, whatever its size.
SECONDS = 30.0


class Unfetched(TLSDevError):
    """There is nothing at a URL, or nothing that could be used."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches over http and https, a bounded amount in a bounded time.

    :param proxies: Of the user's: scheme to URL.
    """

    proxies: Mapping[str, str] = field(default_factory=dict)
    seconds: float = SECONDS

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Fetcher:
        """With the proxies of these variables."""
        named = {
            scheme: environ.get(f"{scheme}_proxy")
            or environ.get(f"{scheme.upper()}_PROXY")
            for scheme in ("http", "https")
        }
        return cls({scheme: url for scheme, url in named.items() if url})

    def issuer(self, url: str) -> bytes:
        """A certificate. Redirects are followed."""
        context = ssl.create_default_context()
        return self._fetch(url, None, LARGEST_ISSUER, context, redirects=True)

    def revocation(self, url: str, question: bytes | None) -> bytes:
        """A revocation list, or what a responder answers to a question.

        Over https anybody may answer, as over http: what comes is signed, and
        the certificate of the server that has it could not be checked without.
        No redirect is followed.
        """
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        limit = LARGEST_LIST if question is None else LARGEST_ANSWER
        return self._fetch(url, question, limit, context, redirects=False)

    def _fetch(
        self,
        url: str,
        body: bytes | None,
        limit: int,
        context: ssl.SSLContext,
        *,
        redirects: bool,
    ) -> bytes:
        if not url.startswith(("http://", "https://")):
            raise Unfetched(f"{quoted(url)} cannot be fetched: it is no http URL.")

        left = self._left()
        opener = self._opener(left, context, redirects=redirects)
        kind = {"Content-Type": "application/ocsp-request"} if body else {}
        try:
            request = urllib.request.Request(url, body, kind)  # noqa: S310  (it is http)
            answer = opener.open(request, timeout=left())
            with answer:
                data = read_bounded(answer.read1, limit)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise _unfetched(url, error) from error

        if len(data) > limit:
            raise Unfetched(
                f"What lies at {quoted(url)} is larger than {limit >> 10} KiB."
            )

        return data

    def _left(self) -> Left:
        end = time.monotonic() + self.seconds

        def left() -> float:
            seconds = end - time.monotonic()
            if seconds <= 0:
                raise TimeoutError(f"it takes longer than {self.seconds:g} seconds")

            return seconds

        return left

    def _opener(
        self, left: Left, context: ssl.SSLContext, *, redirects: bool
    ) -> urllib.request.OpenerDirector:
        # Not urlopen, which would also open files and FTP.
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(dict(self.proxies)),
            HTTPHandler(left),
            HTTPSHandler(left, context),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        if redirects:
            opener.add_handler(urllib.request.HTTPRedirectHandler())

        return opener


def _unfetched(url: str, error: Exception) -> Unfetched:
    cause = error
    if isinstance(error, urllib.error.HTTPError):
        # It holds the connection.
        error.close()
    elif isinstance(error, urllib.error.URLError):
        cause = error.reason if isinstance(error.reason, Exception) else error

    said = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return Unfetched(f"{quoted(url)} cannot be fetched: {printable(said).rstrip('.')}.")
