from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from datetime import timezone
from pathlib import Path
from typing import Any
from typing import cast

import pytest
from cryptography import x509

from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.errors import ChallengeFailed
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import IssuerError
from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.hooks import Hook
from flask_tlsdev.issuers.acme import Options
from flask_tlsdev.issuers.acme import Talk
from flask_tlsdev.issuers.acme.solvers._propagation import Propagation
from flask_tlsdev.issuers.talk import Record
from flask_tlsdev.pairs import load_certificates
from flask_tlsdev.pairs import Pair
from flask_tlsdev.pairs import verify_chain

from ...acme_servers import CALM
from ...acme_servers import EAB_KEY
from ...acme_servers import EAB_KID
from ...acme_servers import Pebble
from ...acme_servers import running_pebble
from .conftest import MakeAcme
from .conftest import pending_files
from .conftest import request_for


def is_verified(pair: Pair, pebble: Pebble) -> bool:
    roots = load_certificates(pebble.root)
    verify_chain(pair.leaf, pair.chain[1:], roots, now=datetime.now(timezone.utc))
    return True


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_one_order_is_for_names_of_every_kind(
    challenge: str, pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    request = request_for("shop.test", "bücher.test", "127.0.0.1")

    pair = make_acme(pebble, challenge=challenge).issue(request)

    pair.check(request)
    assert set(pair.names) == set(request.names)
    assert is_verified(pair, pebble)
    assert len(pair.chain) == 2
    assert pair.roots == ()
    assert pending_files(store) == []


class Sealed:
    """A request whose key nobody can use."""

    def __init__(self, request: CertificateRequest) -> None:
        self.names, self.purpose = request.names, request.purpose
        self.csr = request.csr
        self.key = object()


def test_the_key_is_handed_back_unseen(pebble: Pebble, make_acme: MakeAcme) -> None:
    sealed = Sealed(request_for("shop.test"))

    pair = make_acme(pebble).issue(cast(Any, sealed))

    assert cast(Any, pair.key) is sealed.key


def test_the_account_is_kept_and_closed_to_others(
    pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    acme = make_acme(pebble, email="ann@example.com")

    acme.issue(request_for("shop.test"))
    first = acme.account
    acme.issue(request_for("www.shop.test"))

    assert acme.account == first
    assert first is not None
    assert first.email == "ann@example.com"
    key, *others = store.glob(".acme/*/account.key")
    assert not others
    if os.name != "nt":
        assert key.stat().st_mode & 0o777 == 0o600


def test_another_address_is_told_to_the_server(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    make_acme(pebble, email="ann@example.com").issue(request_for("shop.test"))

    changed = make_acme(pebble, email="bob@example.com")
    changed.issue(request_for("shop.test"))

    assert changed.account is not None
    assert changed.account.email == "bob@example.com"


def test_terms_are_shown_and_nothing_is_done_without_consent(
    pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    shown = []

    def refuse(terms: str) -> bool:
        shown.append(terms)
        return False

    acme = make_acme(pebble, Talk(agree=refuse), agree_tos=False)

    with pytest.raises(IssuerRefused, match="--agree-tos"):
        acme.issue(request_for("shop.test"))

    assert shown == ["data:text/plain,Do%20what%20thou%20wilt"]
    assert acme.account is None


def test_consent_is_given_once(pebble: Pebble, make_acme: MakeAcme) -> None:
    make_acme(pebble, agree_tos=True).issue(request_for("shop.test"))

    again = make_acme(pebble, agree_tos=False)

    assert again.issue(request_for("shop.test"))


def test_a_closed_account_is_said_and_can_be_forgotten(
    pebble: Pebble, make_acme: MakeAcme, store: Path, tmp_path: Path
) -> None:
    acme = make_acme(pebble)
    acme.issue(request_for("shop.test"))
    (folder,) = (each for each in store.glob(".acme/*") if each.is_dir())
    kept = {each.name: each.read_bytes() for each in folder.iterdir()}
    acme.deactivate_account()
    assert acme.account is None

    # As if somebody else had closed it.
    folder.mkdir(0o700)
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    with pytest.raises(IssuerRefused, match="flask tls account deactivate"):
        acme.issue(request_for("shop.test"))
    acme.deactivate_account()

    assert acme.issue(request_for("shop.test"))


DNS_HOOK = """\
#!{python}
import json, os, sys, urllib.request
what = {{"auth": "set-txt", "cleanup": "clear-txt"}}[sys.argv[1]]
host = f"_acme-challenge.{{os.environ['CERTBOT_DOMAIN']}}."
content = {{"host": host, "value": os.environ["CERTBOT_VALIDATION"]}}
url = f"http://127.0.0.1:{port}/{{what}}"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(content).encode()))
with open({log!r}, "a") as log:
    print(json.dumps([sys.argv[1], dict(os.environ)]), file=log)
print("set it")
"""


@pytest.fixture
def dns_hook(pebble: Pebble, tmp_path: Path) -> Hook:
    path = tmp_path / "dns-hook"
    text = DNS_HOOK.format(
        python=sys.executable, port=pebble.dns_management, log=str(tmp_path / "log")
    )
    path.write_text(text)
    path.chmod(0o700)
    return Hook.of([str(path)], "--dns-hook")


def test_a_hook_sets_the_records_of_a_wildcard_and_takes_them_away(
    pebble: Pebble,
    make_acme: MakeAcme,
    dns_hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A_SECRET", "of the shell")
    # The base name and the wildcard have a record each under one name.
    request = request_for("app.test", "*.app.test")

    pair = make_acme(pebble, challenge="dns-01", dns_hook=dns_hook).issue(request)

    pair.check(request)
    log = (tmp_path / "log").read_text()
    assert [line[2:6] for line in log.splitlines()] == ["auth", "auth", "clea", "clea"]
    assert '"CERTBOT_DOMAIN": "app.test"' in log
    assert '"CERTBOT_REMAINING_CHALLENGES": "0"' in log
    assert '"CERTBOT_AUTH_OUTPUT": "set it\\n"' in log
    assert "A_SECRET" not in log


def test_a_person_can_set_the_records(pebble: Pebble, make_acme: MakeAcme) -> None:
    def set_them(records: Sequence[Record]) -> None:
        for each in records:
            pebble.tell_dns("set-txt", host=f"{each.name}.", value=each.value)

    acme = make_acme(pebble, Talk(wait_for_records=set_them), challenge="dns-01")

    assert acme.issue(request_for("by-hand.test"))


def test_without_hook_and_person_dns_01_says_what_it_needs(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    with pytest.raises(ChallengeFailed, match="--dns-hook"):
        make_acme(pebble, challenge="dns-01").issue(request_for("app.test"))


def test_a_hook_that_fails_is_one_sentence(pebble: Pebble, make_acme: MakeAcme) -> None:
    hook = Hook.of(["false"], "--dns-hook")

    with pytest.raises(TLSDevError, match=r"--dns-hook ended with 1"):
        make_acme(pebble, challenge="dns-01", dns_hook=hook).issue(
            request_for("app.test")
        )


def test_a_record_that_does_not_come_is_said_before_the_server_looks(
    pebble: Pebble,
) -> None:
    looking = Propagation(pebble.dns_server, "acme-x", patience=0.0)

    with pytest.raises(ChallengeFailed, match=r"dig TXT _acme-challenge\.lost\.test"):
        looking.wait_for(Record("_acme-challenge.lost.test", "value"))


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_wildcard_is_refused_before_anybody_is_asked(
    challenge: str, pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    with pytest.raises(ConfigError, match="--challenge dns-01"):
        make_acme(pebble, challenge=challenge).issue(request_for("*.app.test"))

    assert not store.exists()


def test_a_name_that_the_server_refuses_is_said_in_its_words(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    with pytest.raises(IssuerRefused, match=r"blocked\.test.*policy") as caught:
        make_acme(pebble).issue(request_for("blocked.test"))

    assert caught.value.problem is not None
    assert str(caught.value.problem["type"]).endswith("rejectedIdentifier")


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_challenge_that_nobody_answers_says_what_to_look_at(
    challenge: str, pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    acme = make_acme(pebble, challenge=challenge, http_port=None, tls_port=None)
    where = {"http-01": "port 80", "tls-alpn-01": "port 443"}[challenge]

    with pytest.raises(ChallengeFailed, match=rf"by {challenge}.*{where}.*Without --"):
        acme.issue(request_for("shop.test"))

    assert pending_files(store) == []


def test_a_name_that_leads_elsewhere_says_so(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    pebble.tell_dns("add-a", host="lost.test.", addresses=["127.0.0.9"])

    # The answer comes from all addresses but that of the other machine.
    with pytest.raises(ChallengeFailed, match=r"Look whether lost\.test leads"):
        make_acme(pebble, http_port=None).issue(request_for("lost.test"))


def test_a_port_that_is_taken_is_one_sentence(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    acme = make_acme(pebble, http_port=pebble.port)

    with pytest.raises(IssuerError, match=rf"Port {pebble.port} cannot be used"):
        acme.issue(request_for("shop.test"))


def test_a_certificate_is_revoked_with_a_reason(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    acme = make_acme(pebble)
    pair = acme.issue(request_for("shop.test"))

    acme.revoke(pair.leaf, x509.ReasonFlags.superseded)

    assert pebble.status_of(pair.leaf.serial_number) == "Revoked"
    with pytest.raises(IssuerRefused, match="already"):
        acme.revoke(pair.leaf, x509.ReasonFlags.superseded)


def test_a_server_without_advice_gives_none(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    acme = make_acme(pebble)
    pair = acme.issue(request_for("shop.test"))

    assert acme.renewal_time(pair.leaf) is None


def test_an_account_is_bound_to_one_elsewhere(
    tmp_path: Path, make_acme: MakeAcme
) -> None:
    options = {
        "externalAccountBindingRequired": True,
        "externalAccountMACKeys": {EAB_KID: EAB_KEY},
    }
    with running_pebble(tmp_path, options=options) as pebble:
        with pytest.raises(IssuerRefused, match="TLSDEV_ACME_EAB_KID"):
            make_acme(pebble).issue(request_for("shop.test"))

        with pytest.raises(IssuerRefused):
            make_acme(pebble, eab_kid=EAB_KID, eab_hmac_key="d3Jvbmc").issue(
                request_for("shop.test")
            )

        bound = make_acme(pebble, eab_kid=EAB_KID, eab_hmac_key=EAB_KEY)
        assert bound.issue(request_for("shop.test"))

    assert EAB_KEY not in repr(bound)


def test_the_chain_that_ends_at_the_wanted_issuer_is_taken(
    tmp_path: Path, make_acme: MakeAcme
) -> None:
    said: list[str] = []
    with running_pebble(tmp_path, {**CALM, "PEBBLE_ALTERNATE_ROOTS": "2"}) as pebble:
        first = make_acme(pebble).issue(request_for("shop.test"))
        roots = [load_certificates(each)[0] for each in pebble.roots(3)]
        wanted = next(r for r in roots if r.subject != first.chain[-1].issuer)
        name = wanted.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value

        other = make_acme(pebble, preferred_chain=str(name)).issue(
            request_for("shop.test")
        )
        make_acme(pebble, Talk(tell=said.append), preferred_chain="Nobody").issue(
            request_for("shop.test")
        )

    assert other.chain[-1].issuer == wanted.subject
    assert any("Warning" in each and str(name) in each for each in said)


def test_the_id_tells_servers_and_chains_apart(make_acme: MakeAcme) -> None:

    ids = {
        Options(directory="https://ca.test/a").issuer_id,
        Options(directory="https://ca.test/b").issuer_id,
        Options(directory="https://ca.test:14000/a").issuer_id,
        Options(directory="https://ca.test/a", preferred_chain="X").issuer_id,
        Options(directory="https://ca.test/a", profile="X").issuer_id,
        Options(directory=f"https://{'a' * 63}.{'b' * 63}.test/a").issuer_id,
    }

    assert len(ids) == 6
    assert all(len(each) <= 64 for each in ids)
