from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from flask_tlsdev.headers.reports import Report
from flask_tlsdev.headers.what_if import LONGEST

from .serving import FETCHED
from .serving import Served
from .serving import serving

PAGE = "https://localhost:5000/page"
IMAGE = Report("csp-violation", True, PAGE, "img-src", "https://cdn.test/a.png")
COEP = Report("coep", False, PAGE, "Cross-Origin-Embedder-Policy", "https://a.test/")


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def state(served: Served, **query: str) -> Any:
    headers = {**served.cookie(), **FETCHED}
    answer = served.ask(f"/_tlsdev/state/violations?{urlencode(query)}", headers)
    return json.loads(answer.body)


def test_what_was_reported_is_counted_per_page(served: Served) -> None:
    served.run.ledger.take([IMAGE, COEP, IMAGE])

    found = state(served)

    assert [(each["rule"], each["count"]) for each in found["entries"]] == [
        ("img-src", 2),
        ("Cross-Origin-Embedder-Policy", 1),
    ]
    assert found["entries"][0]["pages"] == {PAGE: 2}
    assert found["totals"] == {"received": 3, "kept": 2, "forgotten": 0}


def test_another_policy_says_what_it_would_have_done(served: Served) -> None:
    served.run.ledger.take([IMAGE, COEP])

    wide = state(served, policy="img-src https:")
    narrow = state(served, policy="default-src 'self'")

    assert wide["verdicts"] == {
        "1": {
            "outcome": "allowed",
            "directive": "img-src",
            "reason": "https: lets it in.",
        }
    }
    assert narrow["verdicts"]["1"]["outcome"] == "blocked"


def test_slips_in_the_other_policy_are_said(served: Served) -> None:
    found = state(served, policy="imgsrc https:; default-src self")

    assert len(found["doubts"]) == 2
    assert found["error"] is None


@pytest.mark.parametrize("policy", ["", ";", "x" * (LONGEST + 1)])
def test_what_is_no_policy_is_an_error_in_words(served: Served, policy: str) -> None:
    found = state(served, policy=policy)

    assert found["error"].endswith(".")
    assert found["verdicts"] == {}


def test_the_longest_policy_fits_into_a_query(served: Served) -> None:
    # Each of these becomes three characters.
    policy = f"img-src {'/' * LONGEST}"[:LONGEST]

    assert state(served, policy=policy)["error"] is None
