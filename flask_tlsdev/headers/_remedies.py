"""What would have allowed a violation?

A report is foreign: only what can be nothing but a source, a feature or a name
gets into a line that somebody may copy.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ._compat import permissions
from ._csp_sources import DIRECTIVES

#: By the kind of what was stopped: a frame or worker, or anything else.
_OF_COEP = {
    "navigation": "send Cross-Origin-Embedder-Policy with it, as with this page.",
    "worker initialization": "send Cross-Origin-Embedder-Policy with it.",
}
_OF_RESOURCE = "send Cross-Origin-Resource-Policy: cross-origin with it."
OF_INTEGRITY = 'put integrity="{{ static_integrity(...) }}" on its tag.'
_NONCE = 'put nonce="{{ csp_nonce() }}" on its tag.'

#: What may be run is not found by its address but by one of these words.
_CODE = {"eval": "'unsafe-eval'", "wasm-eval": "'wasm-unsafe-eval'"}
_SCHEMES = frozenset({"blob", "data", "filesystem", "mediastream"})
_ORIGIN = r"(?:https?|wss?)://[a-z0-9_.-]{1,253}(?::[0-9]{1,5})?"
_POLICY_NAME = r"[A-Za-z0-9_#=@./%-]{1,100}"

#: Their sources are those of the pages around the page: no report names them.
_WITHOUT_SOURCE = frozenset({"frame-ancestors", "sandbox", "webrtc"})


def of_csp(
    directive: str,
    blocked: str,
    *,
    document: str,
    policy: str,
    sample: str,
    enforced: bool,
) -> str:
    """What would let the page do it; empty: nobody knows.

    :param blocked: A URL that has been cut, or a word.
    :param policy: The whole policy, as the report has it.
    :param sample: The beginning of the code.
    """
    key = "TLSDEV_CSP" if enforced else "TLSDEV_CSP_REPORT_ONLY"
    if directive not in DIRECTIVES or directive in _WITHOUT_SOURCE:
        return ""

    if directive == "require-trusted-types-for":
        return (
            "make the value with a policy of trustedTypes, or set"
            f' {key} = {{"{directive}": None}}'
        )

    if directive == "trusted-types":
        return (
            _added(key, directive, sample) if re.fullmatch(_POLICY_NAME, sample) else ""
        )

    of_tag = directive.removesuffix("-elem")
    by_nonce = of_tag in {"script-src", "style-src"} and blocked == "inline"
    if by_nonce or (of_tag == "script-src" and "'strict-dynamic'" in policy):
        source = _CODE.get(blocked)
        return _added(key, of_tag, source) if source else _NONCE

    source = _source(blocked, document)
    own = f"{directive} " in policy
    return _added(key, directive if own else of_tag, source) if source else ""


def of_coep(kind: str) -> str:
    """What would let a page have it that isolates itself."""
    return _OF_COEP.get(kind, _OF_RESOURCE)


def of_coop(enforced: bool) -> str:
    """What would let the windows keep each other."""
    key = "TLSDEV_COOP" if enforced else "TLSDEV_COOP_REPORT_ONLY"
    return f'{key} = "same-origin-allow-popups"'


def of_permission(feature: str) -> str:
    """What would let the page have an ability of the browser."""
    if feature not in permissions():
        return ""

    return f'TLSDEV_PERMISSIONS_POLICY = {{"{feature}": "self"}}'


def _added(key: str, directive: str, source: str) -> str:
    return f'{key} = {{"{directive}": {{"add": "{source}"}}}}'


def _source(blocked: str, document: str) -> str:
    """The source for what was blocked."""
    if blocked == "inline":
        return "'unsafe-inline'"

    if blocked in _CODE:
        return _CODE[blocked]

    if blocked.removesuffix(":") in _SCHEMES:
        return f"{blocked.removesuffix(':')}:"

    origin = _origin(blocked)
    if blocked == "self" or (origin and origin == _origin(document)):
        return "'self'"

    return origin if re.fullmatch(_ORIGIN, origin) else ""


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""

    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
