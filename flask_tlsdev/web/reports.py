"""Who takes what browsers report, and who is told of it?"""

from __future__ import annotations

import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterable
from threading import Lock
from typing import Protocol
from typing import TYPE_CHECKING
from typing import TypeAlias

from flask import request
from flask import Response

from ..names import parse_name
from ..printable import quoted
from ._well_known import answer_below
from .net import host_without_port

if TYPE_CHECKING:
    from flask import Flask

    from ..contexts import TokenBucket
    from ..headers import Recipe
    from ..headers.reports import Report
    from ..names import Name

logger = logging.getLogger("flask_tlsdev")

#: Where reports go in production: each process of a server knows it.
PATH = "/_tlsdev/reports"

#: Is handed each distinct violation.
Sink: TypeAlias = "Callable[[Report], object]"

#: Is handed what each request brings, violations that it knows included.
Watcher: TypeAlias = "Callable[[list[Report]], object]"

#: The longest body. Browsers send a few hundred bytes for each report.
LONGEST = 64 * 1024

#: How many violations are remembered as said already.
REMEMBERED = 1000

#: How many requests are looked at, and how many violations are said: so many
#: at once, then so many a second.
_REQUESTS = (200, 20.0)
_SAID = (100, 1.0)

_LOGGER_NAME = r"[\w.-]{1,200}"


class _Settings(Protocol):
    @property
    def names(self) -> Iterable[Name]: ...

    @property
    def reports(self) -> Sink | None: ...


class HasSettings(Protocol):
    """Whatever knows an app's settings; they are asked for at each request."""

    @property
    def settings(self) -> _Settings: ...


class Collector:
    """Tells a sink of each distinct violation, and no faster than it can bear.

    :param sink: Called in the thread of the request.
    """

    def __init__(
        self, sink: Sink, requests: TokenBucket, said: TokenBucket, most: int
    ) -> None:
        self._sink = sink
        self._requests = requests
        self._left = said
        self._most = most
        self._seen: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._lock = Lock()

    def has_time(self) -> bool:
        """Whether one more request can be looked at now."""
        with self._lock:
            return self._requests.take()

    def take(self, found: Iterable[Report]) -> None:
        """Tell of those that nobody was told of."""
        for report in found:
            if self._is_new(report):
                self._tell(report)

    def _is_new(self, report: Report) -> bool:
        with self._lock:
            if report.violation in self._seen:
                self._seen.move_to_end(report.violation)
                return False

            # Not remembered: it is said when it comes at a better time.
            if not self._left.take():
                return False

            self._seen[report.violation] = None
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)
            return True

    def _tell(self, report: Report) -> None:
        try:
            self._sink(report)
        except Exception:
            # It is the app's, and the browser has done nothing wrong.
            logger.exception("TLSDEV_REPORTS: the function for reports has failed.")


class ReportHook:
    """The endpoint of one app, and the headers that lead browsers to it.

    :param state: Where the app's settings are found.
    """

    def __init__(self, state: HasSettings) -> None:
        self._state = state
        self._token = secrets.token_urlsafe(16)
        self._collector: Collector | None = None
        self._watcher: Watcher | None = None
        self._lock = Lock()

    def watch(self, watcher: Watcher) -> None:
        """Collect whether the settings ask for it or not, and tell of every report.

        To be called before the first request: headers are made once.
        """
        self._watcher = watcher

    def init_app(self, app: Flask) -> None:
        """Answer before all of the app: a report has no session and no token
        against forgery, and is neither redirected nor refused as foreign.
        """
        self._app = app
        answer_below(app, PATH, self.answer)

    @property
    def path(self) -> str:
        """Where the reports go. In development nobody can guess it."""
        return f"{PATH}/{self._token}" if self._in_development else PATH

    @property
    def _in_development(self) -> bool:
        return self._app.debug or self._app.testing

    def finish(self, recipe: Recipe) -> Recipe:
        """The headers with their reports sent to us, where that is asked for."""
        if not self._collects:
            return recipe

        from ..headers.reporting import reporting

        root = str(self._app.config["APPLICATION_ROOT"] or "").rstrip("/")
        return reporting(recipe, root + self.path, at_once=self._in_development)

    def answer(self) -> Response | None:
        """Take a report, if this is one; otherwise the app is asked."""
        asked, own = request.path.encode(), self.path.encode()
        if not self._collects or not secrets.compare_digest(asked, own):
            return None

        # Without a type it would get the headers of a page.
        status = self._status()
        answer = Response(status=status, mimetype="text/plain")
        if status == 405:
            answer.allow.add("POST")

        return answer

    @property
    def _collects(self) -> bool:
        return self._watcher is not None or self._state.settings.reports is not None

    def _status(self) -> int:
        # Only an app that collects has to load it.
        from ..headers import reports

        if request.method != "POST":
            return 405

        if request.mimetype not in reports.TYPES:
            return 415

        length = request.content_length
        if length is None:
            return 411

        if length > LONGEST:
            return 413

        collector = self._collector_of_app()
        return self._take(collector, length) if collector.has_time() else 429

    def _take(self, collector: Collector, length: int) -> int:
        from ..headers import reports

        try:
            found = reports.read(request.mimetype, request.stream.read(length))
        except ValueError:
            return 400

        found = [each for each in found if self._is_ours(each)]
        if self._watcher is not None:
            self._watcher(found)

        collector.take(found)
        return 204

    def _is_ours(self, report: Report) -> bool:
        """Whether it is of a page that this app can have served."""
        from ..headers import reports

        host = reports.host_of(report.document)
        if not host:
            return False

        if host == host_without_port(request.host):
            return True

        try:
            name = parse_name(host)
        except ValueError:
            return False

        return any(each.covers(name) for each in self._state.settings.names)

    def _collector_of_app(self) -> Collector:
        from ..contexts import TokenBucket

        sink = self._state.settings.reports or _nobody

        with self._lock:
            if self._collector is None:
                self._collector = Collector(
                    sink, TokenBucket(*_REQUESTS), TokenBucket(*_SAID), REMEMBERED
                )

            return self._collector


def _nobody(report: Report) -> None:
    """Is told because somebody has to be, and keeps it to itself."""


def parse(value: object) -> Sink | None:
    """Who is told of reports; ``None``: none are collected.

    :raises ValueError: It cannot be this.
    """
    if value is None or value is False:
        return None

    if value is True:
        return _Log(logger)

    if isinstance(value, str) and re.fullmatch(_LOGGER_NAME, value):
        return _Log(logging.getLogger(value))

    if callable(value):
        return value

    raise ValueError(f"{quoted(value)} is no function and no logger's name.")


class _Log:
    def __init__(self, log: logging.Logger) -> None:
        self._log = log

    def __call__(self, report: Report) -> None:
        self._log.warning("%s", report)
