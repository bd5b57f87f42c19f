from __future__ import annotations

import json
import tracemalloc
from datetime import datetime
from datetime import timedelta
from datetime import timezone

from flask_tlsdev.headers.ledger import Ledger
from flask_tlsdev.headers.ledger import MOST
from flask_tlsdev.headers.ledger import PAGES
from flask_tlsdev.headers.ledger import Totals
from flask_tlsdev.headers.reports import Report

PAGE = "https://shop.test/page"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def report(number: int = 0, page: str = PAGE) -> Report:
    return Report("csp-violation", True, page, "img-src", f"https://cdn.test/{number}")


class Clock:
    """A minute goes by each time that it is looked at."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time


def test_the_same_violation_is_counted_on_each_page() -> None:
    ledger = Ledger(now=Clock())

    ledger.take([report(), report()])
    (entry,) = ledger.take([report(page=f"{PAGE}/2")])

    assert entry["count"] == 3
    assert entry["pages"] == {PAGE: 2, f"{PAGE}/2": 1}
    assert entry["first"] == "2026-01-01T00:01:00+00:00"
    assert entry["last"] == "2026-01-01T00:03:00+00:00"
    assert ledger.entries() == [entry]
    assert ledger.totals == Totals(received=3, kept=1, forgotten=0)


def test_the_latest_is_first() -> None:
    ledger = Ledger()

    ledger.take([report(1), report(2), report(1)])

    assert [each["blocked"] for each in ledger.entries()] == [
        "https://cdn.test/1",
        "https://cdn.test/2",
    ]


def test_one_that_is_stopped_is_another_one_than_one_that_is_only_reported() -> None:
    ledger = Ledger()

    ledger.take([report(), Report("csp-violation", False, PAGE, "img-src", "x")])

    assert [each["enforced"] for each in ledger.entries()] == [False, True]


def test_what_was_not_seen_for_longest_is_forgotten_and_said_to_be() -> None:
    ledger = Ledger(most=2)

    ledger.take([report(0), report(1), report(0), report(2)])

    kept = [each["blocked"] for each in ledger.entries()]
    assert kept == ["https://cdn.test/2", "https://cdn.test/0"]
    assert ledger.totals == Totals(received=4, kept=2, forgotten=1)


def test_more_pages_than_are_kept_are_counted_together() -> None:
    ledger = Ledger(pages=2)

    ledger.take([report(page=f"{PAGE}/{number}") for number in (0, 1, 2, 3, 0)])

    (entry,) = ledger.entries()
    assert entry["pages"] == {f"{PAGE}/0": 2, f"{PAGE}/1": 1}
    assert entry["elsewhere"] == 2


def test_a_number_is_of_one_violation_only() -> None:
    ledger = Ledger(most=1)

    ledger.take([report(0)])
    ledger.take([report(1)])

    assert ledger.reports() == {2: report(1)}


def test_all_of_it_is_json() -> None:
    ledger = Ledger()

    found = ledger.take([report()])

    assert json.loads(json.dumps(found)) == found


def test_a_hundred_thousand_reports_take_no_more_than_so_much_memory() -> None:
    ledger = Ledger()
    # As long as a report's texts can be.
    rest = "x" * 200
    tracemalloc.start()

    for start in range(0, 100_000, 50):
        pages = [f"{PAGE}/{number}/{rest}" for number in range(start, start + 50)]
        ledger.take([report(number, page) for number, page in enumerate(pages, start)])
        ledger.take([report(-1, page) for page in pages])

    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 2_000_000
    assert len(ledger.entries()) == MOST
    assert len(ledger.entries()[0]["pages"]) == PAGES  # type: ignore[arg-type]  # what JSON holds
    assert ledger.totals == Totals(200_000, MOST, 100_001 - MOST)
