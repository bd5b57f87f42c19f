from __future__ import annotations

from ipaddress import ip_interface
from pathlib import Path

import pytest

from flask_tlsdev.errors import StoreError
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.lan import plan
from flask_tlsdev.lan.plan import local_name
from flask_tlsdev.lan.plan import nip_names
from flask_tlsdev.names import DEFAULT_PERMITS

HOME = (ip_interface("192.168.1.20/24"), ip_interface("fd12::7/64"))
CAFE = (ip_interface("10.7.0.9/16"),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


def texts(names: object) -> list[str]:
    assert isinstance(names, tuple)
    return list(map(str, names))


def test_the_ca_can_sign_this_host_and_its_networks_and_nothing_else(
    folder: Path,
) -> None:
    planned = plan(folder, HOME, "vm", None)

    assert planned.ca.permits.texts == ("vm.local", "192.168.1.0/24", "fd12::/64")
    assert texts(planned.names) == ["vm.local", "192.168.1.20", "fd12::7"]
    assert planned.skipped == ()


def test_it_is_another_ca_than_the_local_one(folder: Path) -> None:
    local = LocalCA.open_or_create(folder, key_type="ec-p256")

    planned = plan(folder, HOME, "vm", local.permits)

    assert planned.ca.folder == folder / "lan"
    assert planned.ca.id != local.id
    assert LocalCA.open(folder) == local
    assert local.permits == DEFAULT_PERMITS


def test_the_ca_is_made_once(folder: Path) -> None:
    first = plan(folder, HOME, "vm", None)
    second = plan(folder, HOME, "vm", None)

    assert second.ca == first.ca


def test_in_another_network_its_addresses_are_skipped(folder: Path) -> None:
    plan(folder, HOME, "vm", None)

    moved = plan(folder, CAFE, "vm", None)

    assert texts(moved.names) == ["vm.local"]
    assert texts(moved.skipped) == ["10.7.0.9"]
    assert moved.wanted.texts == ("vm.local", "10.7.0.0/16")


def test_another_address_in_the_same_network_is_served(folder: Path) -> None:
    plan(folder, HOME, "vm", None)

    moved = plan(folder, (ip_interface("192.168.1.77/24"),), "vm", None)

    assert texts(moved.names) == ["vm.local", "192.168.1.77"]


def test_without_a_private_network_nothing_is_made(folder: Path) -> None:
    with pytest.raises(StoreError, match="no private network"):
        plan(folder, (), "vm", None)

    assert not folder.exists()


def test_nip_io_names_are_served_where_the_local_ca_may_sign_them(
    folder: Path,
) -> None:
    permits = DEFAULT_PERMITS.with_("192-168-1-20.nip.io")

    assert texts(plan(folder, HOME, "vm", permits).nip) == ["192-168-1-20.nip.io"]
    assert plan(folder, HOME, "vm", DEFAULT_PERMITS).nip == ()
    assert plan(folder, HOME, "vm", None).nip == ()


def test_nip_io_names_are_made_of_ipv4_addresses() -> None:
    assert texts(nip_names(HOME)) == ["192-168-1-20.nip.io"]


@pytest.mark.parametrize(
    ("hostname", "expected"),
    [
        ("vm", "vm.local"),
        ("Anns-MacBook.lan", "anns-macbook.local"),
        ("my_box", "my-box.local"),
        ("büro", "b-ro.local"),
        ("", "flask-tlsdev.local"),
        ("___", "flask-tlsdev.local"),
        ("x" * 80, "x" * 63 + ".local"),
        ("-a-.b", "a.local"),
    ],
)
def test_the_local_name_is_what_mdns_makes_of_the_host_name(
    hostname: str, expected: str
) -> None:
    assert str(local_name(hostname)) == expected
