"""Renewal windows, from the one ACME server that has them and can run here.

It is GPL and only a peer of these tests: it is installed once, into a folder of
pytest's cache, where TLSDEV_TEST_REQUIRE_ALL=1 says that nothing may be skipped.
That it validates is switched off: Pebble is for that.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest

from flask_tlsdev import provision
from flask_tlsdev.errors import IssuerRefused
from flask_tlsdev.issuers.acme import Acme
from flask_tlsdev.issuers.acme import Options
from flask_tlsdev.names import parse

from ...acme_servers import free_ports
from ...acme_servers import make_https_pair
from ...acme_servers import wait_for_port
from ...tools import missing
from ...tools import program
from ...tools import REQUIRE_ALL
from ...tools import run
from .test_faults import FromAcme

CONFIG = """\
[CAhandler]
handler_module: acme2certifier.cahandlers.openssl_ca_handler
issuing_ca_key: {folder}/ca.key
issuing_ca_cert: {folder}/ca.crt
issuing_ca_crl: {folder}/ca.crl
cert_save_path: {folder}/certificates
cert_validity_days: 90
ca_cert_chain_list: []
[DBhandler]
dbfile: {folder}/acme.db
[Challenge]
challenge_validation_disable: True
[Renewalinfo]
renewal_force: {force}
"""

NAMES = parse(["shop.test"])


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> Path:
    """A Python that has acme2certifier."""
    folder = Path(str(request.config.cache.mkdir("acme2certifier")))
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        if not REQUIRE_ALL:
            missing("acme2certifier")
        venv.create(folder, with_pip=True)
        pip = (python, "-m", "pip", "install", "-q", "acme2certifier==0.46.3")
        installed = run(*pip, timeout=300)
        assert installed.returncode == 0, installed.stderr
        done.touch()

    return python


@dataclass
class Server:
    directory: str
    cafile: Path


@pytest.fixture(params=[False, True], ids=["calm", "hurrying"])
def server(
    request: pytest.FixtureRequest, python: Path, tmp_path: Path
) -> Iterator[Server]:
    """acme2certifier, which wants everything renewed at once when it hurries."""
    (port,) = free_ports(1)
    cafile, keyfile = make_https_pair(tmp_path)
    (tmp_path / "certificates").mkdir()
    made = run(
        *(program("openssl"), "req", "-x509", "-nodes", "-days", "400"),
        *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-subj", "/CN=test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", tmp_path / "ca.key", "-out", tmp_path / "ca.crt"),
    )
    assert made.returncode == 0, made.stderr
    config = tmp_path / "acme.cfg"
    config.write_text(CONFIG.format(folder=tmp_path, force=request.param))

    script = Path(__file__).parents[2] / "acme2certifier_app.py"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, script, str(port), cafile, keyfile],
            env={
                **os.environ,
                "ACME_SRV_CONFIGFILE": str(config),
                "ACME2CERTIFIER_I_KNOW_THE_RISK": "1",
            },
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for_port(port, process)
        yield Server(f"https://localhost:{port}/directory", cafile)
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="its folders are Unix's")
def test_the_servers_window_says_when_to_renew(
    server: Server, store: Path, request: pytest.FixtureRequest
) -> None:
    hurries = "hurrying" in request.node.name
    options = Options(
        directory=server.directory,
        ca_file=server.cafile,
        agree_tos=True,
        email="ann@example.com",
    )
    source = FromAcme(Acme(options, store, patience=60))
    provision.obtain(source, NAMES)
    (pair,) = source.store.list()

    leaf = source.store.load(pair).leaf
    advised = source.acme.renewal_time(leaf)
    again = source.acme.renewal_time(leaf)
    due = provision.due(source, pair)

    assert advised is not None
    if hurries:
        assert advised <= datetime.now(timezone.utc) + timedelta(days=2)
    else:
        assert again == advised
        assert pair.sidecar.not_before < advised < pair.sidecar.not_after
        assert due == min(advised, pair.sidecar.due(None))


@pytest.mark.parametrize("server", [False], indirect=True, ids=["calm"])
def test_an_authority_that_wants_an_address_says_what_to_type(
    server: Server, store: Path
) -> None:
    options = Options(directory=server.directory, ca_file=server.cafile, agree_tos=True)

    with pytest.raises(IssuerRefused, match="--email"):
        provision.obtain(FromAcme(Acme(options, store)), NAMES)
