from __future__ import annotations

import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest

from flask_tlsdev import keys
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.errors import PairNotFound
from flask_tlsdev.issuers.base import Issuer
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.issuers.self_signed import SelfSigned
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import Pair
from flask_tlsdev.provision import look_up
from flask_tlsdev.provision import obtain
from flask_tlsdev.provision import obtain_or_keep
from flask_tlsdev.store import PairFiles
from flask_tlsdev.store import PairStore

NAMES = parse(["localhost", "127.0.0.1"])


@dataclass(frozen=True)
class FromLocalCA:
    """A source as config makes one, with the local CA as issuer."""

    folder: Path
    key_type: str = "ec-p256"
    lifetime: timedelta = timedelta(days=90)
    renew_before: timedelta | None = None

    @property
    def store(self) -> PairStore:
        return PairStore(self.folder / "pairs")

    def mounted_files(self) -> PairFiles | None:
        return None

    def find_issuer(self) -> Issuer | None:
        try:
            return LocalCA.open(self.folder / "ca")
        except PairNotFound:
            return None

    def make_issuer(self) -> Issuer:
        return LocalCA.open_or_create(self.folder / "ca", key_type="ec-p256")


@dataclass(frozen=True)
class From(FromLocalCA):
    """A source with an issuer of the test's own."""

    issuer: Issuer = field(default_factory=SelfSigned)

    def find_issuer(self) -> Issuer | None:
        return self.issuer

    def make_issuer(self) -> Issuer:
        return self.issuer


def test_nothing_is_found_and_nothing_made_before_it_is_asked_for(
    tmp_path: Path,
) -> None:
    assert look_up(FromLocalCA(tmp_path), NAMES) is None
    assert not list(tmp_path.iterdir())


def test_the_second_call_finds_what_the_first_issued(tmp_path: Path) -> None:
    source = FromLocalCA(tmp_path)

    first = obtain(source, NAMES)
    second = obtain(source, NAMES)

    assert first.is_new
    assert not second.is_new
    assert second.files == first.files
    assert second.sidecar == first.sidecar


def test_force_issues_anew(tmp_path: Path) -> None:
    source = FromLocalCA(tmp_path)
    first = obtain(source, NAMES)

    second = obtain(source, NAMES, force=True)

    assert second.is_new
    assert second.sidecar != first.sidecar


def test_a_pair_near_its_end_is_renewed(tmp_path: Path) -> None:
    first = obtain(FromLocalCA(tmp_path, lifetime=timedelta(days=9)), NAMES)

    due = FromLocalCA(tmp_path, renew_before=timedelta(days=10))
    second = obtain(due, NAMES)

    assert second.is_new
    assert first.sidecar
    assert second.sidecar
    assert second.sidecar.not_after > first.sidecar.not_after


def test_another_key_type_is_another_pair(tmp_path: Path) -> None:
    first = obtain(FromLocalCA(tmp_path), NAMES)

    second = obtain(FromLocalCA(tmp_path, key_type="rsa:2048"), NAMES)

    assert second.is_new
    assert second.files != first.files


def test_another_ca_means_another_pair_and_keeps_the_old_one(tmp_path: Path) -> None:
    source = FromLocalCA(tmp_path)
    first = obtain(source, NAMES)
    LocalCA.create(tmp_path / "ca", key_type="ec-p256")

    second = obtain(source, NAMES)

    assert second.is_new
    assert second.files != first.files
    assert first.files.certfile.exists()


def test_a_pair_of_an_older_profile_is_issued_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FromLocalCA(tmp_path)
    obtain(source, NAMES)
    monkeypatch.setattr("flask_tlsdev.provision.PROFILE", 2)

    assert look_up(source, NAMES) is None


def test_a_broken_pair_is_issued_anew(tmp_path: Path) -> None:
    source = FromLocalCA(tmp_path)
    first = obtain(source, NAMES)
    first.files.keyfile.write_bytes(b"half a ke")

    assert obtain(source, NAMES).is_new


class Wrong:
    """An issuer that answers with somebody else's certificate."""

    id = "wrong"

    def issue(self, request: CertificateRequest) -> Pair:
        other = CertificateRequest(
            parse(["other.test"]), keys.generate("ec-p256"), request.lifetime
        )
        return SelfSigned().issue(other)


def test_an_answer_that_does_not_fit_is_not_stored(tmp_path: Path) -> None:
    source = From(tmp_path, issuer=Wrong())

    with pytest.raises(CertificateError):
        obtain(source, NAMES)

    assert source.store.list() == []


