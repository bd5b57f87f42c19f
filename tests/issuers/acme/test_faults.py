from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from flask_tlsdev import provision
from flask_tlsdev.errors import IssuerError
from flask_tlsdev.errors import IssuerUnavailable
from flask_tlsdev.issuers.acme import Acme
from flask_tlsdev.issuers.acme import Talk
from flask_tlsdev.names import parse
from flask_tlsdev.store import PairFiles
from flask_tlsdev.store import PairStore

from ...acme_servers import CALM
from ...acme_servers import make_https_pair
from ...acme_servers import Pebble
from ...acme_servers import running_pebble
from ...servers import flask as command
from .conftest import MakeAcme
from .conftest import pending_files

NAMES = parse(["shop.test"])

#: What is said when each step of an order begins.
STEPS = {
    "before the order": "Asking",
    "before validation": "Waiting",
    "before the certificate": "The names are verified",
}


@dataclass(frozen=True)
class FromAcme:
    """A source as config makes one."""

    acme: Acme
    key_type: str = "ec-p256"
    lifetime: timedelta = timedelta(days=90)
    renew_before: timedelta | None = None

    @property
    def store(self) -> PairStore:
        return PairStore(self.acme.store)

    def mounted_files(self) -> PairFiles | None:
        return None

    def find_issuer(self) -> Acme:
        return self.acme

    make_issuer = find_issuer


def contents(store: Path) -> dict[str, bytes]:
    """The pairs, byte by byte."""
    return {str(each): each.read_bytes() for each in store.glob("acme-*/*/*")}


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Pebble]:
    """A Pebble that the test may kill."""
    with running_pebble(tmp_path, CALM) as running:
        yield running


def killing(pebble: Pebble, step: str, *, restart: bool) -> Talk:
    """Kills the server when the step begins, once."""
    done: list[str] = []

    def tell(text: str) -> None:
        if text.startswith(STEPS[step]) and not done:
            done.append(text)
            pebble.kill()
            if restart:
                pebble.start()

    return Talk(tell=tell)


