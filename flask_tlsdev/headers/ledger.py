"""Which violations were reported, how often, and on which pages?

Anybody can report without end: whatever is sent, no more than so much is kept,
and what was dropped is counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timezone
from threading import Lock

from .reports import Report

#: How many violations are kept, and on how many pages each.
MOST = 300
PAGES = 20


@dataclass
class Entry:
    """One violation."""

    #: As it was reported first.
    report: Report
    first: datetime
    last: datetime
    #: A number that stays its own.
    id: int
    count: int = 0
    #: How often on each page.
    pages: dict[str, int] = field(default_factory=dict)
    #: How often on pages beyond those.
    elsewhere: int = 0

    def add(self, page: str, now: datetime, most: int) -> None:
        """Count it once more."""
        self.count += 1
        self.last = now
        if page in self.pages or len(self.pages) < most:
            self.pages[page] = self.pages.get(page, 0) + 1
        else:
            self.elsewhere += 1

    def as_dict(self) -> dict[str, object]:
        """All of it, for ``json.dumps``."""
        report = self.report
        return {
            "number": self.id,
            "kind": report.kind,
            "enforced": report.enforced,
            "rule": report.rule,
            "blocked": report.blocked,
            "source": report.source,
            "remedy": report.remedy,
            "caution": report.caution,
            "count": self.count,
            "pages": dict(self.pages),
            "elsewhere": self.elsewhere,
            "first": self.first.isoformat(timespec="seconds"),
            "last": self.last.isoformat(timespec="seconds"),
        }


@dataclass(frozen=True)
class Totals:
    """What came, and what is left of it."""

    #: All reports.
    received: int
    #: Violations that are kept.
    kept: int
    #: Violations that were forgotten to make room for newer ones.
    forgotten: int


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Ledger:
    """Counts violations, the same ones together.

    Full, it forgets the violation that was not reported for longest.
    """

    def __init__(
        self,
        *,
        most: int = MOST,
        pages: int = PAGES,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._most = most
        self._pages = pages
        self._now = now
        self._entries: OrderedDict[tuple[object, ...], Entry] = OrderedDict()
        self._received = 0
        self._made = 0
        self._lock = Lock()

    def take(self, reports: Iterable[Report]) -> list[dict[str, object]]:
        """Count these; what is now known of each violation among them."""
        with self._lock:
            changed = {id(each): each for each in map(self._count, reports)}
            return [each.as_dict() for each in changed.values()]

    def entries(self) -> list[dict[str, object]]:
        """All that is kept, the latest first."""
        with self._lock:
            return [each.as_dict() for each in reversed(self._entries.values())]

    def reports(self) -> dict[int, Report]:
        """What was reported, by the number of its entry."""
        with self._lock:
            return {each.id: each.report for each in self._entries.values()}

    @property
    def totals(self) -> Totals:
        """What came so far."""
        with self._lock:
            kept = len(self._entries)
            return Totals(self._received, kept, self._made - kept)

    def _count(self, report: Report) -> Entry:
        self._received += 1
        now = self._now()
        entry = self._entries.get(report.violation)
        if entry is None:
            entry = self._add(report, now)

        self._entries.move_to_end(report.violation)
        entry.add(report.document, now, self._pages)
        return entry

    def _add(self, report: Report, now: datetime) -> Entry:
        self._made += 1
        entry = Entry(report, now, now, self._made)
        self._entries[report.violation] = entry
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

        return entry
