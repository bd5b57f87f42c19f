"""How does a pair stay valid while a server runs for months?"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING

from .errors import TLSDevError
from .printable import printable
from .provision import obtain
from .store import sidecar_of

if TYPE_CHECKING:
    from .contexts.events import Kind
    from .names import Name
    from .provision import Provided
    from .provision import Source
    from .store import PairFiles
    from .store import Sidecar

logger = logging.getLogger("flask_tlsdev")

#: The thread looks at the clock this often at least: a machine that slept has
#: another time than the thread has counted.
LONGEST_PAUSE = timedelta(minutes=5)

#: After a failure it waits for a minute, then twice as long each time.
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class KeptPair:
    """A pair that is served, and what it takes to renew it.

    A pair that somebody else keeps, in a mounted folder or in files of the
    user's own, is left alone.
    """

    files: PairFiles
    names: Sequence[Name]
    renew_before: timedelta | None
    #: Gives what it is made from. Called when it is due: it may take an app.
    source: Callable[[], Source]
    #: Told of the files, old and new, where the new pair lies elsewhere, as
    #: that of another CA does.
    replace: Callable[[PairFiles, PairFiles], None]
    #: Is told what has become of a renewal.
    tell: Callable[[Kind, str], object] | None = None

    _failures: int = 0
    _not_before: datetime | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it came from our store."""
        return sidecar_of(self.files) is not None

    def due(self) -> datetime | None:
        """When it is to be renewed; ``None`` for one that is not ours to renew.

        Read from the disk: another process may have renewed it meanwhile.
        """
        sidecar = sidecar_of(self.files)

        # An imported one has no issuer here that could be asked.
        if sidecar is None or sidecar.issuer_id == "imported":
            return None

        due = sidecar.due(self.renew_before)
        return max(due, self._not_before or due)

    def tend(self, now: datetime) -> None:
        """Renew it if it is due."""
        due = self.due()

        if due is not None and due <= now:
            self._renew(now)

    def _renew(self, now: datetime) -> None:
        try:
            provided = obtain(self.source(), self.names)
        except TLSDevError as error:
            self._failed(now, str(error))
        except Exception as error:
            # The source may be an app that somebody is in the middle of editing.
            self._failed(now, printable(f"{type(error).__name__}: {error}"))
        else:
            self._renewed(now, provided)

    def _renewed(self, now: datetime, provided: Provided) -> None:
        self._failures = 0

        if provided.files != self.files:
            old, self.files = self.files, provided.files
            self.replace(old, self.files)

        if provided.sidecar is not None:
            self._say(provided.sidecar)

            # A CA that ends soon gives pairs which are due at once, again and
            # again.
            if provided.sidecar.due(self.renew_before) <= now:
                self._not_before = now + LAST_RETRY

    def _say(self, sidecar: Sidecar) -> None:
        said = (
            f"The pair for {', '.join(map(str, self.names))} was renewed until"
            f" {sidecar.not_after:%Y-%m-%d %H:%M} UTC."
        )
        logger.info("%s", said)
        if self.tell is not None:
            self.tell("renewed", said)

    def _failed(self, now: datetime, why: str) -> None:
        pause = min(FIRST_RETRY * 2 ** min(self._failures, 10), LAST_RETRY)
        self._failures += 1
        self._not_before = now + pause
        said = (
            f"The pair for {', '.join(map(str, self.names))} could not be renewed,"
            f" which is tried again in {pause // timedelta(minutes=1)} minutes. {why}"
        )
        logger.warning("%s", said)
        if self.tell is not None:
            self.tell("not renewed", said)


class Renewal:
    """Renews pairs shortly before they end, in one daemon thread of the server.

    The contexts follow the files, so nothing has to be restarted. However many
    processes serve a pair, one of them renews it: the others wait for its lock
    and find what it has made.

    :param now: The time, for tests.
    """

    def __init__(
        self,
        pairs: Sequence[KeptPair],
        *,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._pairs = [pair for pair in pairs if pair.is_ours]
        self._now = now
        self._lock = threading.Lock()
        self._process: int | None = None
        self._over = threading.Event()

    def ensure_running(self) -> None:
        """Start the thread unless it runs in this process.

        Before each client: a server may have forked since the last one, and no
        thread survives that.
        """
        if self._process != os.getpid() and self._pairs:
            with self._lock:
                self._start()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._over.set()

    def pause(self) -> timedelta:
        """For how long there is nothing to do."""
        now = self._now()
        dues = [due for pair in self._pairs if (due := pair.due()) is not None]
        until = min((due - now for due in dues), default=LONGEST_PAUSE)
        return max(timedelta(), min(until, LONGEST_PAUSE))

    def tend(self) -> None:
        """Renew what is due."""
        for pair in self._pairs:
            pair.tend(self._now())

    def _start(self) -> None:
        if self._process == os.getpid():
            return

        self._process = os.getpid()
        threading.Thread(
            target=self._run, name="flask-tlsdev renewal", daemon=True
        ).start()

    def _run(self) -> None:
        while not self._over.wait(self.pause().total_seconds()):
            self.tend()
