from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest

from flask_tlsdev.contexts import server_context
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import Pair
from flask_tlsdev.provision import obtain
from flask_tlsdev.renewal import KeptPair
from flask_tlsdev.renewal import Renewal
from flask_tlsdev.store import PairFiles
from flask_tlsdev.store import Sidecar
from flask_tlsdev.store import sidecar_of

from .contexts.serving import serving
from .contexts.serving import settle
from .test_provision import From
from .test_provision import FromLocalCA
from .test_provision import NAMES

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Clock:
    """A time that tests set. The pairs' own dates are of the real one."""

    def __init__(self) -> None:
        self.at = datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Kept:
    """A pair in a store, kept by a renewal that nobody has started."""

    source: FromLocalCA
    pair: KeptPair
    clock: Clock
    moves: list[tuple[PairFiles, PairFiles]]

    @property
    def renewal(self) -> Renewal:
        return Renewal([self.pair], now=self.clock)

    @property
    def serial(self) -> str:
        sidecar = sidecar_of(self.pair.files)
        assert sidecar
        return sidecar.certificate_sha256


def keep(source: FromLocalCA) -> Kept:
    moves: list[tuple[PairFiles, PairFiles]] = []
    pair = KeptPair(
        obtain(source, NAMES).files,
        NAMES,
        source.renew_before,
        lambda: source,
        lambda old, new: moves.append((old, new)),
        luck=0.0,
    )
    return Kept(source, pair, Clock(), moves)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return keep(FromLocalCA(tmp_path, lifetime=timedelta(days=90)))


def test_a_fresh_pair_is_left_alone(kept: Kept) -> None:
    before = kept.serial

    kept.renewal.tend()

    assert kept.serial == before
    assert kept.renewal.pause() == timedelta(minutes=5)


def test_it_is_due_when_a_third_of_its_life_is_left(kept: Kept) -> None:
    due = kept.pair.due()

    assert due is not None
    assert timedelta(days=59) < due - kept.clock() < timedelta(days=61)


def test_the_thread_wakes_up_when_it_is_due(kept: Kept) -> None:
    due = kept.pair.due()
    assert due

    kept.clock.at = due - MINUTE
    assert kept.renewal.pause() == MINUTE

    kept.clock.at = due + MINUTE
    assert kept.renewal.pause() == timedelta(0)


class Once:
    """An issuer that fails until it is mended."""

    def __init__(self, ca: LocalCA) -> None:
        self.id = "once"
        self.ca = ca
        self.fails = False

    def issue(self, request: CertificateRequest) -> Pair:
        if self.fails:
            raise IssuerUnavailable("Nobody is at home.", issuer_id=self.id)

        return self.ca.issue(request)


@pytest.fixture
def issuer(tmp_path: Path) -> Once:
    return Once(LocalCA.open_or_create(tmp_path / "ca", key_type="ec-p256"))


@pytest.fixture
def due(tmp_path: Path, issuer: Once) -> Kept:
    """A pair that is due from now on, whenever its source is asked."""
    source = From(tmp_path, lifetime=timedelta(days=10), issuer=issuer)
    made = keep(source)
    margin = timedelta(days=10) - timedelta(seconds=1)
    made.pair.renew_before = margin
    made.pair.source = lambda: replace(source, renew_before=timedelta(days=11))
    made.clock.at += MINUTE
    return made


def test_what_is_due_is_renewed_in_its_place(due: Kept) -> None:
    before, files = due.serial, due.pair.files

    due.renewal.tend()

    assert due.serial != before
    assert due.pair.files == files
    assert due.moves == []


def test_a_pair_that_is_always_due_is_not_renewed_all_the_time(due: Kept) -> None:
    renewal = due.renewal
    renewal.tend()
    once = due.serial

    due.clock.at += MINUTE
    renewal.tend()
    assert due.serial == once

    due.clock.at += HOUR
    renewal.tend()
    assert due.serial != once


