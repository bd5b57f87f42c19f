"""How does a link to the development page get into the app's own pages?

Only into a whole HTML document that a person who may see the page has gone to, and
only in ways that the document's own policy allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from html import escape
from typing import Any
from typing import TYPE_CHECKING

from ..server import CONNECTION
from ..server import PAGE_PATH
from .gate import COOKIE
from .gate import is_navigation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication

Environ = dict[str, Any]
Fields = list[tuple[str, str]]

#: A longer page is left alone, so that it need not be held in memory.
LONGEST = 2 * 1024 * 1024

_STYLE = (
    "#tlsdev-badge{position:fixed;right:.75rem;bottom:.75rem;z-index:2147483647;"
    "margin:0;font:14px/1.4 system-ui,sans-serif}#tlsdev-badge a{display:block;"
    "padding:.3rem .7rem;border-radius:.4rem;background:#1b2430;color:#fff;"
    "text-decoration:none}#tlsdev-badge a:focus-visible{outline:3px solid #84b6ff}"
    "@media print{#tlsdev-badge{display:none}}"
)

#: Charsets in which our markup is what it is in ASCII.
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii", "iso-8859-1", "windows-1252"})

#: With one of these the body is not what it seems, or must stay as it is.
_UNTOUCHED = frozenset(
    {
        "content-encoding",
        "content-range",
        "content-md5",
        "content-digest",
        "content-disposition",
        "digest",
        "repr-digest",
        "transfer-encoding",
    }
)

_CHARSET = re.compile(r"""charset=["']?([\w-]+)""", re.IGNORECASE)
_NONCE = re.compile(r"'nonce-([A-Za-z0-9+/_=-]+)'")
_END = re.compile(rb"</body\s*>", re.IGNORECASE)


class Badge:
    """An app whose pages lead to the development page.

    :param app: The app as it is served.
    :param may_see: Whether a request is of somebody who can go there.
    """

    def __init__(
        self, app: WSGIApplication, may_see: Callable[[Environ], bool]
    ) -> None:
        self._app = app
        self._may_see = may_see

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        if not is_navigation(environ) or not self._is_theirs(environ):
            return self._app(environ, start_response)

        return self._with_badge(environ, start_response)

    def _is_theirs(self, environ: Environ) -> bool:
        if COOKIE not in environ.get("HTTP_COOKIE", ""):
            return False

        # Elsewhere only the page's own paths have it.
        environ[CONNECTION] = environ.get("werkzeug.socket")
        return self._may_see(environ)

    def _with_badge(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterator[bytes]:
        held: list[tuple[str, Fields, tuple[Any, ...]]] = []
        written: list[bytes] = []

        def start(status: str, headers: Fields, *exc_info: Any) -> Callable[..., Any]:
            if not _can_have_it(status, headers):
                held.clear()
                return start_response(status, headers, *exc_info)

            held[:] = [(status, headers, exc_info)]
            return written.append

        body = self._app(environ, start)
        try:
            pieces = iter(body)
            # An app that is a generator, as the debugger is, starts with it.
            first = next(pieces, b"")
            if not held:
                yield first
                yield from pieces
                return

            status, headers, exc_info = held[0]
            data = b"".join((*written, first, *pieces))
            data, headers = with_link(data, headers, environ["HTTP_HOST"])
            start_response(status, headers, *exc_info)
            yield data
        finally:
            if hasattr(body, "close"):
                body.close()


def with_link(data: bytes, headers: Fields, host: str) -> tuple[bytes, Fields]:
    """The document with the link at its end; as it was, if it has no end."""
    ends = list(_END.finditer(data))
    if not ends:
        return data, headers

    at = ends[-1].start()
    link = _markup(host, _style(headers)).encode("ascii")
    data = data[:at] + link + data[at:]
    kept = [each for each in headers if each[0].lower() not in _OF_THE_OLD_BODY]
    return data, [*kept, ("Content-Length", str(len(data)))]


#: What was true of the body without the link.
_OF_THE_OLD_BODY = frozenset({"content-length", "etag", "last-modified"})


def _can_have_it(status: str, headers: Fields) -> bool:
    """Whether it is a document that is whole, and may be changed."""
    there = {name.lower(): value for name, value in headers}
    length = there.get("content-length", "")
    if status[:3] in ("204", "206", "304") or not length.isdigit():
        return False

    return _is_document(there) and 0 < int(length) <= LONGEST


def _is_document(there: Mapping[str, str]) -> bool:
    kind, _, parameters = there.get("content-type", "").partition(";")
    charset = _CHARSET.search(parameters)
    return (
        kind.strip().lower() == "text/html"
        and (charset[1].lower() if charset else "") in _CHARSETS
        and _UNTOUCHED.isdisjoint(there)
        and "no-transform" not in there.get("cache-control", "").lower()
    )


def _style(headers: Fields) -> str | None:
    """The start of a ``style`` element that every policy allows, if one does."""
    policies = [
        policy
        for name, value in headers
        if name.lower() == "content-security-policy"
        for policy in value.split(",")
    ]
    if not policies:
        return "<style>"

    nonces = [_style_nonce(policy) for policy in policies]
    if None in nonces or len(set(nonces)) > 1:
        return None

    return f'<style nonce="{nonces[0]}">'


def _style_nonce(policy: str) -> str | None:
    directives: dict[str, list[str]] = {}
    for each in policy.split(";"):
        name, *sources = each.split() or [""]
        directives.setdefault(name.lower(), sources)

    for name in ("style-src-elem", "style-src", "default-src"):
        if name in directives:
            found = _NONCE.search(" ".join(directives[name]))
            return found[1] if found else None

    return None


def _markup(host: str, style: str | None) -> str:
    styled = f"{style}{_STYLE}</style>" if style else ""
    return (
        f'{styled}<p id="tlsdev-badge"><a href="https://{escape(host)}{PAGE_PATH}/"'
        ' target="_blank" rel="noopener">flask-tlsdev</a></p>'
    )
