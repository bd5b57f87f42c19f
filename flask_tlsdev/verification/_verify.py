"""What is asked of a certificate, and everything that is to be said to it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timezone
from functools import partial

from cryptography import x509

from .. import keys
from ..certificates import allows_purpose
from ..certificates import names_of
from ..certificates import public_key_of
from ..certificates import Purpose
from ..errors import CertificateError
from ..names import Name
from ..pairs import check_constraints
from ..pairs import find_paths
from ..pairs import follow_chain
from ..pairs import title
from ..pairs.checks import check_algorithms
from ..pairs.checks import check_ca
from ..pairs.checks import check_critical
from ..pairs.checks import check_dates
from ..pairs.checks import check_purpose
from ._chain import check_path
from ._chain import check_sent
from ._lint import lint
from ._report import Check
from ._report import each_tried
from ._report import Report
from ._report import tried
from ._revocation import check_revocation
from ._revocation import Fetch

Path = tuple[x509.Certificate, ...]
_Look = Callable[[], object]


@dataclass(frozen=True)
class Question:
    """A certificate, what came with it, and what it is to be good for."""

    leaf: x509.Certificate
    #: What a server sent or a file holds, leaf first as a rule; ``None`` where
    #: only the leaf is known.
    sent: Path | None
    #: Each trusted root, and why: what follows its name in a sentence.
    roots: Mapping[x509.Certificate, str] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    names: tuple[Name, ...] = ()
    purpose: Purpose = "server"
    key: keys.PrivateKey | None = field(default=None, repr=False)
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    #: Fetches what the certificates' URLs say of revocation; ``None`` does not.
    fetch: Fetch | None = field(default=None, repr=False)
    #: Whether a server sent it: then what it sent counts.
    is_server: bool = False
    #: Protocol and cipher of the connection.
    protocol: str = ""


def verify(question: Question) -> Report:
    """Everything that a client would look at, each with its answer."""
    path, is_anchored, problem = _best_path(question)
    checks = [
        *_check_chain(question, path, is_anchored, problem),
        *_check_each(question, path, is_anchored),
        *_check_leaf(question),
        *check_revocation(
            path, question.crls, question.at, question.fetch, is_anchored=is_anchored
        ),
        *_check_connection(question),
        *(Check("lint", "warning", text) for text in _lint(question.leaf)),
    ]
    return Report(title(question.leaf), tuple(map(title, path)), tuple(checks))


def _best_path(question: Question) -> tuple[Path, bool, CertificateError | None]:
    """The first way to a root on which nothing is wrong, else the first one."""
    pool = question.sent or ()
    first: Path | None = None

    try:
        for path in find_paths(question.leaf, pool, question.roots):
            first = first or path
            looks = (*_looks(question, path, True), *_constraints(path))
            if all(tried("", "", look).status == "ok" for look in looks):
                return path, True, None
        if first:
            return first, True, None
        return follow_chain(question.leaf, pool), False, None
    except CertificateError as error:
        return (question.leaf,), False, error


def _check_chain(
    question: Question, path: Path, is_anchored: bool, problem: CertificateError | None
) -> Iterator[Check]:
    if problem is not None:
        yield Check("chain", "failed", str(problem))
        return

    yield from check_path(
        path,
        is_anchored,
        why_trusted=question.roots.get(path[-1], ""),
        is_server=question.is_server,
        sent=question.sent,
    )
    if question.sent is None:
        text = "What the server sends beside its own certificate cannot be seen here."
        need = "It takes Python 3.13 or the openssl program."
        yield Check("order", "not checked", f"{text} {need}")
    elif len(question.sent) > 1:
        yield from check_sent(question.sent)


def _looks(question: Question, path: Path, is_anchored: bool) -> list[_Look]:
    return [
        *(partial(check_dates, each, question.at) for each in path),
        *(
            partial(
                check_algorithms, each, signature=not _is_root(each, path, is_anchored)
            )
            for each in path
        ),
    ]


def _is_root(certificate: x509.Certificate, path: Path, is_anchored: bool) -> bool:
    return is_anchored and certificate is path[-1]


def _constraints(path: Path) -> list[_Look]:
    return [
        *(partial(check_critical, each) for each in path),
        *(
            partial(check_ca, ca, below, is_anchor=ca is path[-1])
            for below, ca in enumerate(path[1:])
        ),
        *(
            partial(check_constraints, ca, path[: below + 1])
            for below, ca in enumerate(path[1:])
        ),
        *(partial(check_purpose, ca, path[0]) for ca in path[1:]),
    ]


def _check_each(question: Question, path: Path, is_anchored: bool) -> Iterator[Check]:
    dates = [partial(check_dates, each, question.at) for each in path]
    weak = _looks(question, path, is_anchored)[len(dates) :]
    until = min(each.not_valid_after_utc for each in path)
    when = f"valid on {question.at:%Y-%m-%d}, until {until:%Y-%m-%d %H:%M} UTC"

    yield from each_tried("dates", when, [*dates])
    yield from each_tried("algorithms", "nothing that can be forged", weak)
    limits = "nothing that a CA above must not sign"
    yield from each_tried("constraints", limits, _constraints(path))


def _check_leaf(question: Question) -> Iterator[Check]:
    leaf, purpose = question.leaf, question.purpose
    yield tried("purpose", f"for a {purpose}", partial(_check_purpose, leaf, purpose))

    if question.names:
        names = ", ".join(map(str, question.names))
        yield tried("names", names, partial(_check_names, leaf, question.names))
    else:
        text = f"No name was given (--name NAME). It is for {_held(leaf)}."
        yield Check("names", "not checked", text)

    if question.key is not None:
        yield tried("key", "belongs to it", partial(_check_key, leaf, question.key))


def _held(leaf: x509.Certificate) -> str:
    try:
        return ", ".join(map(str, names_of(leaf))) or "no name at all"
    except CertificateError:
        return "names that cannot be read"


def _check_purpose(leaf: x509.Certificate, purpose: Purpose) -> None:
    if not allows_purpose(leaf, purpose):
        raise CertificateError(
            f"{title(leaf)} is not a {purpose}'s: its extended key usage leaves"
            f" {purpose}s out.",
            reason="not permitted",
        )


def _check_names(leaf: x509.Certificate, names: tuple[Name, ...]) -> None:
    held = names_of(leaf)
    missing = [n for n in names if not any(have.covers(n) for have in held)]

    if missing:
        raise CertificateError(
            f"It is for {_held(leaf)}, not for {', '.join(map(str, missing))}.",
            reason="not covered",
        )


def _check_key(leaf: x509.Certificate, key: keys.PrivateKey) -> None:
    if not keys.matches(key, public_key_of(leaf)):
        raise CertificateError(
            f"The private key does not belong to {title(leaf)}.", reason="mismatch"
        )


def _check_connection(question: Question) -> Iterator[Check]:
    if question.protocol:
        old = not question.protocol.startswith(("TLSv1.2", "TLSv1.3"))
        yield Check("protocol", "failed" if old else "ok", question.protocol)


def _lint(leaf: x509.Certificate) -> list[str]:
    try:
        return list(lint(leaf))
    except CertificateError:
        # It has been said under "algorithms" what is wrong with it.
        return []
