from __future__ import annotations

import socket
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from werkzeug.test import create_environ
from werkzeug.test import run_wsgi_app

from flask_tlsdev.lan import LanGuard

from ..contexts.test_choosing import own_address


def answering(text: str) -> Any:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [text.encode()]

    return app


guard = LanGuard(answering("app"), answering("debugged"))


@pytest.fixture
def accepted() -> Iterator[dict[str, socket.socket]]:
    """Accepted connections, by where their clients are."""
    found = {}

    with socket.create_server(("0.0.0.0", 0)) as listening:
        port = listening.getsockname()[1]
        clients = []
        for where, address in (("here", "127.0.0.1"), ("there", own_address())):
            clients.append(socket.create_connection((address, port)))
            found[where], _ = listening.accept()

        yield found

        for each in (*clients, *found.values()):
            each.close()


def ask(connection: object, path: str = "/", **headers: str) -> tuple[int, str]:
    environ = create_environ(path, headers=headers)
    environ["PATH_INFO"] = unquote(path)
    environ["werkzeug.socket"] = connection
    body, status, _ = run_wsgi_app(guard, environ)
    return int(status[:3]), b"".join(body).decode()


def test_this_machine_gets_the_debugger(accepted: dict[str, socket.socket]) -> None:
    assert ask(accepted["here"]) == (200, "debugged")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost"},
        {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1", "X-Real-IP": "127.0.0.1"},
    ],
    ids=str,
)
def test_another_machine_gets_the_app_whatever_it_says_of_itself(
    accepted: dict[str, socket.socket], headers: dict[str, str]
) -> None:
    assert ask(accepted["there"], **headers) == (200, "app")


def test_what_the_environment_says_of_the_address_is_not_heard(
    accepted: dict[str, socket.socket],
) -> None:
    environ = create_environ("/", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    environ["werkzeug.socket"] = accepted["there"]

    assert b"".join(run_wsgi_app(guard, environ)[0]) == b"app"


@pytest.mark.parametrize(
    "path", ["/_tlsdev", "/_tlsdev/", "/_tlsdev/report", "//_tlsdev/", "/%5ftlsdev/"]
)
def test_of_our_own_paths_another_machine_learns_what_the_app_says(
    accepted: dict[str, socket.socket], path: str
) -> None:
    assert ask(accepted["there"], path) == (200, "app")
    assert ask(accepted["here"], path) == (200, "debugged")


def test_other_paths_are_the_apps(accepted: dict[str, socket.socket]) -> None:
    assert ask(accepted["there"], "/_tlsdevice") == (200, "app")


@pytest.mark.parametrize("connection", [None, "127.0.0.1", object()])
def test_without_a_connection_nobody_is_on_this_machine(connection: object) -> None:
    assert ask(connection) == (200, "app")
