"""How does a pair stay valid while a server runs for months?"""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Callable
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import TYPE_CHECKING

from . import schedule
from .errors import TLSDevError
from .printable import printable
from .provision import obtain
from .schedule import Failure
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


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


class KeptPair:
    """A pair that is served, and what it takes to renew it.

    A pair that somebody else keeps, in a mounted folder or in files of the
    user's own, is left alone.

    :param source: Gives what it is made from. Called when it is due: it may
        take an app.
    :param replace: Told of the files, old and new, where the new pair lies
        elsewhere, as that of another CA does.
    :param tell: Is told what has become of a renewal.
    :param luck: Which of the hosts that share an issuer this is, as it were.
    """

    def __init__(
        self,
        files: PairFiles,
        names: Sequence[Name],
        renew_before: timedelta | None,
        source: Callable[[], Source],
        replace: Callable[[PairFiles, PairFiles], None],
        tell: Callable[[Kind, str], object] | None = None,
        luck: float | None = None,
    ) -> None:
        self.files = files
        self.names = names
        self.renew_before = renew_before
        self.source = source
        self.replace = replace
        self.tell = tell
        self.luck = random.random() if luck is None else luck  # noqa: S311  (no secret)
        self._failure: Failure | None = None
        #: Left alone until then.
        self._not_before: datetime | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it came from our store."""
        return sidecar_of(self.files) is not None

    def due(self) -> datetime | None:
        """When it is to be renewed; ``None`` for one that is not ours to renew.

        Read from the disk: another process may have renewed it meanwhile.
        """
        sidecar = self._sidecar()
        return None if sidecar is None else self._due(sidecar)

    def wake(self, now: datetime) -> datetime | None:
        """When there is something to do: to renew it, or to say that it ends."""
        sidecar = self._sidecar()
        if sidecar is None:
            return None

        warning = schedule.next_warning(sidecar, now) if self._failure else None
        return min(self._due(sidecar), warning or self._due(sidecar))

    def tend(self, now: datetime) -> None:
        """Renew it if it is due, and say in time that it was not."""
        sidecar = self._sidecar()
        if sidecar is None:
            return

        if self._failure is not None and self._failure.sidecar != sidecar:
            # Another process has had more luck.
            self._failure = self._not_before = None

        if self._due(sidecar) <= now:
            self._renew(sidecar, now)
        elif self._failure is not None and self._failure.is_news(now):
            self._tell_of(self._failure, now)

    def _sidecar(self) -> Sidecar | None:
        sidecar = sidecar_of(self.files)
        # An imported one has no issuer here that could be asked.
        return None if sidecar and sidecar.issuer_id == "imported" else sidecar

    def _due(self, sidecar: Sidecar) -> datetime:
        due = schedule.due(sidecar, self.renew_before, self.luck)
        return max(due, self._not_before or due)

    def _renew(self, sidecar: Sidecar, now: datetime) -> None:
        try:
            provided = obtain(self.source(), self.names, instead_of=sidecar)
        except TLSDevError as error:
            asked = getattr(error, "retry_after", None)
            self._failed(sidecar, now, str(error), asked)
        except Exception as error:
            # The source may be an app that somebody is in the middle of editing.
            why = printable(f"{type(error).__name__}: {error}")
            self._failed(sidecar, now, why, None)
        else:
            self._renewed(now, provided)

    def _renewed(self, now: datetime, provided: Provided) -> None:
        self._failure = self._not_before = None

        if provided.files != self.files:
            old, self.files = self.files, provided.files
            self.replace(old, self.files)

        if provided.sidecar is not None:
            self._say("renewed", logging.INFO, _renewed_text(self, provided.sidecar))
            if self._due(provided.sidecar) <= now:
                self._not_before = now + schedule.after_success(provided.sidecar, now)

    def _failed(
        self, sidecar: Sidecar, now: datetime, why: str, asked: float | None
    ) -> None:
        failure = self._failure or Failure(sidecar)
        pause = schedule.after_failure(sidecar, failure.times, asked)
        failure.times += 1
        failure.why = why
        failure.again = self._not_before = now + pause
        self._failure = failure
        self._tell_of(failure, now)

    def _tell_of(self, failure: Failure, now: datetime) -> None:
        """Loudly only if somebody has to be woken by it."""
        level = logging.WARNING if failure.is_news(now) else logging.INFO
        text = failure.text(now)
        failure.told = schedule.warning(failure.sidecar, now)
        self._say("not renewed", level, text)

    def _say(self, kind: Kind, level: int, text: str) -> None:
        logger.log(level, "%s", text)
        if self.tell is not None:
            self.tell(kind, text)


def _renewed_text(pair: KeptPair, sidecar: Sidecar) -> str:
    names = ", ".join(map(str, pair.names))
    end = f"{sidecar.not_after:%Y-%m-%d %H:%M} UTC"
    return f"The pair for {names} was renewed until {end}."


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
        moments = [at for pair in self._pairs if (at := pair.wake(now)) is not None]
        until = min((at - now for at in moments), default=LONGEST_PAUSE)
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
