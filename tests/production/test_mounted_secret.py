"""A mounted Secret that cert-manager renews, while everybody asks."""

from __future__ import annotations

import itertools
import logging
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from pathlib import Path

import pytest

from flask_tlsdev.contexts import loading
from flask_tlsdev.contexts import server_context
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.issuers.files import locate

from .. import servers
from ..contexts.making import Made
from ..contexts.making import make
from ..contexts.making import new_key
from ..contexts.serving import Server
from ..contexts.serving import serving
from ..contexts.serving import settle
from ..contexts.serving import started
from ..contexts.serving import trusting
from ..kubelet import SecretVolume
from ..servers import ROOT
from ..tools import run
from .load import Load

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a kubelet on Windows does it in another way"
)

APP = """\
import os

from flask import Flask

app = Flask(__name__)
app.config.from_prefixed_env()


@app.get("/")
def index():
    return f"{os.getpid()} served"
"""
SWAPS = 100
WARNING = "Still serving the earlier certificate"

#: Starts a server with the Secret in a folder; the log is written to a file.
Start = Callable[[Path, Path], AbstractContextManager[Server]]


@pytest.fixture(scope="module")
def pairs() -> list[Made]:
    """Pairs of EC and RSA in turn, no key of which is that of a neighbour."""
    rsa = [new_key("rsa") for _ in range(3)]
    return [
        make(key=rsa[turn // 2 % 3] if turn % 2 else new_key("ec"))
        for turn in range(SWAPS + 1)
    ]


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    folder = tmp_path / "mounted"
    folder.mkdir()
    return folder


def secret(made: Made) -> dict[str, bytes]:
    return {"tls.crt": made.certificate, "tls.key": made.key, "ca.crt": b"a root\n"}


@contextmanager
def in_this_process(mount: Path, log: Path) -> Iterator[Server]:
    handler = logging.FileHandler(log)
    logging.getLogger("flask_tlsdev").addHandler(handler)
    try:
        with serving(server_context(locate(mount))) as server:
            yield server
    finally:
        logging.getLogger("flask_tlsdev").removeHandler(handler)
        handler.close()


def environ(mount: Path) -> dict[str, str]:
    return {
        "FLASK_TLSDEV_ISSUER": "files",
        "FLASK_TLSDEV_FILES_PATH": str(mount),
        "PYTHONPATH": str(ROOT),
    }


def project(mount: Path) -> Path:
    folder = mount.parent / "project"
    folder.mkdir()
    (folder / "served.py").write_text(APP)
    return folder


@contextmanager
def by_flask(mount: Path, log: Path) -> Iterator[Server]:
    with servers.serving(
        *("--app", "served", "tls", "run"), cwd=project(mount), env=environ(mount)
    ) as running:
        try:
            yield Server("127.0.0.1", running.port)
        finally:
            running.end()
            log.write_text(running.output)


@contextmanager
def by_gunicorn(mount: Path, log: Path) -> Iterator[Server]:
    pytest.importorskip("gunicorn")
    command = (
        *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
        *("-c", "python:flask_tlsdev.gunicorn", "-b", "127.0.0.1:0"),
        *("-w", "2", "-k", "gthread", "--threads", "4", "served:app"),
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ(mount).items():
            patch.setenv(name, value)
        listening = r"Listening at: https://127\.0\.0\.1:(\d+)"
        folder = project(mount)
        with started(*command, log=log, cwd=folder, listening=listening) as server:
            yield server


@pytest.mark.parametrize("start", [in_this_process, by_flask, by_gunicorn])
def test_no_request_fails_while_the_kubelet_changes_the_secret_a_hundred_times(
    mount: Path, tmp_path: Path, pairs: list[Made], start: Start
) -> None:
    volume = SecretVolume(mount)
    volume.update(secret(pairs[0]))
    log = tmp_path / "log"

    with start(mount, log) as server, Load(server, trusting()) as load:
        for made in pairs[1:]:
            assert volume.update(secret(made))
            seen = settle(lambda: made.leaf in load.leaves or bool(load.failures), 30)  # noqa: B023
            assert seen, "the new pair is not served"

    # A handshake succeeds with the key of the certificate only.
    assert load.failures == []
    assert {made.leaf for made in pairs[1:]} <= load.leaves
    assert load.leaves <= {made.leaf for made in pairs}
    assert WARNING not in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("links_first", [False, True], ids=["now", "older kubelets"])
def test_changes_that_follow_each_other_at_once_fail_no_request(
    mount: Path, tmp_path: Path, pairs: list[Made], links_first: bool
) -> None:
    volume = SecretVolume(mount, links_first=links_first)
    volume.update(secret(pairs[0]))
    log = tmp_path / "log"

    with in_this_process(mount, log) as server, Load(server, trusting()) as load:
        for made in pairs[1:]:
            volume.update(secret(made))
        last = pairs[-1].leaf
        assert settle(lambda: last in load.leaves or bool(load.failures), 30)

    assert load.failures == []
    assert WARNING not in log.read_text()


@contextmanager
def changing(volume: SecretVolume, pairs: list[Made]) -> Iterator[None]:
    """The Secret changes again and again, as fast as it can."""
    over = threading.Event()

    def change() -> None:
        for made in itertools.cycle(pairs):
            volume.update(secret(made))
            if over.is_set():
                return

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_what_is_read_is_one_state_or_none(mount: Path, pairs: list[Made]) -> None:
    volume = SecretVolume(mount)
    volume.update(secret(pairs[0]))
    files = locate(mount)
    said: list[str] = []

    with changing(volume, pairs):
        for _ in range(1000):
            try:
                loading.load(files, minimum_version="TLSv1.2")
            except TLSDevError as error:
                said.append(error.message)

    assert all("There is no file" in each or "taken away" in each for each in said)


def test_a_server_starts_while_the_secret_changes(
    mount: Path, pairs: list[Made]
) -> None:
    volume = SecretVolume(mount)
    volume.update(secret(pairs[0]))
    files = locate(mount)

    with changing(volume, pairs):
        contexts = [server_context(files) for _ in range(300)]

    assert len(contexts) == 300


@pytest.mark.parametrize("start", [in_this_process, by_flask, by_gunicorn])
def test_a_broken_secret_keeps_the_earlier_pair_with_one_warning(
    mount: Path, tmp_path: Path, pairs: list[Made], start: Start
) -> None:
    volume = SecretVolume(mount)
    volume.update(secret(pairs[0]))
    log = tmp_path / "log"

    with start(mount, log) as server:
        volume.update({**secret(pairs[1]), "tls.key": pairs[3].key})
        answers = [server.get() for _ in range(20)]
        volume.update(secret(pairs[2]))
        after = server.get()

    assert {answer.leaf for answer in answers} == {pairs[0].leaf}
    assert {answer.status for answer in answers} == {200}
    assert after.leaf == pairs[2].leaf
    said = re.findall(f"{WARNING}.*does not belong to", log.read_text())
    workers = {answer.body.split()[0] for answer in answers}
    assert len(said) == len(workers)


def test_a_secret_that_has_not_changed_is_not_written(
    mount: Path, pairs: list[Made]
) -> None:
    volume = SecretVolume(mount)
    volume.update(secret(pairs[0]))
    context = server_context(locate(mount))
    before = context.current()

    assert not volume.update(secret(pairs[0]))
    assert context.current() is before


def test_a_real_mount_by_sub_path_is_explained(
    mount: Path, tmp_path: Path, pairs: list[Made]
) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or run(unshare, "-m", "true").returncode:
        pytest.skip("only root can mount, and not everywhere")
    volume = tmp_path / "volume"
    volume.mkdir()
    SecretVolume(volume).update(secret(pairs[0]))
    lines = []
    for name in ("tls.crt", "tls.key"):
        (mount / name).touch()
        lines.append(f"mount --bind {volume}/{name} {mount}/{name}")
    lines += [
        f"{sys.executable} -c 'import flask_tlsdev.gunicorn'",
        f"{sys.executable} -m flask tls doctor --json localhost:1",
    ]
    variables = {**os.environ, **environ(mount)}

    done = run(unshare, "-m", "sh", "-ec", "\n".join(lines), env=variables)

    # At the start of a server, and when the doctor looks.
    for said in (done.stderr, done.stdout):
        assert "tls.crt' is mounted by itself" in said
        assert "without subPath" in said
