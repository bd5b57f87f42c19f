"""A server that keeps connections, and one whose clients have hardly any time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.names import parse
from flask_tlsdev.server import Limits
from flask_tlsdev.store import PairFiles

from ..contexts.making import make
from ..contexts.making import put
from .serving import Served
from .serving import serving
from .serving import Talk

HASTY = Limits(head_timeout=0.4, idle_timeout=0.4)


@pytest.fixture
def files(tmp_path: Path) -> PairFiles:
    return put(tmp_path / "pair", make())


@pytest.fixture
def context(files: PairFiles) -> DevContext:
    return server_context(files, names=parse("localhost"), handshake_timeout=5)


@pytest.fixture
def server(context: DevContext) -> Iterator[Served]:
    with serving(context) as server:
        yield server


@pytest.fixture
def hasty(context: DevContext) -> Iterator[Served]:
    """A server with little patience."""
    with serving(context, HASTY) as server:
        yield server


@pytest.fixture
def talk(server: Served) -> Iterator[Talk]:
    with server.talk() as talk:
        yield talk
