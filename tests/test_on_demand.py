from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flask_tlsdev.contexts import TokenBucket
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.errors import PairNotFound
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.names import parse_name
from flask_tlsdev.on_demand import AT_ONCE
from flask_tlsdev.on_demand import OnDemand


@pytest.fixture
def ca(tmp_path: Path) -> LocalCA:
    return LocalCA.open_or_create(tmp_path / "ca", key_type="ec-p256")


@pytest.mark.parametrize("text", ["app.test", "a.app.test", "a.b.c.app.test"])
def test_a_suffix_and_all_names_below_it_are_made(ca: LocalCA, text: str) -> None:
    pair = OnDemand(["app.test"], ca.folder)(parse_name(text))

    assert [str(name) for name in pair.names] == [text]
    assert pair.not_after - pair.not_before <= timedelta(days=1, minutes=6)


@pytest.mark.parametrize("text", ["test", "xapp.test", "app.test.example", "localhost"])
def test_no_other_name_is_made(ca: LocalCA, text: str) -> None:
    with pytest.raises(CertificateError, match="TLSDEV_ON_DEMAND"):
        OnDemand(["app.test"], ca.folder)(parse_name(text))


def test_what_the_ca_may_not_sign_is_not_made(ca: LocalCA) -> None:
    with pytest.raises(CertificateError, match="may not sign"):
        OnDemand(["corp.example"], ca.folder)(parse_name("a.corp.example"))


def test_all_pairs_have_one_key(ca: LocalCA) -> None:
    on_demand = OnDemand(["app.test"], ca.folder)

    one, two = (on_demand(parse_name(f"{text}.app.test")) for text in ("one", "two"))

    assert one.key is two.key
    assert one.leaf.serial_number != two.leaf.serial_number


def test_nothing_is_written(ca: LocalCA, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))

    OnDemand(["app.test"], ca.folder)(parse_name("one.app.test"))

    assert sorted(tmp_path.rglob("*")) == before


def test_who_asks_too_often_has_to_wait(ca: LocalCA) -> None:
    now = 0.0
    bucket = TokenBucket(2, 1.0, lambda: now)
    on_demand = OnDemand(["app.test"], ca.folder, bucket=bucket)
    names = [parse_name(f"n{number}.app.test") for number in range(4)]
    on_demand(names[0])
    on_demand(names[1])

    with pytest.raises(IssuerUnavailable, match="Too many"):
        on_demand(names[2])

    now += 1
    assert on_demand(names[2]).names == (names[2],)


def test_a_refused_name_uses_up_nothing(ca: LocalCA) -> None:
    on_demand = OnDemand(["app.test"], ca.folder)

    for number in range(AT_ONCE + 1):
        with pytest.raises(CertificateError):
            on_demand(parse_name(f"n{number}.other.test"))

    assert on_demand(parse_name("one.app.test"))


def test_without_a_ca_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(PairNotFound):
        OnDemand(["app.test"], tmp_path / "ca")(parse_name("one.app.test"))

    assert not list(tmp_path.iterdir())
