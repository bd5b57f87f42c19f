"""What may stand in a directive of a content security policy?

The grammar is that of https://www.w3.org/TR/CSP3/. Browsers skip what they
cannot read, so a slip makes a policy weaker, or stronger, without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from typing import TypeAlias

from ..printable import quoted
from ..spelling import did_you_mean
from .base import unknown

#: Stands for the request's nonce.
NONCE = "'nonce'"

_KEYWORDS = (
    "'self'",
    "'none'",
    "'unsafe-inline'",
    "'unsafe-eval'",
    "'unsafe-hashes'",
    "'strict-dynamic'",
    "'report-sample'",
    "'wasm-unsafe-eval'",
    "'trusted-types-eval'",
    "'inline-speculation-rules'",
    "'report-sha256'",
    "'report-sha384'",
    "'report-sha512'",
    NONCE,
)
_SCHEMES = ("https", "http", "data", "blob", "wss", "ws", "filesystem", "mediastream")

_SCHEME = r"(?i)[a-z][a-z0-9+.-]*:"
_HOST = (
    r"(?i)(?:[a-z][a-z0-9+.-]*://)?"
    r"(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)"
    r"(?::(?:[0-9]{1,5}|\*))?"
    r"(?:/[^?#]*)?"
)
_HASH = r"(?i)'sha(256|384|512)-([A-Za-z0-9+/_-]+={0,2})'"
_HASH_LENGTHS = {"256": 44, "384": 64, "512": 88}

_SANDBOX = (
    "allow-downloads",
    "allow-forms",
    "allow-modals",
    "allow-orientation-lock",
    "allow-pointer-lock",
    "allow-popups",
    "allow-popups-to-escape-sandbox",
    "allow-presentation",
    "allow-same-origin",
    "allow-scripts",
    "allow-storage-access-by-user-activation",
    "allow-top-navigation",
    "allow-top-navigation-by-user-activation",
    "allow-top-navigation-to-custom-protocols",
)
_POLICY_NAME = r"\*|[A-Za-z0-9#=_/@.%-]+"
_GROUP = r"[A-Za-z0-9_.-]+"

#: Raises ``ValueError`` when the words cannot be a directive's value.
Check: TypeAlias = Callable[[Collection[str]], None]


def _sources(words: Collection[str]) -> None:
    """Where something may come from."""
    if not words:
        raise ValueError("it is empty. Did you mean \"'none'\"?")

    for word in words:
        _check_source(word)

    if len(words) > 1 and "'none'" in (word.lower() for word in words):
        raise ValueError("\"'none'\" stands alone, browsers ignore it beside others.")


def _places(words: Collection[str]) -> None:
    """Where a page may lead to: there are no inline ones, so no other keywords."""
    _sources(words)
    for word in words:
        if word.startswith("'") and word.lower() not in {"'self'", "'none'"}:
            raise ValueError(f"{quoted(word)} does nothing here.")


def _check_source(word: str) -> None:
    bare = word.strip("'\"`")
    if word.startswith(("'", '"', "`")) or f"'{bare.lower()}'" in _KEYWORDS:
        _check_keyword(word, bare)
    elif re.fullmatch(_HASH, f"'{word}'"):
        raise ValueError(f"{word} needs its quotes: \"'{word}'\".")
    elif word.lower() in _SCHEMES:
        raise ValueError(f"'{word}' would be a host. Did you mean '{word}:'?")
    elif not (re.fullmatch(_SCHEME, word) or re.fullmatch(_HOST, word)):
        raise ValueError(f"{quoted(word)} is no source, such as https://cdn.test.")


def _check_keyword(word: str, bare: str) -> None:
    if word.lower() in _KEYWORDS:
        return

    if f"'{bare.lower()}'" in _KEYWORDS:
        raise ValueError(
            f"{bare} is a keyword and needs its single quotes: \"'{bare.lower()}'\"."
        )

    if bare.lower().startswith("nonce-"):
        raise ValueError(
            f"{quoted(bare)}: a nonce that is the same in every response protects"
            f" nothing. {NONCE} stands for each request's own."
        )

    found = re.fullmatch(_HASH, word)
    if found is None:
        raise ValueError(f"{word} is not known. {did_you_mean(word, _KEYWORDS)}")

    if len(found[2]) != _HASH_LENGTHS[found[1]]:
        raise ValueError(f"{word} is not as long as a SHA-{found[1]} in base64.")


def _one_of(*choices: str) -> Check:
    def check(words: Collection[str]) -> None:
        for word in words:
            if word not in choices:
                raise ValueError(unknown(word, choices))

    return check


def _exactly(choices: Check) -> Check:
    def check(words: Collection[str]) -> None:
        if len(words) != 1:
            raise ValueError("it takes one word.")
        choices(words)

    return check


def _matching(pattern: str, *keywords: str) -> Check:
    def check(words: Collection[str]) -> None:
        if not words:
            raise ValueError("it is empty.")
        for word in words:
            if word not in keywords and not re.fullmatch(pattern, word):
                raise ValueError(unknown(word, keywords))

    return check


_ANY_URL = r"[^'\"<>\\^`{|}]+"

#: What each directive takes. Those whose value may be empty are in ``VALUELESS``.
DIRECTIVES: Mapping[str, Check] = {
    "default-src": _sources,
    "child-src": _sources,
    "connect-src": _sources,
    "fenced-frame-src": _sources,
    "font-src": _sources,
    "frame-src": _sources,
    "img-src": _sources,
    "manifest-src": _sources,
    "media-src": _sources,
    "object-src": _sources,
    "script-src": _sources,
    "script-src-attr": _sources,
    "script-src-elem": _sources,
    "style-src": _sources,
    "style-src-attr": _sources,
    "style-src-elem": _sources,
    "worker-src": _sources,
    "base-uri": _places,
    "form-action": _places,
    "frame-ancestors": _places,
    "sandbox": _one_of(*_SANDBOX),
    "trusted-types": _matching(_POLICY_NAME, "'none'", "'allow-duplicates'"),
    "require-trusted-types-for": _exactly(_one_of("'script'")),
    "report-to": _exactly(_matching(_GROUP)),
    "report-uri": _matching(_ANY_URL),
    "webrtc": _exactly(_one_of("'allow'", "'block'")),
    "upgrade-insecure-requests": _one_of(),
}
VALUELESS = frozenset({"sandbox", "upgrade-insecure-requests"})

#: Which directive speaks for one that is not there; the nearest first.
FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "script-src-elem": ("script-src", "default-src"),
    "script-src-attr": ("script-src", "default-src"),
    "style-src-elem": ("style-src", "default-src"),
    "style-src-attr": ("style-src", "default-src"),
    "worker-src": ("child-src", "script-src", "default-src"),
    "frame-src": ("child-src", "default-src"),
    "fenced-frame-src": ("frame-src", "child-src", "default-src"),
    **{
        f"{kind}-src": ("default-src",)
        for kind in (
            *("child", "connect", "font", "img", "manifest", "media", "object"),
            *("script", "style"),
        )
    },
}

#: Directives of old texts, and what to do instead.
RETIRED: Mapping[str, str] = {
    "block-all-mixed-content": "Browsers do what it said by themselves.",
    "disown-opener": "TLSDEV_COOP does it.",
    "navigate-to": "Nothing took its place.",
    "plugin-types": "Close plug-ins with object-src.",
    "prefetch-src": "default-src covers it.",
    "referrer": "TLSDEV_REFERRER_POLICY does it.",
    "reflected-xss": "script-src does it.",
    "require-sri-for": "Nothing took its place.",
}