@dataclass(frozen=True)
class Mounted(FromLocalCA):
    def mounted_files(self) -> PairFiles | None:
        return PairFiles(self.folder / "tls.crt", self.folder / "tls.key", None)


def test_files_that_somebody_else_keeps_are_left_alone(tmp_path: Path) -> None:
    provided = obtain(Mounted(tmp_path), NAMES, force=True)

    assert provided.files.certfile == tmp_path / "tls.crt"
    assert provided.sidecar is None
    assert not list(tmp_path.iterdir())


def _obtain(folder: Path) -> tuple[bool, str]:
    provided = obtain(FromLocalCA(folder), NAMES)
    assert provided.sidecar
    return provided.is_new, provided.sidecar.certificate_sha256


def test_ten_processes_at_once_make_one_pair(tmp_path: Path) -> None:
    with ProcessPoolExecutor(10) as pool:
        answers = list(pool.map(_obtain, [tmp_path] * 10))

    assert [is_new for is_new, _ in answers].count(True) == 1
    assert len({digest for _, digest in answers}) == 1
    assert len(PairStore(tmp_path / "pairs").list()) == 1


@dataclass
class Slow:
    """An issuer elsewhere, which answers when the test lets it."""

    patience = 60.0
    id = "slow"
    asked: threading.Event = field(default_factory=threading.Event)
    answer: threading.Event = field(default_factory=threading.Event)

    def issue(self, request: CertificateRequest) -> Pair:
        self.asked.set()
        assert self.answer.wait(30)
        return SelfSigned().issue(request)


def test_a_slow_issuer_keeps_nobody_from_the_other_pairs(tmp_path: Path) -> None:
    slow = Slow()
    source = From(tmp_path, issuer=slow)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(obtain, source, NAMES)
        assert slow.asked.wait(30)
        other = obtain(From(tmp_path), parse(["other.test"]))
        with source.store.lock(timeout=5):
            listed = source.store.list()
        slow.answer.set()

        assert waiting.result(30).is_new

    assert other.is_new
    assert [pair.sidecar.names for pair in listed] == [("other.test",)]


def test_a_second_one_waits_for_the_slow_issuer_and_gets_its_pair(
    tmp_path: Path,
) -> None:
    slow = Slow()
    source = From(tmp_path, issuer=slow)

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(obtain, source, NAMES) for _ in range(2)]
        assert slow.asked.wait(30)
        slow.answer.set()
        provided = [each.result(30) for each in both]

    assert sorted(each.is_new for each in provided) == [False, True]
    assert len({each.sidecar for each in provided}) == 1


def test_the_pair_is_valid_for_as_long_as_was_asked(tmp_path: Path) -> None:
    provided = obtain(FromLocalCA(tmp_path, lifetime=timedelta(days=30)), NAMES)

    assert provided.sidecar
    left = provided.sidecar.not_after - datetime.now(timezone.utc)
    assert timedelta(days=29) < left <= timedelta(days=30)


class Away:
    """An issuer that nobody reaches."""

    id = "away"

    def issue(self, request: CertificateRequest) -> Pair:
        raise IssuerUnavailable("Nobody is at home.", issuer_id=self.id)


class Named:
    """A CA under another name."""

    def __init__(self, id: str, ca: LocalCA) -> None:
        self.id = id
        self.issue = ca.issue


def test_a_pair_that_is_due_is_served_while_its_issuer_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = LocalCA.open_or_create(tmp_path / "ca", key_type="ec-p256")
    before = obtain(From(tmp_path, issuer=Named("away", ca)), NAMES)
    source = From(tmp_path, issuer=Away(), renew_before=timedelta(days=99))

    kept = obtain_or_keep(source, NAMES)

    assert kept.files == before.files
    assert not kept.is_new
    (message,) = caplog.messages
    assert "Nobody is at home. The pair of before is served, which ends at" in message
    with pytest.raises(IssuerUnavailable):
        obtain(source, NAMES)


def test_without_a_valid_pair_an_issuer_that_is_away_is_an_error(
    tmp_path: Path,
) -> None:
    with pytest.raises(IssuerUnavailable, match="Nobody is at home"):
        obtain_or_keep(From(tmp_path, issuer=Away()), NAMES)


def test_another_one_than_that_which_is_to_be_renewed_will_do(tmp_path: Path) -> None:
    source = FromLocalCA(tmp_path)
    first = obtain(source, NAMES)
    assert first.sidecar

    second = obtain(source, NAMES, instead_of=first.sidecar)
    third = obtain(source, NAMES, instead_of=first.sidecar)

    assert second.is_new
    assert not third.is_new
    assert third.sidecar == second.sidecar
