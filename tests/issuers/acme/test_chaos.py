"""Pebble refuses every second nonce, reuses authorizations and takes its time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ...acme_servers import CHAOS
from ...acme_servers import Pebble
from ...acme_servers import running_pebble
from .conftest import MakeAcme
from .conftest import request_for


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with running_pebble(tmp_path_factory.mktemp("wild"), CHAOS) as running:
        yield running


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_an_order_goes_through_all_the_same(
    challenge: str, wild: Pebble, make_acme: MakeAcme
) -> None:
    request = request_for("shop.test", "www.shop.test", "127.0.0.1")

    make_acme(wild, challenge=challenge).issue(request).check(request)


def test_names_that_are_verified_already_are_not_verified_again(
    wild: Pebble, make_acme: MakeAcme
) -> None:
    make_acme(wild).issue(request_for("once.test"))
    request = request_for("once.test")

    # Nobody would answer.
    pair = make_acme(wild, http_port=None).issue(request)

    pair.check(request)
