from __future__ import annotations

import ssl

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts.events import Event
from flask_tlsdev.store import PairFiles

from .making import make
from .making import put
from .serving import Server
from .serving import settle


@pytest.fixture
def told(context: DevContext) -> list[Event]:
    events: list[Event] = []
    context.listener = events.append
    return events


def test_a_client_that_does_not_trust_the_ca_is_an_event(
    server: Server, told: list[Event]
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        server.handshake(ssl.create_default_context())

    settle(lambda: bool(told))
    (event,) = told
    assert event.kind == "refused"
    assert event.peer == "127.0.0.1"
    assert event.sentence.startswith("The client does not trust the CA.")


def test_another_pair_is_an_event(
    context: DevContext, files: PairFiles, told: list[Event]
) -> None:
    put(files.certfile.parent, make())

    context.current()
    context.current()

    (event,) = told
    assert event.kind == "swapped"
    assert str(files.certfile) in event.sentence


def test_files_that_cannot_be_served_are_an_event(
    context: DevContext, files: PairFiles, told: list[Event]
) -> None:
    files.certfile.write_text("nothing")

    context.current()
    context.current()

    (event,) = told
    assert event.kind == "kept"
    assert event.sentence.startswith("Still serving the earlier certificate.")


def test_nobody_needs_to_listen(context: DevContext, files: PairFiles) -> None:
    put(files.certfile.parent, make())

    context.current()

    assert context.listener is None
