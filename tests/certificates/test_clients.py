"""What real clients accept and refuse of our CA: the promise of its profile."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from flask_tlsdev.certificates import self_sign
from flask_tlsdev.names import parse
from tests.clients import CLIENTS
from tests.clients import curl
from tests.clients import openssl
from tests.clients import python
from tests.clients import Served
from tests.clients import served
from tests.profiles import authority
from tests.profiles import common_name
from tests.profiles import DAY
from tests.profiles import forged
from tests.profiles import leaf_for
from tests.profiles import new_key
from tests.profiles import NOW
from tests.profiles import plain_root
from tests.tools import program
from tests.tools import run

Client = Callable[[Served], str]

each_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.__name__)

ALL = "localhost, 127.0.0.1, ::1, app.test, *.app.test"


@each_client
@pytest.mark.parametrize(
    ("names", "host"),
    [
        ("localhost", "localhost"),
        ("name.localhost", "name.localhost"),
        ("app.test", "app.test"),
        ("*.app.test", "shop.app.test"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("127.0.0.1, ::1", "::1"),
        (ALL, "localhost"),
        (ALL, "127.0.0.1"),
        (ALL, "::1"),
        (ALL, "any.app.test"),
    ],
)
def test_a_leaf_for_permitted_names_is_accepted(
    client: Client, names: str, host: str, tmp_path: Path
) -> None:
    ca, key = authority(), new_key()
    leaf = leaf_for(names, key)

    refusal = client(served(tmp_path, key, (leaf, ca.intermediate), ca.root, host))

    assert refusal == ""


@pytest.mark.parametrize("client", [openssl, python, curl], ids=lambda c: c.__name__)
@pytest.mark.parametrize("leaf_type", ["ec-p384", "rsa:2048", "ed25519"])
@pytest.mark.parametrize("ca_type", ["ec-p256", "ec-p384", "rsa:2048", "ed25519"])
def test_every_kind_of_key_is_accepted(
    client: Client, ca_type: str, leaf_type: str, tmp_path: Path
) -> None:
    ca, key = authority(ca_type), new_key(leaf_type)
    leaf = leaf_for(ALL, key, ca)

    refusal = client(
        served(tmp_path, key, (leaf, ca.intermediate), ca.root, "app.test")
    )

    assert refusal == ""


@each_client
@pytest.mark.parametrize(
    ("dns", "addresses", "host"),
    [
        (["google.com"], [], "google.com"),
        ([], ["8.8.8.8"], "8.8.8.8"),
        ([], ["2001:4860:4860::8888"], "2001:4860:4860::8888"),
        ([], ["10.0.0.1"], "10.0.0.1"),
        ([], ["::127.0.0.1"], "::7f00:1"),
        (["localhost", "google.com"], [], "google.com"),
        (["localhost", "google.com"], [], "localhost"),
        (["localhost"], ["8.8.8.8"], "8.8.8.8"),
        (["notlocalhost"], [], "notlocalhost"),
        (["atest"], [], "atest"),
        (["test.com"], [], "test.com"),
        (["*.com"], [], "google.com"),
        (["printer.local"], [], "printer.local"),
    ],
)
def test_what_a_thief_of_the_key_signs_for_other_names_is_refused(
    client: Client, dns: list[str], addresses: list[str], host: str, tmp_path: Path
) -> None:
    ca, key = authority(), new_key()
    entries = _entries(dns, addresses)
    leaf = forged(
        key, signer=ca.key, issuer=ca.intermediate, san=entries, subject=x509.Name([])
    )

    refusal = client(served(tmp_path, key, (leaf, ca.intermediate), ca.root, host))

    assert refusal


@each_client
@pytest.mark.parametrize(
    ("dns", "addresses", "host"),
    [(["google.com"], [], "google.com"), ([], ["8.8.8.8"], "8.8.8.8")],
)
def test_only_the_constraints_refuse_them(
    client: Client, dns: list[str], addresses: list[str], host: str, tmp_path: Path
) -> None:
    """The same leaves below a root without limits are accepted."""
    root_key, key = new_key(which="root"), new_key()
    root = plain_root(root_key)
    leaf = forged(
        key,
        signer=root_key,
        issuer=root,
        san=_entries(dns, addresses),
        subject=x509.Name([]),
    )

    refusal = client(served(tmp_path, key, (leaf,), root, host))

    assert refusal == ""


@pytest.mark.parametrize("client", [openssl, python, curl], ids=lambda c: c.__name__)
@pytest.mark.parametrize("host", ["google.com", "8.8.8.8"])
def test_a_refusal_names_the_constraints(
    client: Client, host: str, tmp_path: Path
) -> None:
    ca, key = authority(), new_key()
    is_address = host[0].isdigit()
    entries = _entries([] if is_address else [host], [host] if is_address else [])
    leaf = forged(key, signer=ca.key, issuer=ca.intermediate, san=entries)

    refusal = client(served(tmp_path, key, (leaf, ca.intermediate), ca.root, host))

    assert "permitted subtree violation" in refusal


@each_client
@pytest.mark.parametrize("host", ["localhost", "google.com"])
def test_a_ca_below_the_intermediate_is_refused(
    client: Client, host: str, tmp_path: Path
) -> None:
    ca, key, below_key = authority(), new_key(), new_key(which="below")
    below = forged(below_key, signer=ca.key, issuer=ca.intermediate, ca=True)
    leaf = forged(key, signer=below_key, issuer=below, san=_entries([host], []))
    chain = (leaf, below, ca.intermediate)

    refusal = client(served(tmp_path, key, chain, ca.root, host))

    assert refusal


@each_client
def test_what_a_leafs_key_signs_is_refused(client: Client, tmp_path: Path) -> None:
    ca, key, leaf_key = authority(), new_key(), new_key(which="leaf")
    leaf = leaf_for("localhost", leaf_key)
    below = forged(key, signer=leaf_key, issuer=leaf, san=_entries(["localhost"], []))
    chain = (below, leaf, ca.intermediate)

    refusal = client(served(tmp_path, key, chain, ca.root, "localhost"))

    assert refusal


@pytest.mark.parametrize("purpose", ["sslclient", "smimesign"])
def test_the_ca_is_for_servers_only(purpose: str, tmp_path: Path) -> None:
    ca, key = authority(), new_key()
    usage = {
        "sslclient": ExtendedKeyUsageOID.CLIENT_AUTH,
        "smimesign": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    }[purpose]
    leaf = forged(
        key,
        signer=ca.key,
        issuer=ca.intermediate,
        san=_entries(["localhost"], []),
        usage=usage,
    )
    it = served(tmp_path, key, (leaf, ca.intermediate), ca.root, "localhost")

    done = run(
        program("openssl"),
        *("verify", "-purpose", purpose, "-CAfile", it.rootfile),
        *("-untrusted", it.chainfile, it.chainfile),
    )

    assert done.returncode != 0
    assert "purpose" in done.stderr


@pytest.mark.parametrize(
    "entry",
    [
        x509.RFC822Name("boss@company.example"),
        x509.UniformResourceIdentifier("https://company.example/"),
        x509.UniformResourceIdentifier("spiffe://company.example/boss"),
    ],
    ids=["e-mail", "uri", "spiffe"],
)
def test_mail_addresses_and_uris_are_closed(
    entry: x509.GeneralName, tmp_path: Path
) -> None:
    ca, key = authority(), new_key()
    entries = x509.SubjectAlternativeName([x509.DNSName("localhost"), entry])
    leaf = forged(key, signer=ca.key, issuer=ca.intermediate, san=entries)

    refusal = openssl(
        served(tmp_path, key, (leaf, ca.intermediate), ca.root, "localhost")
    )

    assert "permitted subtree violation" in refusal


@pytest.mark.parametrize("client", [openssl, python, curl], ids=lambda c: c.__name__)
@pytest.mark.parametrize("host", ["localhost", "app.test", "127.0.0.1", "::1"])
def test_a_self_signed_leaf_is_accepted_by_those_who_trust_it(
    client: Client, host: str, tmp_path: Path
) -> None:
    key = new_key()
    leaf = self_sign(parse(host), key, lifetime=DAY, now=NOW)

    refusal = client(served(tmp_path, key, (leaf,), leaf, host))

    assert refusal == ""


@each_client
def test_a_self_signed_leaf_that_is_trusted_signs_nothing(
    client: Client, tmp_path: Path
) -> None:
    own_key, key = new_key(which="own"), new_key()
    own = self_sign(parse("localhost"), own_key, lifetime=DAY, now=NOW)
    below = forged(
        key,
        signer=own_key,
        issuer=own,
        san=_entries(["google.com"], []),
        subject=common_name("google.com"),
    )

    refusal = client(served(tmp_path, key, (below,), own, "google.com"))

    assert refusal


def _entries(dns: list[str], addresses: list[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [
            *map(x509.DNSName, dns),
            *(x509.IPAddress(ip_address(address)) for address in addresses),
        ]
    )
