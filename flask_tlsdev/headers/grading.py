"""What would a grader say of a page's headers?

The points are those of MDN's HTTP Observatory, version 4 of its algorithm, for
what is known here: the headers. Redirects, cookies and the page's own scripts
are taken to be as good as they can be left to :class:`.Recipe`.
https://github.com/mdn/mdn-http-observatory
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

#: From how many points on a grade is given.
_GRADES = (
    (100, "A+"),
    (90, "A"),
    (85, "A-"),
    (80, "B+"),
    (70, "B"),
    (65, "B-"),
    (60, "C+"),
    (50, "C"),
    (45, "C-"),
    (40, "D+"),
    (30, "D"),
    (25, "D-"),
    (0, "F"),
)

#: Extra points count only for who has this many without them.
_ENOUGH_FOR_EXTRA = 90

_SIX_MONTHS = 15552000
_PRIVATE = frozenset(
    {
        "no-referrer",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
    }
)
#: What loads nothing that could act.
_PASSIVE = ("img-src", "media-src")

#: Sources that let in what anybody wrote.
_BROAD = frozenset(
    {
        "*",
        "ftp:",
        "http:",
        "https:",
        "http://*",
        "http://*.*",
        "https://*",
        "https://*.*",
    }
)
_BROAD_OR_INLINE = _BROAD | {"'unsafe-inline'", "data:"}
_INSECURE = ("http:", "ftp:")


@dataclass(frozen=True)
class Remark:
    """What one header gains or costs."""

    points: int
    text: str


@dataclass(frozen=True)
class Grade:
    """The sum of the remarks."""

    #: From ``A+`` to ``F``.
    letter: str
    score: int
    remarks: tuple[Remark, ...]

    @property
    def improvements(self) -> tuple[str, ...]:
        """What would gain most, first."""
        worst_first = sorted(self.remarks, key=lambda remark: remark.points)
        return tuple(each.text for each in worst_first if each.points <= 0)


def grade(sent: Mapping[str, str]) -> Grade:
    """Grade the headers of a page that came by HTTPS.

    :param sent: Their texts, by lower-case name.
    """
    remarks = tuple(remark for judge in _JUDGES for remark in judge(sent))
    lost = 100 + sum(min(remark.points, 0) for remark in remarks)
    gained = sum(max(remark.points, 0) for remark in remarks)
    score = max(0, lost + gained if lost >= _ENOUGH_FOR_EXTRA else lost)
    letter = next(letter for least, letter in _GRADES if score >= least)
    return Grade(letter, score, remarks)


def directives(policy: str) -> dict[str, tuple[str, ...]]:
    """A CSP's directives with their sources, names in lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for part in policy.split(";"):
        name, *sources = part.split() or ("",)
        if name:
            # Browsers hear the first of two.
            found.setdefault(name.lower(), tuple(sources))

    return found


