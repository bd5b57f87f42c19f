"""Who accepts what of our CA? The table in the documentation is what is asserted."""

from __future__ import annotations

import csv
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.matrix.chains import CLIENT
from tests.matrix.chains import CODE
from tests.matrix.chains import EVIL
from tests.matrix.chains import SERVER
from tests.matrix.clients import Answers
from tests.matrix.clients import CLIENTS
from tests.matrix.clients import ROWS
from tests.matrix.farm import Farm
from tests.matrix.farm import farm as serve

#: What the documentation shows, and what is asserted here.
TABLE = Path(__file__).parents[2] / "docs" / "clients.csv"

Ask = Callable[[str], Answers]

#: What nobody accepts, with or without a limit: it is for something else.
OTHER_PURPOSE = {
    SERVER: {"signed code", "client with UPN"},
    CLIENT: {"signed code"},
    CODE: {"client with UPN"},
}

#: Go refuses a critical extension with nothing in it that it knows.
UNREADABLE = {("Go", "client with UPN")}

VISITORS = [
    client for clients, shown in ROWS.values() if shown == SERVER for client in clients
]
QUESTIONS = [
    pytest.param(row, client, shown, id=f"{row}-{client}")
    for row, (clients, shown) in ROWS.items()
    for client in clients
]


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with serve(tmp_path_factory.mktemp("matrix")) as farm:
        yield farm


@pytest.fixture(scope="module")
def ask(farm: Farm) -> Ask:
    """What a client says to everything. Each is started once."""
    known: dict[str, Answers] = {}

    def ask(client: str) -> Answers:
        if client not in known:
            known[client] = CLIENTS[client](farm)
        return known[client]

    return ask


def table() -> dict[str, set[str]]:
    """What each row of the documentation accepts all the same."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            row.pop("Asked"): {kind for kind, cell in row.items() if cell == "accepted"}
            for row in csv.DictReader(file)
        }


def shown_to(farm: Farm, answers: Answers, shown: str) -> Answers:
    checks = {SERVER: farm.visits, CLIENT: farm.clients, CODE: farm.code}[shown]
    return {check: answers[check] for check in checks}


def test_the_table_asks_everyone_about_everything() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)

    assert header == ["Asked", *EVIL]
    assert [row[0] for row in rows] == list(ROWS)
    assert {cell for row in rows for cell in row[1:]} <= {"", "accepted"}


@pytest.mark.parametrize("client", VISITORS)
def test_each_name_that_the_ca_is_for_is_accepted(client: str, ask: Ask) -> None:
    answers = ask(client)

    refused = {
        str(check): said
        for check, said in answers.items()
        if check.sort == "good" and said
    }

    assert refused == {}


@pytest.mark.parametrize(("row", "client", "shown"), QUESTIONS)
def test_what_a_thief_signs_is_accepted_where_the_table_says_so_and_nowhere_else(
    row: str, client: str, shown: str, farm: Farm, ask: Ask
) -> None:
    answers = shown_to(farm, ask(client), shown)

    accepted = {
        check.kind
        for check, said in answers.items()
        if check.sort == "evil" and not said
    }

    assert accepted == table()[row]


@pytest.mark.parametrize(("row", "client", "shown"), QUESTIONS)
def test_without_the_limits_it_is_accepted(
    row: str, client: str, shown: str, farm: Farm, ask: Ask
) -> None:
    answers = shown_to(farm, ask(client), shown)

    refused = {
        str(check): said
        for check, said in answers.items()
        if check.sort == "control"
        and said
        and check.kind not in OTHER_PURPOSE[shown]
        and (client, check.kind) not in UNREADABLE
    }

    assert refused == {}
