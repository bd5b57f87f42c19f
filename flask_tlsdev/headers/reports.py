"""What does a browser report, and what would have allowed it?

Anybody can send a report: each is what somebody claims. Nothing in it is
believed, and what could be a secret is cut off before anything is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple
from typing import TypeAlias
from urllib.parse import urlsplit

from ..printable import printable
from . import _cautions as cautions
from . import _remedies as remedies

#: One violation of a CSP, for ``report-uri``.
CSP_REPORT = "application/csp-report"

#: Several reports of any kind, for ``Reporting-Endpoints``.
REPORTS = "application/reports+json"

TYPES = (CSP_REPORT, REPORTS)

#: The most reports of one request that are looked at.
MOST = 50

#: Nothing longer is a URL or a name that is looked at.
_LONGEST = 2000

_OF_CSP = "csp-violation"

_WORD = r"[a-z][a-z-]{0,39}"
_BLANK = r"\s"
_WITH_HOST = frozenset({"http", "https", "ws", "wss"})

_Body: TypeAlias = Mapping[str, object]


class Report(NamedTuple):
    """What a client claims about one violation.

    Every text is printable. No URL has a query, a fragment or credentials.
    """

    #: ``csp-violation``, ``coop``, ``coep``, ``permissions-policy-violation``,
    #: ``integrity-violation`` or ``document-policy-violation``.
    kind: str
    #: Whether something was stopped, not only reported.
    enforced: bool
    #: The page.
    document: str
    #: The directive, feature or policy that was violated.
    rule: str
    #: What was stopped: a URL, or a word such as ``inline``. Empty: not said.
    blocked: str = ""
    #: Where in which file, such as ``https://localhost/app.js:3:14``.
    source: str = ""
    #: What would allow it; empty: nobody knows.
    remedy: str = ""
    #: Why that is better not done; empty: nothing is known against it.
    caution: str = ""

    @property
    def violation(self) -> tuple[object, ...]:
        """What makes it the same as another one, whatever page it was seen on."""
        return (self.kind, self.enforced, self.rule, self.blocked, self.source)

    def __str__(self) -> str:
        verb = "stopped" if self.enforced else "would have stopped"
        place = f" at {self.source}" if self.source else ""
        remedy = f" To allow it: {self.remedy}" if self.remedy else ""
        caution = f" But: {self.caution}" if self.caution else ""
        return (
            f"A client claims: {self.rule} {verb} {self.blocked or 'something'}{place}"
            f" on {self.document}.{remedy}{caution}"
        )


def read(content_type: str, data: bytes) -> list[Report]:
    """The reports in a request's body. Kinds that nobody knows are left out.

    :param content_type: One of :data:`TYPES`.
    :raises ValueError: It is no such body.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON that a browser would send.") from None

    if content_type == CSP_REPORT:
        body = _mapping(_mapping(value).get("csp-report"))
        new = {_NEW_NAMES.get(name, name): each for name, each in body.items()}
        return list(_read(_OF_CSP, "", new))

    if not isinstance(value, list):
        raise ValueError("it is no list of reports.")

    entries = [_mapping(entry) for entry in value[:MOST]]
    return [
        report
        for entry in entries
        for report in _read(
            _text(entry, "type"), _text(entry, "url"), _mapping(entry.get("body"))
        )
    ]


def cut(url: str) -> str:
    """The URL without query, fragment and credentials.

    Of one without a host only the scheme is left, for ``data:`` holds the data
    itself. A word such as ``inline`` stays.
    """
    if re.fullmatch(_WORD, url):
        return url

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""

    if parts.scheme not in _WITH_HOST or not host:
        return f"{parts.scheme}:" if parts.scheme else ""

    host = f"[{host}]" if ":" in host else host
    at_port = "" if port is None else f":{port}"
    # With blanks it could go on as if it were our sentence.
    shown = re.sub(_BLANK, "%20", f"{parts.scheme}://{host}{at_port}{parts.path}")
    return printable(shown)


