from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import is_loopback
from flask_tlsdev.contexts import NamedPair
from flask_tlsdev.contexts import server_context
from flask_tlsdev.contexts import TokenBucket
from flask_tlsdev.contexts.on_name import NamedContexts
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.issuers.self_signed import SelfSigned
from flask_tlsdev.names import Name
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import Pair
from flask_tlsdev.store import PairFiles

from ..profiles import new_key
from ..tools import missing
from .making import make
from .making import put
from .serving import Server
from .serving import serving
from .serving import trusting


def leaf_of(
    server: Server, name: str | None, address: str = "127.0.0.1", version: int = 0
) -> bytes:
    """The certificate that a client gets who asks for this name there."""
    context = trusting()
    if version:
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    with socket.create_connection((address, server.port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=name) as connection:
            return connection.getpeercert(True) or b""


def der(files: PairFiles) -> bytes:
    return ssl.PEM_cert_to_DER_cert(files.certfile.read_text())


def own_address() -> str:
    """An address of this machine that is no loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            # Nothing is sent: the system only looks up from where it would be.
            asked.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this machine is in no network")
        return str(asked.getsockname()[0])


# Pairs beside the default one


@pytest.fixture
def other(tmp_path: Path) -> PairFiles:
    return put(tmp_path / "other", make("rsa"))


@pytest.fixture
def two(files: PairFiles, other: PairFiles) -> DevContext:
    names = parse("vm.local, 127.0.0.2, *.vm.local")
    return server_context(
        files, names=parse("localhost"), others=[NamedPair(other, names)]
    )


@pytest.fixture
def server_of_two(two: DevContext) -> Iterator[Server]:
    with serving(two, host="0.0.0.0") as server:
        yield server


@pytest.mark.parametrize("name", ["vm.local", "VM.local", "app.vm.local"])
@pytest.mark.parametrize("version", [0, 12])
def test_a_pair_beside_the_default_one_is_served_for_its_names(
    server_of_two: Server, other: PairFiles, name: str, version: int
) -> None:
    assert leaf_of(server_of_two, name, version=version) == der(other)


@pytest.mark.parametrize("name", ["localhost", "local", "xvm.local", None])
def test_everybody_else_gets_the_default_pair(
    server_of_two: Server, files: PairFiles, name: str | None
) -> None:
    assert leaf_of(server_of_two, name) == der(files)


@pytest.mark.skipif(
    "sys.platform == 'darwin'", reason="macOS has 127.0.0.1 only of that network"
)
def test_a_client_that_names_nothing_asks_for_the_address_it_reached(
    server_of_two: Server, other: PairFiles
) -> None:
    assert leaf_of(server_of_two, None, "127.0.0.2") == der(other)


def test_each_pair_is_followed_on_its_own(
    server_of_two: Server, files: PairFiles, other: PairFiles
) -> None:
    before = leaf_of(server_of_two, "localhost")

    new = put(other.certfile.parent, make("ec"))

    assert leaf_of(server_of_two, "vm.local") == der(new)
    assert leaf_of(server_of_two, "localhost") == before


def test_a_pair_that_moved_is_served_from_its_new_place(
    two: DevContext, server_of_two: Server, other: PairFiles, tmp_path: Path
) -> None:
    leaf_of(server_of_two, "vm.local")
    moved = put(tmp_path / "moved", make("ec"))

    two.replace(other, moved)

    assert leaf_of(server_of_two, "vm.local") == der(moved)


def test_plain_http_may_be_sent_to_the_names_of_both(two: DevContext) -> None:
    assert [str(name) for name in two.names()] == [
        "localhost",
        *("vm.local", "127.0.0.2", "*.vm.local"),
    ]


def test_reload_loads_files_that_look_the_same(
    two: DevContext, server_of_two: Server
) -> None:
    first = two.current()

    two.reload()

    assert two.current() is not first
    assert two.current() is two.current()


# Names on demand


@dataclass
class Maker:
    """An ``on_name`` that remembers for whom it was called."""

    asked: list[str] = field(default_factory=list)
    refusal: str = ""
    lifetime: timedelta = timedelta(days=1)

    def __call__(self, name: Name) -> Pair:
        self.asked.append(str(name))

        if self.refusal:
            raise TLSDevError(self.refusal)

        return SelfSigned().issue(CertificateRequest((name,), new_key(), self.lifetime))


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def on_demand(files: PairFiles, maker: Maker) -> Iterator[Server]:
    context = server_context(
        files, names=parse("localhost, app.test, *.app.test"), on_name=maker
    )

    with serving(context, host="0.0.0.0") as server:
        yield server


def subject_of(leaf: bytes) -> str:
    from cryptography import x509

    return x509.load_der_x509_certificate(leaf).subject.rfc4514_string()


def test_a_name_that_nobody_configured_is_served_on_the_spot(
    on_demand: Server, maker: Maker
) -> None:
    leaf = leaf_of(on_demand, "one.other.test")

    assert subject_of(leaf) == "CN=one.other.test"
    assert maker.asked == ["one.other.test"]


def test_it_is_made_once_and_its_sessions_are_resumed(
    on_demand: Server, maker: Maker
) -> None:
    context = trusting()

    def ask(session: ssl.SSLSession | None) -> ssl.SSLSocket:
        return context.wrap_socket(
            on_demand.connect(), server_hostname="one.other.test", session=session
        )

    with ask(None) as first:
        first.sendall(b"GET / HTTP/1.0\r\n\r\n")
        first.recv(4096)
        session = first.session
    with ask(session) as second:
        assert second.session_reused

    assert maker.asked == ["one.other.test"]


@pytest.mark.parametrize("name", ["localhost", "app.test", "x.app.test", None])
def test_a_configured_name_is_never_made_on_the_spot(
    on_demand: Server, maker: Maker, files: PairFiles, name: str | None
) -> None:
    assert leaf_of(on_demand, name) == der(files)
    assert maker.asked == []


def test_another_machine_gets_the_default_pair_and_the_log_a_line(
    on_demand: Server, maker: Maker, files: PairFiles, warned: list[str]
) -> None:
    address = own_address()

    leaf = leaf_of(on_demand, "one.other.test", address)

    assert leaf == der(files)
    assert maker.asked == []
    assert len(warned) == 1
    assert "one.other.test" in warned[0]


def test_a_refused_name_gets_the_default_pair_and_the_log_a_line(
    on_demand: Server, maker: Maker, files: PairFiles, warned: list[str]
) -> None:
    maker.refusal = "It is not below app.test."

    leaf = leaf_of(on_demand, "one.other.test")

    assert leaf == der(files)
    assert warned == [
        "A client asked for one.other.test and got the default certificate:"
        " It is not below app.test."
    ]


@pytest.mark.parametrize("name", ["a_b.test", "-.test"])
def test_what_can_be_no_name_is_not_asked_for(
    on_demand: Server, maker: Maker, files: PairFiles, name: str
) -> None:
    assert leaf_of(on_demand, name) == der(files)
    assert maker.asked == []


def test_asyncio_never_makes_one_since_nobody_knows_who_asks(
    files: PairFiles, maker: Maker
) -> None:
    context = server_context(files, on_name=maker)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = trusting().wrap_bio(to_client, to_server, server_hostname="x.test")
    answering = context.wrap_bio(to_server, to_client, server_side=True)

    for side in (asking, answering, asking):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()

    assert asking.getpeercert(True) == der(files)
    assert maker.asked == []


class Clock:
    def __init__(self) -> None:
        self.at = datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self.at


def new_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def test_no_more_contexts_are_kept_than_there_is_room_for(maker: Maker) -> None:
    contexts = NamedContexts(maker, new_context, capacity=2)
    one, two, three = parse("one.test, two.test, three.test")

    for name in (one, two, one, three, one, two):
        contexts.get(name)

    # Two had to go for three, since one had been used after it.
    assert maker.asked == ["one.test", "two.test", "three.test", "two.test"]


def test_a_pair_is_made_anew_when_a_third_of_its_life_is_left(maker: Maker) -> None:
    clock = Clock()
    maker.lifetime = timedelta(hours=3)
    contexts = NamedContexts(maker, new_context, now=clock)
    (name,) = parse("one.test")
    first = contexts.get(name)

    clock.at += timedelta(hours=1, minutes=50)
    assert contexts.get(name) is first

    clock.at += timedelta(minutes=20)
    assert contexts.get(name) is not first


def test_a_client_that_makes_up_names_does_not_fill_the_log(
    maker: Maker, warned: list[str]
) -> None:
    maker.refusal = "No."
    contexts = NamedContexts(maker, new_context)

    for number in range(100):
        contexts.get(Name("dns", f"n{number}.test"))

    assert len(warned) == 10


def test_the_key_leaves_nothing_on_the_disk(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert NamedContexts(maker, new_context).get(Name("dns", "one.test"))

    assert not list(tmp_path.iterdir())


def test_a_full_disk_means_the_default_pair(
    on_demand: Server,
    files: PairFiles,
    monkeypatch: pytest.MonkeyPatch,
    warned: list[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))

    assert leaf_of(on_demand, "one.other.test") == der(files)
    assert "No such file or directory" in warned[0]


# Who is on this machine


def test_loopback_is_told_by_the_accepted_socket(on_demand: Server) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listening:
        port = listening.getsockname()[1]

        for address, expected in (("127.0.0.1", True), (own_address(), False)):
            with socket.create_connection((address, port)):
                accepted, _ = listening.accept()
                with accepted:
                    assert is_loopback(accepted) is expected


def test_an_ipv4_client_of_a_socket_for_both_is_known_as_loopback() -> None:
    if not socket.has_dualstack_ipv6():
        missing("IPv6")

    with socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getpeername()[0] == "::ffff:127.0.0.1"
                assert is_loopback(accepted)


def test_a_client_that_is_gone_is_not_on_this_machine() -> None:
    with socket.socket() as unconnected:
        assert not is_loopback(unconnected)


# Buckets


def test_a_bucket_gives_so_many_at_once_and_then_so_many_a_second() -> None:
    now = 100.0
    bucket = TokenBucket(3, 2.0, lambda: now)

    assert [bucket.take() for _ in range(4)] == [True, True, True, False]

    now += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]

    now += 3600
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
