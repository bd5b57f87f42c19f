from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Any

import pytest

from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.server import sockets


def test_port_0_becomes_a_free_port() -> None:
    assert sockets.probe("127.0.0.1", 0) > 0


def test_nobody_can_connect_to_a_port_that_is_only_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = []

    class Looking(socket.socket):
        def getsockname(self) -> Any:
            with socket.socket() as client:
                refused.append(client.connect_ex(super().getsockname()))
            return super().getsockname()

    monkeypatch.setattr("socket.socket", Looking)
    sockets.probe("127.0.0.1", 0)

    assert refused == [errno.ECONNREFUSED]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_in_use_says_what_to_type(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(TLSDevError, match=r"in use") as caught:
            sockets.probe(host, port)

    assert "flask tls run --port" in caught.value.hint


def test_a_host_that_is_not_here_says_so() -> None:
    with pytest.raises(TLSDevError, match="is no address of this machine"):
        sockets.probe("192.0.2.1", 0)

    with pytest.raises(TLSDevError, match=r"There is no host 'no\.such\.invalid'"):
        sockets.probe("no.such.invalid", 0)


def test_a_privileged_port_names_another() -> None:
    error = sockets._explain(OSError(errno.EACCES, "no"), "127.0.0.1", 443)

    assert "is not yours" in error.message
    assert "flask tls run --port 8443" in error.hint


def test_the_two_addresses_of_localhost_can_have_one_port() -> None:
    with sockets.listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        second = sockets.listen_if_possible("::1", port)

        if second is not None:
            assert second.getsockname()[1] == port
            second.close()


def test_an_address_that_this_machine_lacks_is_left_out() -> None:
    assert sockets.listen_if_possible("2001:db8::1", 0) is None


def test_a_unix_socket_may_be_left_over_but_not_in_use(tmp_path: Path) -> None:
    path = tmp_path / "s"
    host = f"unix://{path}"

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        with pytest.raises(TLSDevError, match="Another program listens"):
            sockets.probe(host, 0)

    sockets.probe(host, 0)


def test_a_file_is_never_taken_for_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("precious")

    with pytest.raises(TLSDevError, match="is no socket"):
        sockets.probe(f"unix://{path}", 0)

    with pytest.raises(TLSDevError, match="There is no folder"):
        sockets.probe(f"unix://{tmp_path}/none/s", 0)

    assert path.read_text() == "precious"