def host_of(url: str) -> str:
    """The host of a URL that :func:`cut` has cut; empty: it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _read(kind: str, url: str, body: _Body) -> Iterator[Report]:
    if kind not in _READERS:
        return

    rule, blocked, remedy = _READERS[kind](body)
    document = cut(_text(body, "documentURL") or url)
    enforced = _is_enforced(body)
    source = _source(body)
    caution = cautions.of_csp(rule, blocked, document=document, source=source)
    yield Report(
        kind=kind,
        enforced=enforced,
        document=document,
        rule=rule,
        blocked=blocked,
        source=source,
        remedy=remedy(document, enforced),
        caution=caution if kind == _OF_CSP else "",
    )


_Remedy: TypeAlias = Callable[[str, bool], str]


def _csp(body: _Body) -> tuple[str, str, _Remedy]:
    said = _text(body, "effectiveDirective") or _text(body, "violated-directive")
    directive = said.partition(" ")[0].lower()
    blocked = cut(_text(body, "blockedURL"))

    def remedy(document: str, enforced: bool) -> str:
        return remedies.of_csp(
            directive,
            blocked,
            document=document,
            policy=_text(body, "originalPolicy"),
            sample=_text(body, "sample"),
            enforced=enforced,
        )

    is_one = re.fullmatch(_WORD, directive)
    return directive if is_one else "Content-Security-Policy", blocked, remedy


def _coep(body: _Body) -> tuple[str, str, _Remedy]:
    blocked, kind = cut(_text(body, "blockedURL")), _text(body, "type")
    remedy = remedies.of_coep(kind)
    return "Cross-Origin-Embedder-Policy", blocked, lambda *_: remedy


def _coop(body: _Body) -> tuple[str, str, _Remedy]:
    kind = _text(body, "type")
    return (
        "Cross-Origin-Opener-Policy",
        kind if re.fullmatch(_WORD, kind) else "",
        lambda _, enforced: remedies.of_coop(enforced),
    )


def _permissions(body: _Body) -> tuple[str, str, _Remedy]:
    feature = _text(body, "featureId") or _text(body, "policyId")
    return (
        "Permissions-Policy",
        feature if re.fullmatch(_WORD, feature) else "",
        lambda *_: remedies.of_permission(feature),
    )


def _integrity(body: _Body) -> tuple[str, str, _Remedy]:
    blocked = cut(_text(body, "blockedURL"))
    return "Integrity-Policy", blocked, lambda *_: remedies.OF_INTEGRITY


def _document_policy(body: _Body) -> tuple[str, str, _Remedy]:
    feature = _text(body, "policyId")
    return (
        "Document-Policy",
        feature if re.fullmatch(_WORD, feature) else "",
        lambda *_: "",
    )


_READERS: Mapping[str, Callable[[_Body], tuple[str, str, _Remedy]]] = {
    _OF_CSP: _csp,
    "coep": _coep,
    "coop": _coop,
    "permissions-policy-violation": _permissions,
    "integrity-violation": _integrity,
    "document-policy-violation": _document_policy,
}

#: How the Reporting API calls what ``report-uri`` has.
_NEW_NAMES = {
    "document-uri": "documentURL",
    "blocked-uri": "blockedURL",
    "effective-directive": "effectiveDirective",
    "original-policy": "originalPolicy",
    "script-sample": "sample",
    "source-file": "sourceFile",
    "line-number": "lineNumber",
    "column-number": "columnNumber",
}


def _is_enforced(body: _Body) -> bool:
    only = _text(body, "disposition") in {"report", "reporting"}
    return not (only or body.get("reportOnly") is True)


def _source(body: _Body) -> str:
    file = cut(_text(body, "sourceFile"))
    if not file:
        return ""

    numbers = (body.get(name) for name in ("lineNumber", "columnNumber"))
    known = (str(each) for each in numbers if type(each) is int and 0 < each < 10**9)
    return ":".join((file, *known))


def _mapping(value: object) -> _Body:
    if not isinstance(value, dict):
        raise ValueError("it is no report.")

    return value


def _text(body: _Body, name: str) -> str:
    value = body.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""
