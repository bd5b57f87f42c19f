from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from flask_tlsdev.devtools import Hub


def data(piece: bytes) -> list[dict[str, Any]]:
    """The events in a piece of a stream."""
    lines = piece.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def test_who_watches_is_told_at_once() -> None:
    hub = Hub()
    stream = hub.stream(hub.last)
    next(stream)
    timer = threading.Timer(0, hub.tell, ["handshakes", {"kind": "refused"}])
    timer.start()

    piece = next(stream)

    timer.join()
    assert piece.startswith(b"id: 1\nevent: handshakes\ndata: {")
    assert data(piece)[0]["kind"] == "refused"


def test_who_was_away_is_told_what_he_missed() -> None:
    hub = Hub()
    for number in range(5):
        hub.tell("a" if number % 2 else "b", {"number": number})

    stream = hub.stream(2)
    next(stream)

    assert [each["number"] for each in data(next(stream))] == [2, 3, 4]


def test_an_id_of_an_earlier_process_is_the_beginning() -> None:
    hub = Hub()
    hub.tell("a", {})

    stream = hub.stream(99)
    next(stream)

    assert len(data(next(stream))) == 1


def test_a_silent_stream_says_that_it_is_there() -> None:
    stream = Hub().stream(0, heartbeat=0)
    next(stream)

    assert next(stream).startswith(b":")


def test_no_more_is_kept_than_may_be() -> None:
    hub = Hub(kept=3)
    for number in range(100_000):
        hub.tell("reports", {"number": number})
    hub.tell("handshakes", {})

    assert [each["number"] for each in hub.recent("reports")] == [99997, 99998, 99999]
    assert len(hub.recent("handshakes")) == 1


def test_one_stream_too_many_ends_the_oldest() -> None:
    hub = Hub(streams=2)
    streams = [hub.stream(0, heartbeat=0) for _ in range(3)]
    for stream in streams:
        next(stream)

    with pytest.raises(StopIteration):
        next(streams[0])

    assert next(streams[2]).startswith(b":")


def test_streams_end_with_the_server() -> None:
    hub = Hub()
    stream = hub.stream(0)
    next(stream)
    ended = threading.Thread(target=lambda: list(stream))
    ended.start()

    hub.close()

    ended.join(10)
    assert not ended.is_alive()


def test_a_line_break_makes_no_event_of_its_own() -> None:
    hub = Hub()
    hub.tell("a", {"text": "x\n\nevent: b\ndata: 1\r\n\u2028"})
    stream = hub.stream(0)
    next(stream)

    (found,) = data(next(stream))

    assert found["text"].startswith("x\n\nevent: b")
