"""How does a request reach the server, and what may its answer be at most?"""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.parse import urlsplit

from ...errors import IssuerError
from ...errors import IssuerRefused
from ...errors import IssuerUnavailable
from ...printable import printable
from ...printable import quoted
from ...timed import HTTPSHandler
from ...timed import read_bounded
from ._deadline import Deadline
from .options import is_https

#: A chain of five RSA certificates has a twentieth of this.
BODY_LIMIT = 1 << 18
_REQUEST_SECONDS = 30.0
_REDIRECTS = 3
_USER_AGENT = "flask-tlsdev"


@dataclass(frozen=True)
class Answer:
    """What the server said. Nothing in it has been checked."""

    url: str
    status: int
    headers: Mapping[str, str]
    #: The values of all ``Link`` headers.
    links: tuple[str, ...]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class _Untouched(urllib.request.HTTPErrorProcessor):
    """An answer is an answer, also a redirect or an error."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


class Wire:
    """HTTPS to one server and nothing else.

    No redirect leaves https, no answer is larger than :data:`BODY_LIMIT`, and
    the deadline counts for the whole of each. Nothing is logged.

    :param ca_file: Trust this root instead of the system's.
    """

    def __init__(self, issuer_id: str, ca_file: Path | None, deadline: Deadline):
        self._issuer_id = issuer_id
        self._deadline = self._end = deadline
        self._opener = urllib.request.OpenerDirector()

        # Those of build_opener() but for http, ftp, files, and redirects.
        for handler in (
            urllib.request.ProxyHandler(),
            HTTPSHandler(self._left, self._context(ca_file)),
            _Untouched(),
        ):
            self._opener.add_handler(handler)

    def _context(self, ca_file: Path | None) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=ca_file)
        except (OSError, ValueError) as error:
            raise IssuerRefused(
                f"The CA file {quoted(ca_file)} cannot be used:"
                f" {printable(getattr(error, 'strerror', '') or error)}.",
                issuer_id=self._issuer_id,
                hint="It holds, as PEM, the root of the directory's certificate.",
            ) from error

    def get(self, url: str) -> Answer:
        """Follows a few redirects, each to https."""
        for _ in range(_REDIRECTS):
            answer = self.send("GET", url)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer

            url = urljoin(url, answer.headers.get("location", ""))

        raise self._odd(f"it redirects more than {_REDIRECTS} times")

    def send(
        self, method: str, url: str, body: bytes | None = None, kind: str = ""
    ) -> Answer:
        """One request and its answer.

        :param kind: The body's content type.
        """
        if not is_https(url):
            raise self._odd(f"it leads to {quoted(url)}, which is no https URL")

        headers = {"User-Agent": _USER_AGENT} | ({"Content-Type": kind} if kind else {})
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310  (it is https)
        try:
            return self._exchange(request)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(url, error) from error

    def _exchange(self, request: urllib.request.Request) -> Answer:
        self._end = Deadline.after(_REQUEST_SECONDS, self._issuer_id)
        with self._opener.open(request, timeout=self._left()) as response:
            return Answer(
                request.full_url,
                response.status,
                {name.lower(): value for name, value in response.headers.items()},
                tuple(response.headers.get_all("Link") or ()),
                self._read(response),
            )

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        body = read_bounded(response.read1, BODY_LIMIT)
        if len(body) > BODY_LIMIT:
            raise self._odd(f"an answer is larger than {BODY_LIMIT >> 10} KiB")

        return body

    def _left(self) -> float:
        return min(self._end.left(), self._deadline.left())

    def _odd(self, why: str) -> IssuerRefused:
        return IssuerRefused(
            f"The ACME server cannot be used: {why}.",
            issuer_id=self._issuer_id,
            hint="Look at TLSDEV_ACME_DIRECTORY or --directory.",
        )

    def _unreachable(self, url: str, error: Exception) -> IssuerError:
        cause = error
        if isinstance(error, urllib.error.URLError):
            cause = error.reason if isinstance(error.reason, Exception) else error

        host = printable(urlsplit(url).netloc)
        why, hint = _explain(cause)
        return IssuerUnavailable(
            f"The ACME server {host} cannot be reached: {why}.",
            issuer_id=self._issuer_id,
            hint=hint,
        )


def _explain(error: Exception) -> tuple[str, str]:
    """Why there is no answer, and what to look at."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(printable(error.verify_message))

    if isinstance(error, ssl.SSLError):
        said = printable(error.reason or error).replace("_", " ").lower()
        return f"it speaks no TLS that we know ({said})", "Look at the directory's URL."

    if isinstance(error, socket.gaierror):
        return "no address is known for this name", "Look at the directory's URL."

    if isinstance(error, TimeoutError):
        return "it does not answer", "Try again later."

    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable(said).rstrip("."), "Try again later, or look at its URL."


def _explain_certificate(said: str) -> tuple[str, str]:
    why = f"its certificate is not trusted ({said.rstrip('.')})"

    # "not yet valid" and "has expired" of a large authority is our own mistake.
    if "valid" in said or "expired" in said:
        return why, "Look whether this machine's clock is right: date"

    return why, (
        "If it is your own server, name the file with its root: --acme-ca-file FILE"
        " or TLSDEV_ACME_CA_FILE."
    )
