from __future__ import annotations

import pytest
from werkzeug.test import create_environ

from flask_tlsdev.names import parse
from flask_tlsdev.server.debugger import Debugger
from flask_tlsdev.server.debugger import trusted_names


def trusts(names: frozenset[str], host: str) -> bool:
    debugger = Debugger(lambda environ, start: [], names)
    return debugger.check_host_trust({**create_environ(), "HTTP_HOST": host})


NAMES = trusted_names(parse("app.test, *.wild.test, 10.0.0.7, ::1"), "0.0.0.0")


@pytest.mark.parametrize(
    "host",
    ["app.test", "app.test:5000", "10.0.0.7:5000", "[::1]:5000", "localhost:5000"],
)
def test_the_console_works_under_the_names_that_were_written_down(host: str) -> None:
    assert trusts(NAMES, host)


@pytest.mark.parametrize(
    "host",
    [
        "a.wild.test",
        "wild.test",
        "sub.app.test",
        "evil.example",
        "0.0.0.0:5000",
        "[::]:5000",
        "[::2]:5000",
        "10.0.0.8",
        "",
    ],
)
def test_it_does_not_under_any_other(host: str) -> None:
    assert not trusts(NAMES, host)
