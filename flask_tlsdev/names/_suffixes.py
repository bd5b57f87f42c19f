"""Is a domain one that the public registers names under, as ``co.uk`` is?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ._idn import to_unicode

#: https://publicsuffix.org/list/, Mozilla Public License 2.0.
_LIST = Path(__file__).parents[1] / "data" / "public_suffix_list.dat"

#: Names that never are public (RFC 6761, 6762, 8375, ICANN's resolution on
#: ``internal``). Most names in development end so: no need to read the list.
_NEVER_PUBLIC = (
    "localhost",
    "test",
    "local",
    "internal",
    "home.arpa",
    "example",
    "invalid",
)


@lru_cache(maxsize=1)
def _rules() -> str:
    """The rules, a line each. Searching the text is quicker than a table."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    rules = [line.split()[0] for line in lines if line and not line.startswith("//")]
    return "\n".join(["", *rules, ""])


def _is_never_public(domain: str) -> bool:
    return any(domain == name or domain.endswith(f".{name}") for name in _NEVER_PUBLIC)


def is_public_suffix(domain: str) -> bool:
    """Whether the public suffix list has this domain, ``com`` and ``github.io``.

    The list's default rule (every other top-level domain is public, too) is
    left out: a network's own ``lan`` or ``corp`` is not public.

    :param domain: A DNS name without a wildcard, in A-labels or U-labels.
    """
    if not domain or _is_never_public(domain):
        return False

    domain = to_unicode(domain)
    rules = _rules()

    if f"\n!{domain}\n" in rules:
        return False

    if f"\n{domain}\n" in rules:
        return True

    parent = domain.partition(".")[2]
    # "*.ck" without "ck": nobody can own "ck" itself.
    return f"\n*.{parent or domain}\n" in rules


def public_suffix_below(domain: str) -> str | None:
    """A public suffix that lies below this domain, if there is one."""
    if not domain or _is_never_public(domain):
        return None

    rules = _rules()
    end = rules.find(f".{to_unicode(domain)}\n")

    if end == -1:
        return None

    rule = rules[rules.rfind("\n", 0, end) + 1 : rules.index("\n", end)]
    return rule
