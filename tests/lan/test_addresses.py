from __future__ import annotations

import socket
from ipaddress import ip_interface

import pytest

from flask_tlsdev.lan import private_interfaces
from flask_tlsdev.lan.addresses import _from_names
from flask_tlsdev.lan.addresses import _from_system
from flask_tlsdev.lan.addresses import only_private

from ..tools import program
from ..tools import run


def test_private_addresses_are_kept_each_once_with_ipv4_first() -> None:
    found = [
        *("fd12:3456::7/64", "192.168.1.20/24", "10.1.2.3/8", "172.16.0.1/12"),
        *("192.168.1.20/24",),
    ]

    kept = only_private(map(ip_interface, found))

    assert list(map(str, kept)) == [
        *("10.1.2.3/8", "172.16.0.1/12", "192.168.1.20/24", "fd12:3456::7/64")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1/8",
        "::1/128",
        "8.8.8.8/24",
        "192.0.2.2/24",
        "169.254.1.1/16",
        "fe80::1/64",
        "2001:db8::1/64",
        "100.64.0.1/10",
        "172.32.0.1/12",
    ],
)
def test_other_addresses_are_left_out(text: str) -> None:
    assert only_private([ip_interface(text)]) == ()


def test_the_system_knows_its_loopback_address_and_network() -> None:
    assert ip_interface("127.0.0.1/8") in set(_from_system())


def test_every_address_that_ip_shows_is_found() -> None:
    shown = run(program("ip"), "-o", "addr", "show").stdout
    words = [line.split() for line in shown.splitlines()]

    assert {str(each) for each in _from_system()} == {line[3] for line in words}


def test_the_answer_is_the_private_part_of_that() -> None:
    assert private_interfaces() == only_private(_from_system())


def test_where_the_system_does_not_tell_the_own_name_does() -> None:
    try:
        expected = {
            str(found[4][0]).partition("%")[0]
            for found in socket.getaddrinfo(socket.gethostname(), None)
        }
    except OSError:
        expected = set()

    assert {str(each.ip) for each in _from_names()} == expected
