"""Why would it be unwise to allow what a policy has stopped?"""

from __future__ import annotations

from urllib.parse import urlsplit

#: What runs, or may.
_ACTIVE = frozenset(
    {"script-src", "object-src", "worker-src", "child-src", "frame-src"}
)
_WRITTEN_HERE = frozenset({"blob", "data", "filesystem"})

_INLINE = "Injected code would be let in as well: better"
_WORDS = {
    ("script-src-attr", "inline"): f"{_INLINE} use addEventListener() in a script.",
    ("style-src-attr", "inline"): f"{_INLINE} use a class and a style sheet.",
    ("script-src", "eval"): "Text would become code: better do without eval().",
}

#: Hosts that give out what anybody has uploaded, or call back whatever they are
#: asked to. Google's CSP Evaluator warns of them.
_OPEN_HOSTS = frozenset(
    {
        "ajax.googleapis.com",
        "cdn.jsdelivr.net",
        "cdnjs.cloudflare.com",
        "esm.sh",
        "raw.githubusercontent.com",
        "storage.googleapis.com",
        "unpkg.com",
        "www.google.com",
        "www.gstatic.com",
    }
)
_EXTENSIONS = ("chrome-extension:", "moz-extension:", "safari-web-extension:")


def of_csp(directive: str, blocked: str, *, document: str, source: str) -> str:
    """What speaks against letting it in; empty: nothing that is known.

    :param blocked: A URL that has been cut, or a word.
    :param document: The page.
    :param source: The file that did it.
    """
    if blocked.startswith(_EXTENSIONS) or source.startswith(_EXTENSIONS):
        return "It is an extension's of the browser: your page need not allow it."

    if directive == "require-trusted-types-for":
        return "Without it, text becomes markup and code again on the whole page."

    if blocked.startswith(("http:", "ws:")) and document.startswith("https:"):
        return "Anybody on the way can change what comes by plain HTTP."

    kind = directive.removesuffix("-elem")
    return _WORDS.get((kind, blocked)) or _of_url(kind, blocked)


def _of_url(kind: str, blocked: str) -> str:
    try:
        parts = urlsplit(blocked)
    except ValueError:
        return ""

    scheme = parts.scheme or blocked
    if kind not in _ACTIVE:
        return ""

    if scheme in _WRITTEN_HERE:
        return f"Whoever gets text into the page can write a {scheme}: URL."

    if parts.hostname in _OPEN_HOSTS:
        return (
            "Anybody can have this host give out a script: better put a nonce or"
            " integrity on the tag."
        )

    return ""
