"""A pair in files, a context that serves it, and a server with the context."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.names import parse
from flask_tlsdev.store import PairFiles

from .making import make
from .making import put
from .serving import Server
from .serving import serving


@pytest.fixture
def files(tmp_path: Path) -> PairFiles:
    return put(tmp_path / "pair", make())


@pytest.fixture
def context(files: PairFiles) -> DevContext:
    return server_context(
        files, names=parse("localhost, app.test, *.app.test"), handshake_timeout=5
    )


@pytest.fixture
def server(context: DevContext) -> Iterator[Server]:
    with serving(context) as server:
        yield server


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """The warnings of the package so far, in words. It changes as they come."""
    found: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    keeper = Keeper(logging.WARNING)
    logging.getLogger("flask_tlsdev").addHandler(keeper)
    yield found
    logging.getLogger("flask_tlsdev").removeHandler(keeper)
