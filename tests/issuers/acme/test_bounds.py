"""What a server may say at most, and what becomes of one that says more.

A fake one, because no real one does. Profiles are among it: neither Pebble 2.4
nor any other server that can run here has them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev.errors import ChallengeFailed
from flask_tlsdev.errors import IssuerError
from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.errors import IssuerTimeout
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.issuers.acme import Acme
from flask_tlsdev.issuers.acme import Options
from flask_tlsdev.issuers.acme._deadline import Deadline
from flask_tlsdev.printable import printable

from ...fake_acme import FakeAcme
from ...fake_acme import problem
from ...fake_acme import Reply
from ...fake_acme import running_fake
from .conftest import pending_files
from .conftest import request_for

Ask = Callable[..., None]


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeAcme]:
    with running_fake(tmp_path) as running:
        running.offer()
        yield running


@pytest.fixture
def ask(fake: FakeAcme, store: Path) -> Ask:
    def run(patience: float = 20, **options: Any) -> None:
        chosen = Options(directory=fake.directory, ca_file=fake.cafile, **options)
        Acme(chosen, store, patience=patience).issue(request_for("shop.test"))

    return run


def order(fake: FakeAcme, **changes: object) -> Reply:
    content = {
        "status": "pending",
        "authorizations": [fake.url("/authz")],
        "finalize": fake.url("/finalize"),
        **changes,
    }
    return Reply(201, content, {"Location": fake.url("/order/1")})


def pending(fake: FakeAcme, name: str = "shop.test", **changes: object) -> Reply:
    challenge = {
        "type": "http-01",
        "url": fake.url("/challenge"),
        "token": "a" * 32,
        "status": "pending",
        **changes,
    }
    identifier = {"type": "dns", "value": name}
    content = {
        "status": "pending",
        "identifier": identifier,
        "challenges": [challenge],
    }
    return Reply(body=content)


def test_a_profile_is_asked_for_by_its_name(fake: FakeAcme, ask: Ask) -> None:
    fake.offer(meta={"profiles": {"classic": "90 days", "shortlived": "6 days"}})
    fake.replies["/order"] = problem("invalidProfile", "not today")

    with pytest.raises(IssuerRefused, match="not today"):
        ask(profile="shortlived")

    assert [each["profile"] for each in fake.payloads("/order")] == ["shortlived"]


def test_a_profile_that_is_not_offered_is_not_asked_for(
    fake: FakeAcme, ask: Ask
) -> None:
    fake.offer(meta={"profiles": {"classic": "90 days"}})

    with pytest.raises(IssuerRefused, match=r"no profile 'x'; it has 'classic'"):
        ask(profile="x")

    assert not fake.payloads("/order")


@pytest.mark.parametrize("key", ["newNonce", "newAccount", "newOrder"])
def test_a_directory_leads_to_https_only(fake: FakeAcme, ask: Ask, key: str) -> None:
    fake.offer(**{key: f"http://localhost:{fake.port}/order"})

    with pytest.raises(IssuerRefused, match="is no directory"):
        ask()


def test_a_redirect_stays_https(fake: FakeAcme, ask: Ask) -> None:
    target = "http://localhost:1/dir"
    fake.replies["/dir"] = Reply(302, headers={"Location": target})

    with pytest.raises(IssuerRefused, match="no https URL"):
        ask()


def test_redirects_come_to_an_end(fake: FakeAcme, ask: Ask) -> None:
    fake.replies["/dir"] = Reply(302, headers={"Location": "/dir"})

    with pytest.raises(IssuerRefused, match="redirects more than 3 times"):
        ask()


def test_a_redirect_of_the_directory_is_followed(fake: FakeAcme, ask: Ask) -> None:
    fake.replies["/moved"] = fake.replies["/dir"]
    fake.replies["/dir"] = Reply(302, headers={"Location": "/moved"})
    fake.replies["/order"] = problem("rejectedIdentifier", "so far and no further")

    with pytest.raises(IssuerRefused, match="so far and no further"):
        ask()


def test_an_endless_answer_is_cut_off(fake: FakeAcme, ask: Ask) -> None:
    fake.replies["/dir"] = Reply(body=b" " * (1 << 20))

    with pytest.raises(IssuerRefused, match="larger than 256 KiB"):
        ask()


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"newNonce": 1}']
)
def test_what_is_no_directory_is_one_sentence(
    fake: FakeAcme, ask: Ask, body: bytes
) -> None:
    fake.replies["/dir"] = Reply(body=body)

    with pytest.raises(IssuerRefused, match="is no directory of an ACME server"):
        ask()


def test_a_nonce_that_is_never_good_comes_to_an_end(fake: FakeAcme, ask: Ask) -> None:
    fake.replies["/order"] = problem("badNonce", "try again", 400)

    with pytest.raises(IssuerRefused, match="try again"):
        ask()

    assert len(fake.payloads("/order")) == 20


def test_a_rate_limit_says_how_long_it_lasts(fake: FakeAcme, ask: Ask) -> None:
    fake.replies["/order"] = problem("rateLimited", "too many", 429, Retry_After="3600")

    with pytest.raises(IssuerUnavailable, match=r"too many.*3600 seconds") as caught:
        ask()

    assert caught.value.retry_after == 3600


def test_a_server_that_is_busy_for_a_moment_is_waited_for(
    fake: FakeAcme, ask: Ask
) -> None:
    answers = [
        problem("serverInternal", "busy", 503, Retry_After="0"),
        problem("rejectedIdentifier", "not busy"),
    ]
    fake.replies["/order"] = lambda _: answers.pop(0)

    with pytest.raises(IssuerRefused, match="not busy"):
        ask()


def test_the_whole_order_has_a_deadline_whatever_the_server_asks_for(
    fake: FakeAcme, ask: Ask, store: Path
) -> None:
    waiting = pending(fake)
    waiting.headers["Retry-After"] = "99999"
    fake.replies |= {
        "/order": order(fake),
        "/order/1": order(fake),
        "/authz": waiting,
        "/challenge": Reply(),
    }

    with pytest.raises(IssuerTimeout, match="within 2 seconds"):
        ask(patience=2)

    assert pending_files(store) == []


def test_headers_without_end_are_given_up(fake: FakeAcme, ask: Ask) -> None:
    over = threading.Event()
    fake.replies["/order"] = Reply(dripping=over)

    with pytest.raises(IssuerTimeout, match="within 1 seconds"):
        ask(patience=1)

    over.set()


@pytest.mark.parametrize("name", ["bank.test", "\x1b[31m", "", "127.0.0.1"])
def test_control_is_shown_of_nothing_but_the_names_of_the_order(
    fake: FakeAcme, ask: Ask, store: Path, name: str
) -> None:
    fake.replies |= {
        "/order": order(fake),
        "/order/1": order(fake),
        "/authz": pending(fake, name),
    }

    with pytest.raises(IssuerRefused, match="which nobody asked for"):
        ask()

    assert not (store / ".challenges").exists()


@pytest.mark.parametrize(
    "token",
    ["../../../evil", "a" * 21, "a" * 129, "a" * 31 + "/", "a" * 31 + "\x00", 5, None],
)
def test_a_token_that_is_none_names_no_file(
    fake: FakeAcme, ask: Ask, store: Path, token: object
) -> None:
    fake.replies |= {
        "/order": order(fake),
        "/order/1": order(fake),
        "/authz": pending(fake, token=token),
    }

    with pytest.raises(ChallengeFailed, match="only by nothing that we know"):
        ask()

    assert not (store / ".challenges").exists()


@pytest.mark.parametrize("urls", [["https://localhost/x"] * 2, [], "x", None])
def test_an_order_has_as_many_authorizations_as_names(
    fake: FakeAcme, ask: Ask, urls: object
) -> None:
    fake.replies |= {
        "/order": order(fake),
        "/order/1": order(fake, authorizations=urls),
    }

    with pytest.raises(IssuerRefused, match="no authorizations that fit"):
        ask()


@pytest.mark.parametrize(
    "changes",
    [
        {"authorizations": ["http://localhost/x"]},
        {"authorizations": [5]},
        {"status": "invalid", "error": {"detail": "\x1b[31mno\n"}},
    ],
)
def test_an_order_that_does_not_fit_is_one_sentence(
    fake: FakeAcme, ask: Ask, changes: dict[str, object]
) -> None:
    fake.replies |= {"/order": order(fake), "/order/1": order(fake, **changes)}
    fake.replies["/authz"] = Reply(body={"status": "valid"})

    with pytest.raises(IssuerError) as caught:
        ask()

    assert printable(caught.value, 10_000) == str(caught.value)


@pytest.mark.parametrize(("asked", "waited"), [(99999.0, 2.0), (0.0, 0.1), (1.0, 1.0)])
def test_no_pause_is_longer_than_what_is_left(
    asked: float, waited: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)

    Deadline.after(2, "acme-x").pause(asked)

    assert pauses == [pytest.approx(waited, abs=0.05)]


def test_the_authoritys_words_cannot_act_on_a_terminal(
    fake: FakeAcme, ask: Ask
) -> None:
    fake.replies["/order"] = problem("caa", "no\x1b]0;owned\x07\nError: fine")

    with pytest.raises(IssuerRefused, match="CAA records") as caught:
        ask()

    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_of_the_account_is_logged(
    fake: FakeAcme, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.replies["/order"] = problem("rejectedIdentifier")

    with pytest.raises(IssuerRefused):
        ask(email="ann@example.com")

    assert "ann@example.com" not in caplog.text
    assert "/account/1" not in caplog.text


def test_a_binding_that_is_no_base64_is_one_sentence(fake: FakeAcme, ask: Ask) -> None:
    fake.offer(meta={"externalAccountRequired": True})

    with pytest.raises(IssuerRefused, match="TLSDEV_ACME_EAB_HMAC_KEY"):
        ask(eab_kid="k", eab_hmac_key="not base64!")
