from __future__ import annotations

import concurrent.futures
import os
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.store import PairFiles

from .making import Made
from .making import make
from .making import new_key
from .making import put
from .making import replace
from .serving import Server
from .serving import trusting


def test_the_context_stays_while_the_files_do(context: DevContext) -> None:
    assert context.current() is context.current()


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_new_pair_is_served_to_the_next_client(
    server: Server, files: PairFiles, warned: list[str], kind: str
) -> None:
    server.get()
    made = make(kind)

    put(files.certfile.parent, made)

    assert server.get().leaf == made.leaf
    assert server.get(context=trusting(files.certfile)).status == 200
    assert not warned


def test_a_resuming_client_gets_the_new_pair_too(
    server: Server, files: PairFiles
) -> None:
    client = trusting()

    def talk(session: object) -> ssl.SSLSocket:
        with server.handshake(client, session) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while connection.recv(4096):
                pass
            return connection

    with server.handshake(client) as first:
        first.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while first.recv(4096):
            pass
        session = first.session

    made = make()
    put(files.certfile.parent, made)

    with server.handshake(client, session) as second:
        assert not second.session_reused
        assert second.getpeercert(True) == made.leaf


def test_a_connection_keeps_the_pair_that_it_began_with(
    server: Server, files: PairFiles
) -> None:
    with server.handshake() as client:
        put(files.certfile.parent, make("rsa"))
        assert server.get().status == 200

        client.sendall(b"GET / HTTP/1.0\r\n\r\n")

        assert client.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_swapped_link_is_noticed(tmp_path: Path) -> None:
    # As the kubelet does it: the files are links through a link to a folder.
    first, second = make(), make("rsa")
    put(tmp_path / "one", first)
    put(tmp_path / "two", second)
    (tmp_path / "data").symlink_to("one")
    files = PairFiles(
        tmp_path / "data" / "tls.crt", tmp_path / "data" / "tls.key", None
    )
    context = server_context(files)
    before = context.current()

    (tmp_path / "data.new").symlink_to("two")
    os.replace(tmp_path / "data.new", tmp_path / "data")

    assert context.current() is not before


def test_a_copy_that_keeps_its_old_time_is_noticed(
    context: DevContext, files: PairFiles
) -> None:
    before = context.current()
    status = files.certfile.stat()
    made = make()

    while len(made.certificate) != status.st_size:
        made = make()

    files.certfile.write_bytes(made.certificate)
    os.utime(files.certfile, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert context.current() is not before


Break = Callable[[PairFiles], object]

BROKEN = [
    pytest.param(
        lambda files: replace(files.certfile, make(key=new_key()).certificate),
        "does not belong to the certificate",
        id="another key's certificate",
    ),
    pytest.param(
        lambda files: replace(files.certfile, make("rsa").certificate),
        "does not belong to the certificate",
        id="a certificate of another kind",
    ),
    pytest.param(
        lambda files: replace(files.keyfile, make("rsa").key),
        "does not belong to the certificate",
        id="a key of another kind",
    ),
    pytest.param(
        lambda files: files.certfile.write_bytes(files.certfile.read_bytes()[:300]),
        "damaged",
        id="half a certificate",
    ),
    pytest.param(
        lambda files: files.keyfile.write_bytes(files.keyfile.read_bytes()[:100]),
        "damaged",
        id="half a key",
    ),
    pytest.param(
        lambda files: files.certfile.write_bytes(b""),
        "no certificate in PEM form",
        id="empty",
    ),
    pytest.param(lambda files: files.keyfile.unlink(), "There is no file", id="no key"),
    pytest.param(
        lambda files: replace(files.keyfile, make(passphrase=b"secret").key),
        "is encrypted",
        id="an encrypted key",
    ),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN)
def test_a_broken_pair_keeps_the_old_with_one_warning(
    server: Server, files: PairFiles, warned: list[str], spoil: Break, said: str
) -> None:
    before = server.get().leaf

    spoil(files)
    answers = [server.get() for _ in range(5)]

    assert [answer.status for answer in answers] == [200] * 5
    assert {answer.leaf for answer in answers} == {before}
    assert len(warned) == 1
    assert warned[0].startswith("Still serving the earlier certificate. ")
    assert said in warned[0]
    assert "secret" not in warned[0]


def test_each_broken_state_has_its_warning_and_a_good_one_ends_it(
    server: Server, files: PairFiles, warned: list[str]
) -> None:
    server.get()
    files.certfile.write_bytes(b"one")
    server.get()
    files.certfile.write_bytes(b"another")
    server.get()
    server.get()
    made = make("rsa")
    put(files.certfile.parent, made)

    assert server.get().leaf == made.leaf
    assert len(warned) == 2


def test_the_moment_between_two_files_is_no_reason_to_warn(
    context: DevContext, files: PairFiles, warned: list[str]
) -> None:
    before, made = context.current(), make("rsa")
    replace(files.keyfile, made.key)
    later = threading.Timer(0.03, replace, (files.certfile, made.certificate))
    later.start()

    after = context.current()

    later.join()
    assert after is not before
    assert not warned


def test_many_threads_make_one_new_context(
    context: DevContext, files: PairFiles
) -> None:
    put(files.certfile.parent, make("rsa"))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: id(context.current()), range(200)))

    assert len(set(found)) == 1


def test_no_request_fails_while_the_pair_changes_twenty_times(
    server: Server, files: PairFiles, warned: list[str]
) -> None:
    pairs = [make("rsa" if turn % 2 else "ec") for turn in range(21)]
    stop = threading.Event()
    served: list[bytes] = []
    failed: list[BaseException] = []

    def load() -> None:
        while not stop.is_set():
            try:
                answer = server.get()
                assert answer.status == 200
                served.append(answer.leaf)
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=load) for _ in range(3)]

    for thread in threads:
        thread.start()

    for made in pairs:
        put(files.certfile.parent, made)
        assert server.get().leaf == made.leaf
        # So that others are served it as well.
        count = len(served)
        end = time.monotonic() + 10
        while len(served) < count + 5 and not failed and time.monotonic() < end:
            time.sleep(0.005)

    stop.set()

    for thread in threads:
        thread.join()

    assert not failed
    assert not warned
    assert {made.leaf for made in pairs} <= set(served)


def test_pairs_of_one_key_follow_each_other(server: Server, files: PairFiles) -> None:
    made: Made = make()

    replace(files.certfile, made.certificate)

    assert server.get().leaf == made.leaf
