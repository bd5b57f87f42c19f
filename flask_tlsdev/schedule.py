"""When is a pair renewed, and when is somebody told that it was not?"""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .store import Sidecar

#: Hosts that started together do not all ask at once: each does so a random part
#: of this part of the pair's life earlier than it has to.
SPREAD = 1 / 20

#: After a failure it waits for a minute, then twice as long each time; pairs that
#: live for minutes or hours are tried more often than that.
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)
_SHORTEST = timedelta(seconds=1)

#: Which parts of its life are over when somebody is told that it ends, and what is
#: said then.
WARNINGS = {1 / 2: "half", 3 / 4: "three quarters", 9 / 10: "nine tenths", 1.0: "all"}


class Failure:
    """What has gone wrong since the last time that a pair was renewed.

    :param sidecar: Of the pair that could not be renewed.
    """

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar
        self.times = 0
        #: What went wrong last, and when it is tried again.
        self.why = ""
        self.again: datetime | None = None
        #: The last warning that was given; ``None`` before the first failure was told.
        self.told: float | None = None

    def is_news(self, now: datetime) -> bool:
        """Whether it has not been said since the last part of the pair's life."""
        return self.told is None or warning(self.sidecar, now) > self.told

    def text(self, now: datetime) -> str:
        """What failed last, when the pair ends and what to type."""
        names, end = self.sidecar.names, f"{self.sidecar.not_after:%Y-%m-%d %H:%M} UTC"
        part = WARNINGS.get(warning(self.sidecar, now))
        ends = f"It is served until it ends at {end}"
        if part == "all":
            ends = f"It has expired at {end}, and clients refuse it"
        elif part:
            ends += f"; {part} of its life {'are' if part[-1] == 's' else 'is'} over"

        again = _span((self.again or now) - now)
        return (
            f"The pair for {', '.join(names)} could not be renewed, which is tried"
            f" again in {again} (now: flask tls renew {names[0]}). {ends}. {self.why}"
        )


def due(sidecar: Sidecar, margin: timedelta | None, luck: float) -> datetime:
    """When it is renewed.

    :param margin: How long before its end, to the second; ``None`` is about a third
        of its life.
    :param luck: Between 0 and 1, another one on each host.
    """
    moment = sidecar.due(margin)
    return moment - _life(sidecar) * SPREAD * luck if margin is None else moment


def after_failure(
    sidecar: Sidecar, failures: int, asked: float | None = None
) -> timedelta:
    """How long to wait before it is tried again.

    :param failures: How many there have been before this one.
    :param asked: For how many seconds whoever issues wants to be left alone.
    """
    pause = min(FIRST_RETRY * (1 << min(failures, 10)), _life(sidecar) / 10)
    wanted = timedelta(seconds=min(asked or 0, LAST_RETRY.total_seconds()))
    return max(min(pause, LAST_RETRY), wanted, _SHORTEST)


def after_success(sidecar: Sidecar, now: datetime) -> timedelta:
    """How long to leave one alone that is due as soon as it is there.

    A CA that ends soon gives such ones, again and again, and so does any where a
    pair lives shorter than it is to be renewed before its end.
    """
    return max(min((sidecar.not_after - now) / 2, LAST_RETRY), _SHORTEST * 10)


def warning(sidecar: Sidecar, now: datetime) -> float:
    """The last of :data:`WARNINGS` that has come; 0 before the first."""
    over = (now - sidecar.not_before) / _life(sidecar)
    return max((part for part in WARNINGS if part <= over), default=0.0)


def next_warning(sidecar: Sidecar, now: datetime) -> datetime | None:
    """When the next one comes."""
    moments = [sidecar.not_before + _life(sidecar) * part for part in WARNINGS]
    return min((moment for moment in moments if moment > now), default=None)


def _span(span: timedelta) -> str:
    seconds = max(round(span.total_seconds()), 0)
    count, unit = (seconds // 60, "minute") if seconds >= 60 else (seconds, "second")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _life(sidecar: Sidecar) -> timedelta:
    # A certificate may end when it begins.
    return max(sidecar.not_after - sidecar.not_before, _SHORTEST)