def sources_for(policy: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    """The sources that count for a kind of thing.

    What the policy does not speak of may come from anywhere: ``*``.
    """
    return policy.get(name, policy.get("default-src", ("*",)))


def is_exact(sources: tuple[str, ...]) -> bool:
    """Whether what carries a nonce or hash runs, so that all else inline does not."""
    return any(each.startswith(("'nonce-", "'sha")) for each in sources)


def allows_inline(sources: tuple[str, ...]) -> bool:
    """Whether inline code runs that carries neither nonce nor hash."""
    return "'unsafe-inline'" in sources and not is_exact(sources)


def _judge_csp(sent: Mapping[str, str]) -> Iterator[Remark]:
    text = sent.get("content-security-policy")
    if text is None:
        yield Remark(-25, "There is no Content-Security-Policy: set TLSDEV_CSP.")
        return

    policy = directives(text)
    scripts = _heard(sources_for(policy, "script-src"))
    styles = _heard(sources_for(policy, "style-src"))
    objects = sources_for(policy, "object-src")
    yield next(
        Remark(points, text)
        for applies, points, text in (
            (
                _BROAD_OR_INLINE.intersection(scripts) or _BROAD.intersection(objects),
                -20,
                "The CSP's script-src or object-src runs what anybody wrote.",
            ),
            (_is_insecure(policy, passive=False), -20, "The CSP lets in plain HTTP."),
            (
                "'unsafe-eval'" in (*scripts, *styles),
                -10,
                "The CSP lets text become code ('unsafe-eval').",
            ),
            (
                _is_insecure(policy, passive=True),
                -10,
                "The CSP's img-src or media-src lets in plain HTTP.",
            ),
            (
                _BROAD_OR_INLINE.intersection(styles),
                0,
                "The CSP would gain 5 without inline styles and those of any host.",
            ),
            (
                policy.get("default-src") == ("'none'",),
                10,
                "The CSP begins with nothing.",
            ),
            (True, 5, "The CSP runs nothing that others wrote."),
        )
        if applies
    )


def _heard(sources: tuple[str, ...]) -> tuple[str, ...]:
    """The sources without those that others beside them switch off."""
    if not is_exact(sources):
        return sources

    ignored = {"'unsafe-inline'"}
    if "'strict-dynamic'" in sources:
        ignored |= {"'self'", "data:", *_BROAD}

    return tuple(each for each in sources if each not in ignored)


def _is_insecure(policy: Mapping[str, tuple[str, ...]], *, passive: bool) -> bool:
    names = _PASSIVE if passive else [each for each in policy if each not in _PASSIVE]
    return any(
        each.startswith(_INSECURE) for name in names for each in policy.get(name, ())
    )


def _judge_framing(sent: Mapping[str, str]) -> Iterator[Remark]:
    policy = directives(sent.get("content-security-policy", ""))
    said = sent.get("x-frame-options", "").upper()
    if "frame-ancestors" in policy:
        yield Remark(5, "Framing is limited by frame-ancestors.")
    elif said in ("DENY", "SAMEORIGIN"):
        yield Remark(0, "frame-ancestors in the CSP would gain 5.")
    else:
        yield Remark(-20, "Any page may frame it: set TLSDEV_FRAME_OPTIONS.")


def _judge_hsts(sent: Mapping[str, str]) -> Iterator[Remark]:
    found = re.search(r"max-age=\"?([0-9]+)", sent.get("strict-transport-security", ""))
    if found is None:
        yield Remark(-20, "Browsers may come back by plain HTTP: set TLSDEV_HSTS.")
    elif int(found[1]) < _SIX_MONTHS:
        yield Remark(-10, "HSTS is for less than six months: raise max_age.")


def _judge_types(sent: Mapping[str, str]) -> Iterator[Remark]:
    if sent.get("x-content-type-options", "").strip().lower() != "nosniff":
        yield Remark(-5, "Browsers may guess types: set TLSDEV_CONTENT_TYPE_OPTIONS.")


def _judge_referrer(sent: Mapping[str, str]) -> Iterator[Remark]:
    # Browsers hear the last one that they know.
    last = sent.get("referrer-policy", "").split(",")[-1].strip().lower()
    if last in _PRIVATE:
        yield Remark(5, "Other sites learn no address of a page.")
    elif last:
        yield Remark(-5, f"Referrer-Policy {last} tells other sites whole addresses.")
    else:
        yield Remark(0, "TLSDEV_REFERRER_POLICY would gain 5.")


def _judge_resources(sent: Mapping[str, str]) -> Iterator[Remark]:
    if sent.get("cross-origin-resource-policy") in ("same-origin", "same-site"):
        yield Remark(10, "Other sites cannot embed it.")
    else:
        yield Remark(0, "TLSDEV_CORP would gain 10.")


_JUDGES: tuple[Callable[[Mapping[str, str]], Iterator[Remark]], ...] = (
    _judge_csp,
    _judge_framing,
    _judge_hsts,
    _judge_types,
    _judge_referrer,
    _judge_resources,
)
