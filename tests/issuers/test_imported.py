from __future__ import annotations

from pathlib import Path

import pytest

from flask_tlsdev.certificates import sign_leaf
from flask_tlsdev.cli.expiry import announce_imported_end
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import StoreError
from flask_tlsdev.issuers.base import PairFinder
from flask_tlsdev.issuers.imported import Imported
from flask_tlsdev.issuers.imported import save
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import Pair
from flask_tlsdev.provision import Provided
from flask_tlsdev.renewal import KeptPair
from flask_tlsdev.store import PairStore
from flask_tlsdev.store import StoredPair
from tests.profiles import authority
from tests.profiles import DAY
from tests.profiles import leaf_for
from tests.profiles import new_key
from tests.profiles import NOW


@pytest.fixture
def store(tmp_path: Path) -> PairStore:
    return PairStore(tmp_path / "pairs")


def pair_for(names: str, key_type: str = "ec-p256") -> Pair:
    key = new_key(key_type)
    return Pair(key, (leaf_for(names, key), authority().intermediate))


@pytest.fixture
def stored(store: PairStore) -> StoredPair:
    return save(store, pair_for("shop.test, *.shop.test"), force=False)


@pytest.mark.parametrize(
    "names", ["shop.test", "www.shop.test", "a.shop.test shop.test"]
)
def test_it_is_found_for_every_name_that_it_covers(
    store: PairStore, stored: StoredPair, names: str
) -> None:
    assert Imported().find(store, parse(names)) == stored


@pytest.mark.parametrize(
    "names", ["other.test", "shop.test other.test", "a.b.shop.test"]
)
def test_it_is_not_found_for_others(
    store: PairStore, stored: StoredPair, names: str
) -> None:
    assert Imported().find(store, parse(names)) is None


def test_it_is_found_whatever_its_key(store: PairStore) -> None:
    stored = save(store, pair_for("shop.test", "rsa:2048"), force=False)

    assert Imported().find(store, parse("shop.test")) == stored


def test_pairs_of_other_issuers_are_not_taken(store: PairStore) -> None:
    names = parse("shop.test")
    store.save("local-ca-0", names, "ec-p256", "server", pair_for("shop.test"), 1)

    assert Imported().find(store, names) is None


def test_it_makes_none_up() -> None:
    request = CertificateRequest(parse("shop.test"), new_key(), DAY)
    issuer = Imported()

    assert isinstance(issuer, PairFinder)
    with pytest.raises(IssuerRefused, match="flask tls import"):
        issuer.issue(request)


def test_one_that_ends_sooner_replaces_none(
    store: PairStore, stored: StoredPair
) -> None:
    key, names = new_key(), parse("shop.test, *.shop.test")
    leaf = sign_leaf(authority(), names, key.public_key(), lifetime=DAY, now=NOW)
    shorter = Pair(key, (leaf, authority().intermediate))

    with pytest.raises(StoreError, match="--force"):
        save(store, shorter, force=False)

    assert Imported().find(store, parse("shop.test")) == stored


def test_a_server_leaves_it_alone(store: PairStore, stored: StoredPair) -> None:
    def nothing() -> None:
        raise AssertionError("it was asked for an issuer")

    kept = KeptPair(stored.files, parse("shop.test"), DAY, nothing, print)  # type: ignore[arg-type]

    assert kept.due() is None


@pytest.mark.parametrize(("left", "is_said"), [(29, True), (31, False)])
def test_its_end_is_said_thirty_days_before(
    stored: StoredPair, capsys: pytest.CaptureFixture[str], left: int, is_said: bool
) -> None:
    now = stored.sidecar.not_after - left * DAY

    announce_imported_end(Provided(stored.files, stored.sidecar), now=now)

    assert ("The imported certificate ends on" in capsys.readouterr().err) is is_said
