"""Does a list of sources let a URL in?

The rules are those of https://www.w3.org/TR/CSP3/#matching-urls, but for the
places where browsers are stricter: the answer is to be what they will do. Then
Chromium lets in the same, and Firefox at least that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes
from urllib.parse import urlsplit

_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_SECURE = {"http": "https", "ws": "wss"}

#: What 'self' means on a page of either scheme.
_OWN_SCHEMES = {"http": frozenset(_PORTS), "https": frozenset({"https", "wss"})}

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?"
    r"(?P<host>\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)"
    r"(?::(?P<port>[0-9]{1,5}|\*))?"
    r"(?P<path>/[^?#]*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Address:
    """The parts of a URL that a source can speak of."""

    scheme: str
    #: Empty where there is none, as in ``data:``.
    host: str = ""
    port: int | None = None
    path: str = ""

    @classmethod
    def of(cls, url: str) -> Address:
        """The parts of a URL.

        :raises ValueError: It is none.
        """
        parts = urlsplit(url)
        if not parts.scheme:
            raise ValueError("it has no scheme.")

        scheme = parts.scheme.lower()
        port = parts.port if parts.port is not None else _PORTS.get(scheme)
        return cls(scheme, (parts.hostname or "").lower(), port, parts.path)

    @property
    def has_usual_port(self) -> bool:
        return self.port == _PORTS.get(self.scheme)


def matching(url: Address, sources: Sequence[str], page: Address) -> str | None:
    """The first source that lets the URL in; ``None``: none does.

    :param page: Where the page is that has the policy.
    """
    return next((each for each in sources if matches(url, each, page)), None)


def matches(url: Address, source: str, page: Address) -> bool:
    """Whether one source lets the URL in. A nonce or a hash never does."""
    if source == "*":
        return url.scheme in _PORTS or url.scheme == page.scheme

    if source.lower() == "'self'":
        return _is_own(url, page)

    if found := _SCHEME.fullmatch(source):
        return _is_scheme(url, found[1].lower())

    found = _HOST.fullmatch(source)
    return found is not None and bool(url.host) and _matches_host(url, found, page)


def _is_scheme(url: Address, named: str) -> bool:
    """Whether it is this scheme or the one that made it secure."""
    return url.scheme in (named, _SECURE.get(named))


def _is_own(url: Address, page: Address) -> bool:
    if url.host != page.host or not url.host:
        return False

    if (url.scheme, url.port) == (page.scheme, page.port):
        return True

    same_port = url.port == page.port
    if not same_port and not (url.has_usual_port and page.has_usual_port):
        return False

    return url.scheme in _OWN_SCHEMES.get(page.scheme, ())


def _matches_host(url: Address, source: re.Match[str], page: Address) -> bool:
    scheme = (source["scheme"] or page.scheme).lower()
    return (
        _is_scheme(url, scheme)
        and _is_host(url.host, source["host"].lower())
        and _is_port(url, source["port"], upgraded=url.scheme != scheme)
        and _is_path(url.path, source["path"] or "")
    )


def _is_host(host: str, named: str) -> bool:
    return host.endswith(named[1:]) if named.startswith("*") else host == named


def _is_port(url: Address, named: str | None, *, upgraded: bool) -> bool:
    if named == "*":
        return True

    if named is None:
        return url.has_usual_port

    # What took the place of plain HTTP is let in at its usual port only.
    if upgraded:
        return url.has_usual_port and int(named) in _PORTS.values()

    return int(named) == url.port


def _is_path(path: str, named: str) -> bool:
    """Whether the path is the named one or, if that ends with a slash, below it."""
    if named in ("", "/"):
        return True

    own, wanted = path.split("/"), named.split("/")
    if named.endswith("/"):
        wanted = wanted[:-1]
        own = own[: len(wanted)] if len(own) > len(wanted) else []

    return [*map(unquote_to_bytes, own)] == [*map(unquote_to_bytes, wanted)]
