"""Would another policy have stopped what was reported?

A report says what was stopped, not which nonce was on the tag or what the code
was. Where these decide, the answer says on what it depends.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

from . import _csp_directives as directives
from ._csp_directives import Directives
from ._csp_matching import Address
from ._csp_matching import matching
from ._csp_sources import FALLBACKS
from ._csp_sources import NONCE
from .base import lenient
from .grading import directives as read_directives
from .reports import Report

#: The longest policy that is looked at.
LONGEST = 4000

Outcome: TypeAlias = Literal["allowed", "blocked", "depends"]

#: Old browsers name the scheme without its colon.
_SCHEMES = frozenset({"blob", "data", "filesystem", "mediastream"})

#: What asks for a script, and which directives hear 'strict-dynamic' then.
_SCRIPTS = frozenset({"script-src", "script-src-elem", "script-src-attr", "worker-src"})
_STRICT = frozenset({"script-src", "script-src-elem", "script-src-attr", "default-src"})

#: What stands on a tag, which can have a nonce.
_TAGS = frozenset({"script-src-elem", "style-src-elem", "script-src", "style-src"})

#: What has no directive above it.
_PLACES = frozenset({"base-uri", "form-action"})

_CODE: Mapping[str, tuple[str, ...]] = {
    "eval": ("'unsafe-eval'",),
    "wasm-eval": ("'wasm-unsafe-eval'", "'unsafe-eval'"),
}

_EXACT = ("'nonce-", "'sha256-", "'sha384-", "'sha512-")
_CUT = "…"

_LOADED = "It is let in if its tag has the nonce, or that of what loads it."


@dataclass(frozen=True)
class Verdict:
    """What a policy would have done with one violation."""

    outcome: Outcome
    #: The directive that decides; empty: none speaks of it.
    directive: str
    #: In a sentence.
    reason: str


@dataclass(frozen=True)
class Policy:
    """A policy that is tried out."""

    directives: Directives
    #: What browsers would skip, or skip a part of.
    doubts: tuple[str, ...]

    def judge(self, report: Report) -> Verdict | None:
        """What it would have done; ``None``: another header speaks of that."""
        if report.kind != "csp-violation":
            return None

        of_rule = _RULES.get(report.rule)
        if of_rule is not None:
            return of_rule(self.directives, report)

        if report.rule in FALLBACKS or report.rule in _PLACES:
            return _of_sources(self.directives, report)

        return Verdict("depends", "", "The report does not say which directive it was.")


def read(text: str) -> Policy:
    """The policy of a header's text, or of ``TLSDEV_CSP``'s.

    :raises ValueError: It is too long, or says nothing.
    """
    if len(text) > LONGEST:
        raise ValueError(f"It is longer than {LONGEST} characters.")

    found: Directives = dict(read_directives(text))
    if not found:
        raise ValueError("There is no directive in it.")

    try:
        with lenient() as doubts:
            directives.parse(text)
    except ValueError as error:
        doubts = [*doubts, str(error)]

    return Policy(found, tuple(dict.fromkeys(doubts)))


def _of_sources(policy: Directives, report: Report) -> Verdict:
    """Of a directive that takes sources."""
    name = _deciding(policy, report.rule)
    if name is None:
        return _silent()

    sources = policy[name]
    blocked = report.blocked
    if blocked == "inline":
        return _of_inline(name, sources, report.rule)

    if blocked in _CODE:
        return _of_code(policy, blocked)

    try:
        page = Address.of(report.document)
        url = page if blocked == "self" else Address.of(_with_colon(blocked))
    except ValueError:
        return Verdict("depends", name, "The report does not say what was stopped.")

    return _of_url(name, sources, report, url, page)


def _of_url(
    name: str, sources: tuple[str, ...], report: Report, url: Address, page: Address
) -> Verdict:
    strict = _is_strict(name, sources, report.rule)
    found = None if strict else matching(url, sources, page)
    if found is not None and _knows_path(report.blocked, found):
        return Verdict("allowed", name, f"{found} lets it in.")

    if found is not None:
        return Verdict("depends", name, f"{found} may let it in: the path is not all.")

    if strict:
        return Verdict("depends", name, _LOADED)

    exact = _exact(name, sources) if report.rule in _TAGS else None
    return exact or _blocked(name, sources)


def _is_strict(name: str, sources: tuple[str, ...], rule: str) -> bool:
    """Whether only a nonce or a hash lets a script in."""
    heard = rule in _SCRIPTS and name in _STRICT
    return heard and "'strict-dynamic'" in _lower(sources)


def _knows_path(blocked: str, source: str) -> bool:
    """Whether the source does not ask for a path that is not known."""
    return _CUT not in blocked or "/" not in source.rpartition("://")[2]


def _of_inline(name: str, sources: tuple[str, ...], rule: str) -> Verdict:
    exact = _exact(name, sources)
    strict = _is_strict(name, sources, rule)
    if "'unsafe-inline'" in _lower(sources) and exact is None and not strict:
        return Verdict("allowed", name, "'unsafe-inline' lets all of it in.")

    if rule in _TAGS:
        loaded = Verdict("depends", name, _LOADED) if strict else None
        return loaded or exact or _blocked(name, sources)

    if "'unsafe-hashes'" in _lower(sources) and exact is not None:
        return Verdict("depends", name, "It is let in if its hash is in the policy.")

    return _blocked(name, sources)


def _exact(name: str, sources: tuple[str, ...]) -> Verdict | None:
    """The answer for what a nonce or a hash would let in, if there is one."""
    exact = [each for each in _lower(sources) if each.startswith(_EXACT)]
    if NONCE in _lower(sources) or any("'nonce-" in each for each in exact):
        return Verdict("depends", name, "It is let in if its tag has the nonce.")

    if exact:
        return Verdict("depends", name, "It is let in if its hash is in the policy.")

    return None


def _of_code(policy: Directives, blocked: str) -> Verdict:
    name = _deciding(policy, "script-src")
    if name is None:
        return _silent()

    for keyword in _CODE[blocked]:
        if keyword in _lower(policy[name]):
            return Verdict("allowed", name, f"{keyword} lets it in.")

    if blocked == "eval" and "'trusted-types-eval'" in _lower(policy[name]):
        return Verdict("depends", name, "It is let in if its text is a TrustedScript.")

    return _blocked(name, policy[name])


def _of_sinks(policy: Directives, report: Report) -> Verdict:
    if "'script'" in _lower(policy.get(report.rule, ())):
        return Verdict("blocked", report.rule, "It asks for a trusted type.")

    return _silent()


def _of_types(policy: Directives, report: Report) -> Verdict:
    if report.rule not in policy:
        return _silent()

    names = policy[report.rule]
    if not names or _lower(names) == ("'none'",):
        return Verdict("blocked", report.rule, "It lets no policy be made.")

    if "*" in names:
        return Verdict("allowed", report.rule, "* lets any policy be made.")

    return Verdict("depends", report.rule, "It is let in if its name is listed.")


def _of_ancestors(policy: Directives, report: Report) -> Verdict:
    if report.rule not in policy:
        return _silent()

    if _lower(policy[report.rule]) in ((), ("'none'",)):
        return _blocked(report.rule, ())

    return Verdict("depends", report.rule, "No report says who framed the page.")


def _of_presence(policy: Directives, report: Report) -> Verdict:
    if report.rule not in policy:
        return _silent()

    return Verdict("depends", report.rule, "No report says what was asked for.")


def _deciding(policy: Directives, rule: str) -> str | None:
    fallbacks = FALLBACKS.get(rule, ())
    return next((each for each in (rule, *fallbacks) if each in policy), None)


def _silent() -> Verdict:
    return Verdict("allowed", "", "No directive speaks of it.")


def _blocked(name: str, sources: tuple[str, ...]) -> Verdict:
    none = _lower(sources) in ((), ("'none'",))
    reason = "It lets nothing in." if none else "None of its sources lets it in."
    return Verdict("blocked", name, reason)


def _with_colon(blocked: str) -> str:
    return f"{blocked}:" if blocked in _SCHEMES else blocked


def _lower(sources: Iterable[str]) -> tuple[str, ...]:
    return tuple(each.lower() for each in sources)


_RULES: Mapping[str, Callable[[Directives, Report], Verdict]] = {
    "require-trusted-types-for": _of_sinks,
    "trusted-types": _of_types,
    "frame-ancestors": _of_ancestors,
    "sandbox": _of_presence,
    "webrtc": _of_presence,
}
