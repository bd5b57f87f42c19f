"""What becomes of the pair while something happens to a real server?"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flask_tlsdev.errors import IssuerError
from flask_tlsdev.errors import IssuerTimeout
from flask_tlsdev.names import parse
from flask_tlsdev.provision import obtain
from flask_tlsdev.renewal import KeptPair
from flask_tlsdev.renewal import Renewal
from flask_tlsdev.store import PairFiles
from flask_tlsdev.store import sidecar_of

from ...answering import answering
from ...answering import forward
from ...answering import Handler
from ...answering import passed_on
from ...servers import flask
from ...test_provision import From
from ...test_renewal import Clock
from ...vault_servers import Bao
from ...vault_servers import running_bao
from .conftest import MakeVault

NAMES = parse(["app.test"])


@pytest.fixture(scope="module")
def _own_bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    with running_bao(tmp_path_factory.mktemp("bao"), dev=False) as running:
        yield running


@pytest.fixture
def bao(_own_bao: Bao) -> Iterator[Bao]:
    """One that may be broken, with raft and over TLS."""
    yield _own_bao

    _own_bao.kill()
    _own_bao.start()
    _own_bao.unseal()


def seal(bao: Bao) -> None:
    bao.ask("put", "sys/seal")


def restart(bao: Bao) -> None:
    bao.kill()
    bao.start()


@pytest.fixture
def source(bao: Bao, make_vault: MakeVault, tmp_path: Path) -> From:
    return From(tmp_path, issuer=make_vault(bao), lifetime=timedelta(days=30))


def contents(files: PairFiles) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in files.certfile.parent.iterdir()}


@pytest.mark.parametrize(
    ("happens", "message"),
    [
        pytest.param(Bao.kill, "the connection was lost", id="kill -9"),
        pytest.param(seal, "is sealed", id="seal"),
        pytest.param(restart, "is sealed", id="restart"),
    ],
)
def test_what_happens_during_a_request_is_said_and_the_pair_stays(
    bao: Bao,
    make_vault: MakeVault,
    source: From,
    happens: Callable[[Bao], None],
    message: str,
) -> None:
    kept = obtain(source, NAMES).files
    before = contents(kept)
    held: list[str] = []

    def hold(handler: Handler) -> None:
        if handler.path.endswith("/sign/web"):
            held.append(handler.path)
            happens(bao)
        # It hangs up on its client, too.
        with contextlib.suppress(OSError):
            forward(handler, bao)

    with answering(hold) as address:
        behind = make_vault(bao, address=address, patience=60)
        # In the place of the first pair.
        issuer = Renamed(source.issuer.id, behind)

        with pytest.raises(IssuerError, match=message) as caught:
            obtain(replace(source, issuer=issuer), NAMES, force=True)

    assert held == ["/v1/pki/sign/web"]
    assert caught.value.hint
    assert contents(kept) == before


def test_an_answer_that_is_cut_off_is_none(
    bao: Bao, make_vault: MakeVault, source: From
) -> None:
    kept = obtain(source, NAMES).files
    before = contents(kept)

    def cut(handler: Handler) -> None:
        answer = passed_on(handler, bao, handler.rfile.read())
        bao.kill()
        handler.send_response(answer.status)
        handler.send_header("Content-Length", str(len(answer.data)))
        handler.end_headers()
        handler.wfile.write(answer.data[: len(answer.data) // 2])

    with answering(cut) as address:
        issuer = Renamed(source.issuer.id, make_vault(bao, address=address))

        with pytest.raises(IssuerError, match="the connection was lost"):
            obtain(replace(source, issuer=issuer), NAMES, force=True)

    assert contents(kept) == before


def test_a_server_that_hangs_is_given_up_at_the_deadline(
    bao: Bao, make_vault: MakeVault, source: From
) -> None:
    kept = obtain(source, NAMES).files
    before = contents(kept)
    assert bao.process

    bao.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(IssuerTimeout, match="within 1 seconds"):
            obtain(
                replace(source, issuer=make_vault(bao, patience=1)), NAMES, force=True
            )
    finally:
        bao.process.send_signal(signal.SIGCONT)

    assert contents(kept) == before


def test_one_that_is_back_before_the_request_arrives_signs_it(
    bao: Bao, make_vault: MakeVault, source: From
) -> None:
    def hold(handler: Handler) -> None:
        if handler.path.endswith("/sign/web"):
            restart(bao)
            bao.unseal()
        forward(handler, bao)

    with answering(hold) as address:
        issuer = make_vault(bao, address=address, patience=60)

        provided = obtain(replace(source, issuer=issuer), NAMES)

    assert provided.is_new


def test_hours_without_vault_end_with_a_new_pair(
    bao: Bao, source: From, caplog: pytest.LogCaptureFixture
) -> None:
    kept = KeptPair(
        obtain(source, NAMES).files,
        NAMES,
        None,
        lambda: source,
        lambda *_: None,
        luck=0.0,
    )
    before = contents(kept.files)
    clock = Clock()
    renewal = Renewal([kept], now=clock)
    sidecar = sidecar_of(kept.files)
    assert sidecar
    life = sidecar.not_after - sidecar.not_before
    seal(bao)

    for part in (0.6, 0.7, 0.72, 0.8, 0.85, 0.95):
        clock.at = sidecar.not_before + life * part
        renewal.tend()

    assert contents(kept.files) == before
    assert len(caplog.messages) == 3
    for message, over in zip(
        caplog.messages, ("half", "three quarters", "nine tenths"), strict=True
    ):
        assert f"{over} of its life" in message
        assert "is sealed." in message
        assert "vault operator unseal" in message

    bao.unseal()
    clock.at += timedelta(hours=2)
    renewal.tend()

    assert contents(kept.files) != before
    assert [each.levelno for each in caplog.records][3:] in ([], [logging.INFO])


def test_several_hosts_have_several_pairs(bao: Bao, tmp_path: Path) -> None:
    def issue(host: str) -> dict[str, str]:
        home = tmp_path / host
        home.mkdir()
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("XDG_")},
            "HOME": str(home),
            "VAULT_ADDR": bao.address,
            "VAULT_TOKEN": bao.token,
            "VAULT_CACERT": str(bao.cafile),
        }
        typed = ("--issuer", "vault", "--vault-role", "web", "--json")
        done = subprocess.run(
            [*flask("tls", "issue", "app.test", *typed)],
            env=environ,
            cwd=home,
            capture_output=True,
            check=True,
        )
        return dict(json.loads(done.stdout))

    with ThreadPoolExecutor(3) as hosts:
        found = list(hosts.map(issue, ["one", "two", "three"]))

    assert len({Path(each["certificate"]).read_bytes() for each in found}) == 3
    assert len({Path(each["key"]).read_bytes() for each in found}) == 3
    assert len({each["issuer"] for each in found}) == 1
    for host, each in zip(["one", "two", "three"], found, strict=True):
        assert Path(each["key"]).is_relative_to(tmp_path / host)


class Renamed:
    """An issuer under the name of another one, as behind another address."""

    def __init__(self, id: str, issuer: object) -> None:
        self.id = id
        self.issue = issuer.issue  # type: ignore[attr-defined]