@pytest.mark.parametrize("restart", [True, False], ids=["restarted", "gone"])
@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_is_killed_costs_nothing(
    step: str, restart: bool, mortal: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    source = FromAcme(make_acme(mortal))
    provision.obtain(source, NAMES)
    before = contents(store)
    dying = FromAcme(make_acme(mortal, killing(mortal, step, restart=restart)))

    with pytest.raises(IssuerError) as caught:
        provision.obtain(dying, NAMES, force=True)

    assert "\n" not in str(caught.value)
    assert contents(store) == before
    assert pending_files(store) == []
    if not restart:
        mortal.start()
    # It has forgotten the account, too.
    assert provision.obtain(source, NAMES, force=True).is_new


def test_the_error_of_a_server_that_is_gone_is_to_try_again(
    mortal: Pebble, make_acme: MakeAcme
) -> None:
    mortal.kill()

    with pytest.raises(IssuerUnavailable, match=r"refused.*Try again"):
        provision.obtain(FromAcme(make_acme(mortal)), NAMES)


def test_two_that_renew_at_once_make_one_certificate(
    pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    source = FromAcme(make_acme(pebble))
    provision.obtain(source, NAMES)
    (old,) = source.store.list()

    with ProcessPoolExecutor(4) as pool:
        renewed = list(pool.map(provision.renew, [source] * 4, [old] * 4))

    assert len({each.sidecar.certificate_sha256 for each in renewed}) == 1
    assert renewed[0].sidecar != old.sidecar


def test_ctrl_c_leaves_no_half_state(
    pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    def interrupt(text: str) -> None:
        if text.startswith(STEPS["before validation"]):
            assert pending_files(store)
            raise KeyboardInterrupt

    source = FromAcme(make_acme(pebble, Talk(tell=interrupt)))

    with pytest.raises(KeyboardInterrupt):
        provision.obtain(source, NAMES)

    assert contents(store) == {}
    assert pending_files(store) == []


ISSUE = """\
import os, signal, sys
from pathlib import Path
from flask_tlsdev.issuers.acme import Acme, Options, Talk
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev import keys
from flask_tlsdev.names import parse
from datetime import timedelta
directory, cafile, port, store = sys.argv[1:]
def tell(text):
    if text.startswith("Waiting"):
        os.kill(os.getpid(), signal.SIGKILL)
options = Options(directory=directory, ca_file=Path(cafile), agree_tos=True,
                  http_port=int(port))
request = CertificateRequest(parse(["shop.test"]), keys.generate("ec-p256"),
                             timedelta(days=90))
Acme(options, Path(store), Talk(tell=tell)).issue(request)
"""


def test_after_a_killed_process_the_next_one_starts_anew(
    pebble: Pebble, make_acme: MakeAcme, store: Path
) -> None:
    arguments = (pebble.directory, pebble.cafile, pebble.http_port, store)
    killed = subprocess.run(
        [sys.executable, "-c", ISSUE, *map(str, arguments)], check=False
    )
    assert killed.returncode == -9
    assert pending_files(store)

    provided = provision.obtain(FromAcme(make_acme(pebble)), NAMES)

    assert provided.is_new


def test_a_full_disk_is_one_sentence(
    pebble: Pebble, make_acme: MakeAcme, store: Path, tmp_path: Path
) -> None:
    provision.obtain(FromAcme(make_acme(pebble)), NAMES)
    before = contents(store)
    arguments = ["tls", "--store-path", str(store), "issue", "shop.test", "--force"]
    arguments += ["--issuer", "acme", "--directory", pebble.directory]
    arguments += ["--acme-ca-file", str(pebble.cafile)]

    done = subprocess.run(
        command(*arguments, "--http-port", str(pebble.http_port)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        # No file can grow: what a full disk says, with another number.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Error: Could not write")
    assert "Traceback" not in done.stderr
    assert contents(store) == before


@pytest.mark.parametrize(
    ("start", "days"),
    [(timedelta(days=30), 1), (timedelta(days=-30), 1)],
    ids=["not yet valid", "expired"],
)
def test_a_wrong_clock_is_named_where_the_server_seems_out_of_time(
    start: timedelta, days: float, tmp_path: Path, make_acme: MakeAcme
) -> None:
    with running_pebble(tmp_path) as pebble:
        make_https_pair(tmp_path, start=start, days=days)
        pebble.kill()
        pebble.start()

        with pytest.raises(IssuerUnavailable, match="this machine's clock is right"):
            provision.obtain(FromAcme(make_acme(pebble)), NAMES)


def test_a_server_that_is_not_trusted_says_how_to_name_its_root(
    pebble: Pebble, make_acme: MakeAcme
) -> None:
    with pytest.raises(IssuerUnavailable, match=r"not trusted.*--acme-ca-file FILE"):
        provision.obtain(FromAcme(make_acme(pebble, ca_file=None)), NAMES)


def test_a_port_without_tls_says_so(pebble: Pebble, make_acme: MakeAcme) -> None:
    directory = f"https://localhost:{pebble.dns_management}/dir"

    with pytest.raises(IssuerUnavailable, match="it speaks no TLS"):
        provision.obtain(FromAcme(make_acme(pebble, directory=directory)), NAMES)


def test_a_name_nobody_knows_says_so(pebble: Pebble, make_acme: MakeAcme) -> None:
    directory = "https://nobody.invalid/dir"

    with pytest.raises(IssuerUnavailable, match=r"nobody\.invalid cannot be reached"):
        provision.obtain(FromAcme(make_acme(pebble, directory=directory)), NAMES)


def test_what_is_no_directory_says_so(pebble: Pebble, make_acme: MakeAcme) -> None:
    directory = f"https://localhost:{pebble.management}/roots/0"

    with pytest.raises(IssuerError, match="is no directory of an ACME server"):
        provision.obtain(FromAcme(make_acme(pebble, directory=directory)), NAMES)
