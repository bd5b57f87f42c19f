"""How does what happens reach the browsers that watch, in bounded memory?"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from datetime import timezone
from typing import Any

#: How many events of each panel are kept.
KEPT = 200

#: How many browsers may watch at once. One more ends the oldest stream.
STREAMS = 8

#: Seconds after which a silent stream says that it is still there. A browser that
#: has gone is noticed then.
HEARTBEAT = 10.0

#: Milliseconds that a browser waits before it connects again.
_RETRY = 2000


class Hub:
    """Keeps the last events of each panel, and hands them to whoever watches.

    A stream remembers no more than the last event that it has sent. A browser that
    is slower than the events misses the oldest ones.
    """

    def __init__(self, *, kept: int = KEPT, streams: int = STREAMS) -> None:
        self._kept = kept
        self._most = streams
        self._last = 0
        self._panels: dict[str, deque[dict[str, Any]]] = {}
        self._streams: deque[object] = deque()
        self._news = threading.Condition()
        self._over = False

    def tell(
        self, panel: str, data: Mapping[str, object], at: datetime | None = None
    ) -> None:
        """Keep an event, and wake all who watch.

        :param at: When it was; now if nothing is said.
        """
        at = at or datetime.now(timezone.utc)
        with self._news:
            self._last += 1
            event = {**data, "id": self._last, "at": at.isoformat(timespec="seconds")}
            self._panels.setdefault(panel, deque(maxlen=self._kept)).append(event)
            self._news.notify_all()

    def recent(self, panel: str) -> list[dict[str, Any]]:
        """The events of a panel that are kept, oldest first."""
        with self._news:
            return list(self._panels.get(panel, ()))

    def close(self) -> None:
        """End every stream."""
        with self._news:
            self._over = True
            self._news.notify_all()

    @property
    def last(self) -> int:
        """The id of the newest event."""
        return self._last

    def stream(self, last: int, *, heartbeat: float = HEARTBEAT) -> Iterator[bytes]:
        """Server-sent events from after this id on, until the browser goes.

        :param last: An id of the future is one of an earlier process: then all
            that is kept is news.
        """
        last = last if last <= self._last else 0
        me = self._enter()

        try:
            yield f"retry: {_RETRY}\n\n".encode()

            while self._wait(me, last, heartbeat):
                found = self._since(last)
                last = found[-1][1]["id"] if found else last
                yield b"".join(_lines(*each) for each in found) or b": still here\n\n"
        finally:
            self._leave(me)

    def _enter(self) -> object:
        me = object()
        with self._news:
            self._streams.append(me)
            while len(self._streams) > self._most:
                self._streams.popleft()
            self._news.notify_all()

        return me

    def _leave(self, me: object) -> None:
        with self._news:
            if me in self._streams:
                self._streams.remove(me)

    def _wait(self, me: object, last: int, heartbeat: float) -> bool:
        """Wait for news or for the time to say something; whether to go on."""
        with self._news:
            self._news.wait_for(
                lambda: self._last > last or self._is_over(me), heartbeat
            )
            return not self._is_over(me)

    def _is_over(self, me: object) -> bool:
        return self._over or me not in self._streams

    def _since(self, last: int) -> list[tuple[str, dict[str, Any]]]:
        with self._news:
            found = [
                (panel, event)
                for panel, events in self._panels.items()
                for event in events
                if event["id"] > last
            ]

        return sorted(found, key=lambda each: each[1]["id"])


def _lines(panel: str, event: Mapping[str, Any]) -> bytes:
    return f"id: {event['id']}\nevent: {panel}\ndata: {json.dumps(event)}\n\n".encode()
