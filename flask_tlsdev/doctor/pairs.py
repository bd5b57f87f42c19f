"""Would strict clients accept what is in the store, today?"""

from __future__ import annotations

import os
import shlex
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from datetime import timezone
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from ..errors import TLSDevError
from ..printable import printable
from ..printable import quoted
from .finding import Finding

if TYPE_CHECKING:
    from ..store import PairStore
    from ..store import StoredPair

#: Who brings a certificate again, where it is not one of our own issuers.
_NOT_OURS = ("imported", "files")


def check_pairs(store: PairStore, now: datetime) -> Iterator[Finding]:
    """Each pair of the store: its dates, its chain, a handshake with it."""
    try:
        pairs = store.list()
    except TLSDevError:
        # That is said of its folder.
        return

    if not pairs:
        yield Finding("pairs", "ok", "The store is empty: the first run makes a pair.")

    for stored in pairs:
        problems = tuple(_problems(store, stored, now))
        if not any(each.status == "failed" for each in problems):
            ends = f"{stored.sidecar.not_after:%Y-%m-%d}"
            yield Finding("pairs", "ok", f"{_title(stored)} is good until {ends}.")
        yield from problems

    yield from _damaged(store, {each.folder for each in pairs})


def _problems(store: PairStore, stored: StoredPair, now: datetime) -> Iterator[Finding]:
    sidecar = stored.sidecar
    if now < sidecar.not_before:
        # The clock's, not the pair's.
        return

    if now >= sidecar.not_after:
        yield Finding(
            "pairs",
            "failed",
            f"{_title(stored)} ended on {sidecar.not_after:%Y-%m-%d}.",
            _again(stored),
        )
        return

    if sidecar.issuer_id in _NOT_OURS and not sidecar.usable(now, None):
        left = (sidecar.not_after - now).days
        text = f"{_title(stored)} ends in {left} days, and nobody here renews it."
        yield Finding("pairs", "warning", text, _again(stored))

    yield from _chain(store, stored, now)
    yield from _handshake(stored)


def _chain(store: PairStore, stored: StoredPair, now: datetime) -> Iterator[Finding]:
    from ..names import parse
    from ..verification import Question
    from ..verification import verify

    try:
        pair = store.load(stored)
        question = Question(
            leaf=pair.leaf,
            sent=pair.chain,
            roots=dict.fromkeys(pair.roots, "is in its ca.crt"),
            at=now,
            names=parse(stored.sidecar.names),
            purpose=stored.sidecar.purpose,
            key=pair.key,
        )
        report = verify(question)
    except TLSDevError as error:
        yield Finding("pairs", "failed", f"{_title(stored)}: {error}", _again(stored))
        return

    for check in report.checks:
        # Without its root the end of a chain cannot be judged.
        if check.status == "failed" and (pair.roots or check.name != "chain"):
            text = f"{_title(stored)}: {check.name}: {check.text}"
            yield Finding("pairs", "failed", text, _again(stored))


def _handshake(stored: StoredPair) -> Iterator[Finding]:
    """What Python and OpenSSL say to it when they are strict."""
    name = next((each for each in stored.sidecar.names if "*" not in each), None)
    paths = stored.files
    if stored.sidecar.purpose != "server" or paths.cafile is None or name is None:
        return

    try:
        client = strict_client()
        client.load_verify_locations(os.fspath(paths.cafile))
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(paths.certfile, paths.keyfile, lambda: "")
        _shake_hands(client, server, name)
    except (OSError, ValueError) as error:
        reason = printable(getattr(error, "verify_message", "") or error)
        text = f"A strict client refuses {_title(stored)}: {reason}."
        yield Finding("pairs", "failed", text, _again(stored))


def strict_client() -> ssl.SSLContext:
    """A client as Python 3.13 and later make it by default."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    return client


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for end in ends * 2:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    ends[0].do_handshake()


def _damaged(store: PairStore, whole: set[Path]) -> Iterator[Finding]:
    for issuer in files.folders_in(store.root.absolute()):
        for folder in files.folders_in(issuer):
            has_files = (folder / "tls.crt").exists() or (folder / "tls.key").exists()
            if folder not in whole and has_files:
                yield Finding(
                    "pairs",
                    "failed",
                    f"What is in {quoted(folder, 1024)} is no whole pair.",
                    f"Delete it: rm -r {printable(shlex.quote(str(folder)), 1024)}",
                )


def check_clock(store: PairStore, now: datetime | None = None) -> Iterator[Finding]:
    """Is it earlier here than when we made what we made?"""
    now = now or datetime.now(timezone.utc)
    try:
        begins = [each.sidecar.not_before for each in store.list()]
    except TLSDevError:
        return

    if begins and now < max(begins):
        yield Finding(
            "clock",
            "failed",
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, and a certificate was made later"
            " than that: no client accepts it.",
            "Set the clock: sudo timedatectl set-ntp true",
        )
    else:
        yield Finding("clock", "ok", f"The clock says {now:%Y-%m-%d %H:%M} UTC.")


def _title(stored: StoredPair) -> str:
    names = printable(", ".join(stored.sidecar.names))
    return f"The pair for {names} from {stored.sidecar.issuer_id}"


def _again(stored: StoredPair) -> str:
    if stored.sidecar.issuer_id in _NOT_OURS:
        return (
            "Get its successor from the authority, then type: flask tls import CERT..."
            " --key KEY"
        )

    names = " ".join(map(shlex.quote, stored.sidecar.names))
    return f"Make it again: flask tls issue {printable(names, 1024)} --force"
