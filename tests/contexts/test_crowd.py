from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator

import pytest

from flask_tlsdev.contexts import crowd as crowd_module
from flask_tlsdev.contexts import Stage
from flask_tlsdev.contexts.crowd import Crowd


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    pairs = [socket.socketpair() for _ in range(4)]
    yield [ours for ours, _ in pairs]
    for pair in pairs:
        for each in pair:
            each.close()


def wait_until_old(stage: Stage) -> None:
    threading.Event().wait(stage.peace + 0.01)


def is_dropped(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False


def test_there_is_room_below_the_limit(clients: list[socket.socket]) -> None:
    crowd = Crowd(2)
    crowd.enter(clients[0])

    crowd.make_room()

    assert len(crowd) == 1
    assert not is_dropped(clients[0])


def test_the_oldest_silent_client_goes_first(clients: list[socket.socket]) -> None:
    crowd = Crowd(3)
    crowd.enter(clients[0], Stage.BUSY)
    crowd.enter(clients[1])
    crowd.enter(clients[2])
    wait_until_old(Stage.SILENT)

    with pytest.raises(BlockingIOError):
        crowd.make_room()

    assert [is_dropped(client) for client in clients[:3]] == [False, True, False]


def test_a_place_is_free_when_its_client_has_left(
    clients: list[socket.socket],
) -> None:
    crowd = Crowd(1)
    crowd.enter(clients[0])
    leaving = threading.Timer(0.02, crowd.leave, (clients[0],))
    leaving.start()

    crowd.make_room()

    leaving.join()
    assert len(crowd) == 0


@pytest.mark.parametrize("stage", [Stage.BUSY, Stage.SILENT, Stage.IDLE])
def test_who_has_just_come_or_is_served_is_left_in_peace(
    clients: list[socket.socket], stage: Stage
) -> None:
    crowd = Crowd(1)
    crowd.enter(clients[0], stage)

    crowd._drop_one()

    assert not is_dropped(clients[0])


def test_idle_clients_go_before_those_that_speak(clients: list[socket.socket]) -> None:
    crowd = Crowd(2)
    crowd.enter(clients[0], Stage.SPEAKING)
    crowd.enter(clients[1], Stage.IDLE)
    wait_until_old(Stage.SPEAKING)

    crowd.drop_one()

    assert [is_dropped(client) for client in clients[:2]] == [False, True]

    crowd.drop_one()

    assert is_dropped(clients[0])


def test_a_client_that_was_told_to_go_is_told_once(
    clients: list[socket.socket],
) -> None:
    crowd = Crowd(1)
    crowd.enter(clients[0])
    wait_until_old(Stage.SILENT)
    crowd.drop_one()

    crowd.move(clients[0], Stage.IDLE)

    assert crowd._clients[clients[0]].stage is Stage.DROPPED


def test_busy_servers_say_so_once(
    clients: list[socket.socket], warned: list[str]
) -> None:
    crowd = Crowd(1)
    crowd.enter(clients[0], Stage.BUSY)

    for _ in range(2):
        with pytest.raises(BlockingIOError) as caught:
            crowd.make_room()
        assert caught.value.errno == errno.EAGAIN

    assert len(warned) == 1
    assert "TLSDEV_MAX_CONNECTIONS" in warned[0]


def test_half_of_the_descriptors_is_the_most() -> None:
    available = crowd_module._descriptors()

    assert Crowd(10**9).limit == available // 2
