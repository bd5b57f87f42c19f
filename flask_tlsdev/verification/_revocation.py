"""Has somebody taken the certificate back?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal

from cryptography import x509

from ..errors import TLSDevError
from ..pairs import title
from ..printable import quoted
from ._lists import ask_lists
from ._lists import list_urls
from ._lists import Lists
from ._lists import load_crls
from ._ocsp import make_request
from ._ocsp import read_answer
from ._ocsp import responder_urls
from ._report import Check
from ._report import Status
from ._verdict import Verdict

#: How many URLs of a certificate are tried, of each kind.
MOST_URLS = 3

#: What lies at a URL, or what it answers to a body that is posted. It raises a
#: :exc:`TLSDevError` where there is nothing.
Fetch = Callable[[str, bytes | None], bytes]

Ask = Callable[[str], Verdict]

_STATUS: dict[Literal["good", "revoked", "unusable"], Status] = {
    "good": "ok",
    "revoked": "failed",
    "unusable": "failed",
}


def check_revocation(
    path: Sequence[x509.Certificate],
    lists: Lists,
    at: datetime,
    fetch: Fetch | None = None,
    *,
    is_anchored: bool = True,
) -> Iterator[Check]:
    """Each certificate on the path, held against what its issuer says.

    :param fetch: Asks at the URLs in the certificates, of those on the way to a
        trusted root: nobody else shall choose where we connect to.
    """
    if not lists and fetch is None:
        text = "No list was given (--crl FILE), and none fetched (--fetch-revocation)."
        yield Check("revocation", "not checked", text)
        return

    if not is_anchored and fetch is not None:
        text = "Nothing is fetched for a certificate without a trusted root."
        yield Check("revocation", "not checked", text)
        fetch = None

    for certificate, issuer in pairwise(path):
        verdicts = []
        own = [each for each in lists if each.issuer == issuer.subject]
        if own:
            verdicts.append(ask_lists(certificate, issuer, own, at))
        if fetch is not None:
            verdicts += _fetched(certificate, issuer, at, fetch)

        if verdicts:
            yield from _conclude(verdicts)
        elif lists or fetch:
            yield _nothing(certificate, issuer, is_fetched=fetch is not None)


def _conclude(verdicts: Sequence[Verdict]) -> Iterator[Check]:
    """One check for each source; one that is good excuses those that say nothing."""
    is_good = any(each.status == "good" for each in verdicts)
    for each in verdicts:
        is_excused = is_good and each.status == "unusable"
        status = "warning" if is_excused else _STATUS[each.status]
        yield Check("revocation", status, each.text)


def _nothing(
    certificate: x509.Certificate, issuer: x509.Certificate, *, is_fetched: bool
) -> Check:
    who = title(certificate)
    text = f"There is no list of {title(issuer)}'s, who signed {who}."
    if is_fetched:
        text = f"{who} does not say where its issuer tells what was revoked."

    return Check("revocation", "not checked", text)


def _fetched(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
    fetch: Fetch,
) -> Iterator[Verdict]:
    """What the responder says, and what the list; each if there is one."""

    def respond(url: str) -> Verdict:
        data = fetch(url, make_request(certificate, issuer))
        return read_answer(data, certificate, issuer, at)

    def look_up(url: str) -> Verdict:
        lists = load_crls(fetch(url, None), f"What lies at {quoted(url)}")
        return ask_lists(certificate, issuer, lists, at)

    for urls, ask in (
        (responder_urls(certificate), respond),
        (list_urls(certificate), look_up),
    ):
        if urls:
            yield _first_answer(urls[:MOST_URLS], ask)


def _first_answer(urls: Sequence[str], ask: Ask) -> Verdict:
    """The first answer that can be used, else why none can."""
    problems = []
    for url in urls:
        try:
            verdict = ask(url)
        except TLSDevError as error:
            problems.append(error.message)
        else:
            if verdict.status != "unusable":
                return verdict

            problems.append(verdict.text)

    return Verdict("unusable", " ".join(problems))