def test_a_failure_is_tried_again_later_and_later(
    due: Kept, issuer: Once, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flask_tlsdev")
    issuer.fails = True
    renewal = due.renewal
    waits = []

    for _ in range(9):
        renewal.tend()
        next_one = due.pair.due()
        assert next_one
        waits.append(round((next_one - due.clock()) / MINUTE))
        due.clock.at = next_one

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len(caplog.messages) == 9
    assert [each.levelname for each in caplog.records] == ["WARNING"] + ["INFO"] * 8
    assert "localhost, 127.0.0.1 could not be renewed" in caplog.messages[0]
    assert "Nobody is at home." in caplog.messages[0]


class Away:
    """An issuer that nobody reaches."""

    id = "away"

    def __init__(self, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        self.asked = 0

    def issue(self, request: CertificateRequest) -> Pair:
        self.asked += 1
        raise IssuerUnavailable(
            f"Nobody is at home ({self.asked}).",
            issuer_id=self.id,
            retry_after=self.retry_after,
            hint="Type: vault status",
        )


@dataclass
class Outage:
    """A pair of an issuer that is away from now on."""

    pair: KeptPair
    clock: Clock
    issuer: Away

    @property
    def sidecar(self) -> Sidecar:
        found = sidecar_of(self.pair.files)
        assert found
        return found

    def at(self, part: float) -> None:
        """When this part of its life is over."""
        life = self.sidecar.not_after - self.sidecar.not_before
        self.clock.at = self.sidecar.not_before + life * part

    def until(self, part: float) -> None:
        """Let the thread do what it would do until then."""
        end = self.sidecar.not_before
        end += (self.sidecar.not_after - end) * part
        renewal = Renewal([self.pair], now=self.clock)
        while self.clock.at < end:
            renewal.tend()
            self.clock.at += max(renewal.pause(), timedelta(seconds=1))


@pytest.fixture(params=[timedelta(minutes=10), timedelta(hours=24), timedelta(days=90)])
def outage(tmp_path: Path, request: pytest.FixtureRequest) -> Outage:
    ca = LocalCA.open_or_create(tmp_path / "ca", key_type="ec-p256")
    away = Away()
    first = From(tmp_path, lifetime=request.param, issuer=Named(away.id, ca))
    files = obtain(first, NAMES).files
    source = replace(first, issuer=away)
    pair = KeptPair(files, NAMES, None, lambda: source, lambda *_: None, luck=0.0)
    return Outage(pair, Clock(), away)


class Named:
    """A CA under another name."""

    def __init__(self, id: str, ca: LocalCA) -> None:
        self.id = id
        self.issue = ca.issue


def test_while_the_issuer_is_away_there_is_a_warning_at_each_part_of_its_life(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    before = outage.sidecar
    end = f"{before.not_after:%Y-%m-%d %H:%M} UTC"
    parts = []

    for part in (0.66, 0.74, 0.76, 0.89, 0.91, 0.99, 1.01, 1.5):
        outage.until(part)
        parts.append(len(caplog.messages))

    # At two thirds, where half of its life is over; three quarters; nine tenths; all.
    assert parts == [0, 1, 2, 2, 3, 3, 4, 4]
    first, second, third, last = caplog.messages
    assert f"until it ends at {end}; half of its life is over" in first
    assert "three quarters of its life are over" in second
    assert "nine tenths of its life are over" in third
    assert f"It has expired at {end}, and clients refuse it" in last
    for message in caplog.messages:
        assert "Nobody is at home (" in message
        assert "Type: vault status" in message
        assert "(now: flask tls renew localhost)" in message
    assert outage.sidecar == before


def test_a_warning_has_what_failed_last(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    outage.until(0.76)

    assert "Nobody is at home (1)." in caplog.messages[0]
    assert "Nobody is at home (1)." not in caplog.messages[1]


def test_a_pair_of_minutes_is_tried_often_enough(outage: Outage) -> None:
    outage.until(1.0)

    assert outage.issuer.asked >= 4


def test_a_server_that_wants_to_be_left_alone_is(outage: Outage) -> None:
    outage.issuer.retry_after = 3000.0
    outage.at(0.7)

    outage.pair.tend(outage.clock())

    due = outage.pair.due()
    assert due
    assert due - outage.clock() == timedelta(seconds=3000)


def test_once_it_is_back_the_warnings_begin_anew(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    away, source = outage.issuer, outage.pair.source()
    assert isinstance(source, From)
    outage.until(0.8)
    told = len(caplog.messages)
    ca = LocalCA.open(source.folder / "ca")
    outage.pair.source = lambda: replace(source, issuer=Named(away.id, ca))

    before = outage.sidecar
    outage.until(0.9)
    assert outage.sidecar != before
    assert len(caplog.messages) == told

    outage.pair.source = lambda: source
    outage.at(0.95)
    outage.pair.tend(outage.clock())
    assert "nine tenths of its life" in caplog.messages[-1]
    assert len(caplog.messages) == told + 1


def test_what_another_process_has_renewed_ends_the_warnings(
    outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    source = outage.pair.source()
    assert isinstance(source, From)
    outage.until(0.7)
    told = len(caplog.messages)
    ca = LocalCA.open(source.folder / "ca")

    obtain(replace(source, issuer=Named("away", ca)), NAMES, force=True)
    outage.at(0.6)
    outage.pair.tend(outage.clock())
    assert len(caplog.messages) == told

    outage.at(0.7)
    outage.pair.tend(outage.clock())
    assert len(caplog.messages) == told + 1


def test_each_host_renews_at_another_moment_none_of_them_late(kept: Kept) -> None:
    latest = kept.pair.due()
    assert latest

    others = []
    for luck in (0.25, 0.5, 1.0):
        kept.pair.luck = luck
        due = kept.pair.due()
        assert due
        others.append(latest - due)

    assert others == sorted(others)
    assert others[0] > timedelta(days=1)
    assert others[-1] < timedelta(days=4, hours=14)


def test_hosts_differ_by_luck() -> None:
    files = PairFiles(Path("tls.crt"), Path("tls.key"), None)

    lucks = {
        KeptPair(files, NAMES, None, lambda: None, print).luck  # type: ignore[arg-type,return-value]
        for _ in range(20)
    }

    assert len(lucks) == 20
    assert all(0 <= luck < 1 for luck in lucks)


def test_a_moment_that_was_named_is_that_moment_for_each(kept: Kept) -> None:
    kept.pair.renew_before = timedelta(days=10)
    first = kept.pair.due()
    kept.pair.luck = 1.0

    assert kept.pair.due() == first


def test_what_is_renewed_early_by_luck_is_renewed(kept: Kept) -> None:
    kept.pair.luck, before = 1.0, kept.serial
    due = kept.pair.due()
    assert due
    kept.clock.at = due

    kept.renewal.tend()

    assert kept.serial != before


def test_after_a_failure_the_old_pair_stays_until_it_works_again(
    due: Kept, issuer: Once
) -> None:
    issuer.fails, before = True, due.serial
    renewal = due.renewal
    renewal.tend()
    assert due.serial == before

    issuer.fails = False
    due.clock.at += MINUTE
    renewal.tend()

    assert due.serial != before


def test_an_app_that_cannot_be_imported_is_a_failure_like_others(
    due: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> FromLocalCA:
        raise SyntaxError("invalid syntax\x1b[31m")

    due.pair.source = broken

    due.renewal.tend()

    assert "SyntaxError: invalid syntax" in caplog.messages[0]
    assert "\x1b" not in caplog.messages[0]


def test_what_another_process_has_renewed_is_not_renewed_again(due: Kept) -> None:
    obtain(due.source, NAMES, force=True)
    other = due.serial
    due.pair.renew_before = None

    due.renewal.tend()

    assert due.serial == other


def test_a_pair_of_a_new_ca_is_served_from_its_new_place(
    due: Kept, issuer: Once
) -> None:
    old = due.pair.files
    issuer.id = "another"

    due.renewal.tend()

    assert due.moves == [(old, due.pair.files)]
    assert due.pair.files != old


def test_files_of_somebody_else_are_not_ours_to_renew(tmp_path: Path) -> None:
    files = PairFiles(tmp_path / "tls.crt", tmp_path / "tls.key", None)
    pair = KeptPair(files, NAMES, None, lambda: FromLocalCA(tmp_path), print)
    renewal = Renewal([pair])

    renewal.ensure_running()

    assert not pair.is_ours
    assert "flask-tlsdev renewal" not in _threads()


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_a_renewed_pair_is_said_in_the_log(
    due: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flask_tlsdev")

    due.renewal.tend()

    assert "The pair for localhost, 127.0.0.1 was renewed until 20" in caplog.text


def test_a_running_server_renews_and_serves_without_a_restart(due: Kept) -> None:
    """The thread, the store and the context together, with a clock of our own."""
    context = server_context(due.pair.files, names=parse("localhost"))
    renewal = due.renewal
    context.before_serving = renewal.ensure_running

    try:
        with serving(context) as server:
            first = server.get().leaf

            assert settle(lambda: server.get().leaf != first)
            assert _threads().count("flask-tlsdev renewal") == 1
            assert all(
                thread.daemon
                for thread in threading.enumerate()
                if thread.name == "flask-tlsdev renewal"
            )
    finally:
        renewal.stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_process_has_a_thread_of_its_own(kept: Kept) -> None:
    renewal = kept.renewal
    renewal.ensure_running()
    child = os.fork()

    if child == 0:
        renewal.ensure_running()
        os._exit(0 if "flask-tlsdev renewal" in _threads() else 1)

    _, status = os.waitpid(child, 0)
    renewal.stop()
    assert os.waitstatus_to_exitcode(status) == 0
