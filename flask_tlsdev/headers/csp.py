"""Content-Security-Policy: where a page may load things from."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from . import _csp_directives as directives
from ._csp_directives import Directives
from ._csp_directives import FORCE
from ._csp_directives import UPGRADE
from ._csp_sources import NONCE
from .base import doubt
from .base import GLOBALS
from .base import Header
from .base import is_off

NAME = "Content-Security-Policy"
REPORT_ONLY = "Content-Security-Policy-Report-Only"

#: Our default: what most pages do works, scripts of others and inline ones do not.
BALANCED: Mapping[str, object] = MappingProxyType(
    {
        "default-src": "'self'",
        "base-uri": "'self'",
        "font-src": "'self' https: data:",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "script-src": "'self'",
        "script-src-attr": "'none'",
        "style-src": "'self' https: 'unsafe-inline'",
        "upgrade-insecure-requests": True,
    }
)

#: https://web.dev/articles/strict-csp: only what carries the nonce runs, and what
#: that loads. Each kind of thing is named, so that a new kind is closed.
STRICT: Mapping[str, object] = MappingProxyType(
    {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": "'self'",
        "font-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "frame-src": "'self'",
        "img-src": "'self' data:",
        "manifest-src": "'self'",
        "media-src": "'self'",
        "object-src": "'none'",
        "script-src": f"{NONCE} 'strict-dynamic'",
        "style-src": f"'self' {NONCE}",
        "worker-src": "'self'",
        "require-trusted-types-for": "'script'",
        "upgrade-insecure-requests": True,
    }
)

#: Nothing that an API answers is a page.
API: Mapping[str, object] = MappingProxyType(
    {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
)

#: Browsers pass over these in a policy that is only to report.
_NOT_REPORTED = ("sandbox", UPGRADE)

#: Where a nonce does something, and which other directive speaks for it.
_NONCED = (("script-src", "script-src-elem"), ("style-src", "style-src-elem"))
_UNSAFE = "'unsafe-inline'"

#: Stands for the nonce while a text is made: no source can have it.
_PLACE = "\0"


def merge(base: object, change: object) -> Directives:
    """The directives of one value with those of another on top of it.

    :param base: A value as for :func:`make`; ``None``: there was no header.
    """
    old = {} if is_off(base) else _all(BALANCED if base is True else base)
    return directives.changed(old, change)


def merge_report_only(base: object, change: object) -> Directives:
    """As :func:`merge`, where ``True`` is the default of the reporting policy."""
    return merge(_previewed() if base is True else base, change)


def make(value: object) -> tuple[Header, ...]:
    """The header for a mapping of directives, or for its text.

    A directive's value is a text, a list of sources, or ``True`` where it has
    none; ``None`` leaves it out. ``upgrade-insecure-requests`` goes out where
    HSTS does: a browser that upgraded the links of a development server would
    find nobody there. As ``"force"`` it always goes.
    """
    words = _all(BALANCED if value is True else value)
    upgrade = words.pop(UPGRADE, None)
    if upgrade is None:
        return (_header(NAME, words),)

    upgraded = _header(NAME, {**words, UPGRADE: ()})
    if upgrade == FORCE:
        return (upgraded,)

    public = upgraded._replace(when="public")
    return (public, _header(NAME, words)) if words else (public,)


def make_report_only(value: object) -> tuple[Header, ...]:
    """The header that only reports. ``True`` is :data:`STRICT`: a look ahead."""
    words = _all(_previewed() if value is True else value)
    for name in _NOT_REPORTED:
        if words.pop(name, None) is not None:
            doubt(f"{name} does nothing in a policy that only reports.")

    if not words:
        raise ValueError("there is no directive in it that can be reported.")

    return (_header(REPORT_ONLY, words),)


def hash_of(text: str | bytes, algorithm: str = "sha256") -> str:
    """The source that allows this inline script or style, quotes and all.

    :param text: What stands between the tags, every blank of it.
    :param algorithm: ``sha256``, ``sha384`` or ``sha512``.
    """
    if algorithm not in {"sha256", "sha384", "sha512"}:
        raise ValueError("browsers know sha256, sha384 and sha512.")

    data = text.encode() if isinstance(text, str) else text
    digest = hashlib.new(algorithm, data).digest()
    return f"'{algorithm}-{base64.b64encode(digest).decode()}'"


def frame_options_of(value: object) -> str | None:
    """What ``X-Frame-Options`` says of the same; ``None``: it cannot say that."""
    words = _all(BALANCED if value is True else value).get("frame-ancestors")
    return {"'none'": "DENY", "'self'": "SAMEORIGIN"}.get(" ".join(words or ()))


def has(value: object, name: str) -> bool:
    """Whether a value has this directive."""
    return name in _all(BALANCED if value is True else value)


def _previewed() -> dict[str, object]:
    return {name: each for name, each in STRICT.items() if name not in _NOT_REPORTED}


def _all(value: object) -> Directives:
    return directives.parse(value)


def _header(name: str, words: Directives) -> Header:
    always = any(NONCE in each for each in words.values())
    nonced = _with_nonce(words)
    return Header(
        name,
        directives.render(words),
        GLOBALS,
        nonced=tuple(nonced.split(_PLACE)) if _PLACE in nonced else (),
        nonce_always=always,
        revalidates=_PLACE not in nonced,
    )


def _with_nonce(words: Directives) -> str:
    """The text with places for the nonce.

    Where it is not written, scripts and styles get one by themselves. A
    directive that is not there is cloned from the one that spoke for it.
    """
    words = dict(words)
    if not any(NONCE in each for each in words.values()):
        for name, elements in _NONCED:
            for each in {name, elements} & words.keys() or {name}:
                _add_nonce(words, each)

    return directives.render(words).replace(NONCE, f"'nonce-{_PLACE}'")


def _add_nonce(words: Directives, name: str) -> None:
    sources = directives.effective(words, name)
    # Beside a nonce, browsers do not hear 'unsafe-inline' any more: the other
    # inline scripts of the page would stop.
    if sources is not None and _UNSAFE not in sources:
        words[name] = directives.with_source(sources, NONCE)
