from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flask_tlsdev import keys
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.issuers.acme import Acme
from flask_tlsdev.issuers.acme import Options
from flask_tlsdev.issuers.acme import Talk
from flask_tlsdev.names import parse

from ...acme_servers import Pebble
from ...acme_servers import running_pebble

#: Makes an issuer for a server; the options are those that differ.
MakeAcme = Callable[..., Acme]


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    """A Pebble that does what it is asked at once, and validates for real."""
    with running_pebble(tmp_path_factory.mktemp("pebble")) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def make_acme(store: Path) -> MakeAcme:
    def make(pebble: Pebble, talk: Talk | None = None, **changes: object) -> Acme:
        options = Options(
            directory=pebble.directory,
            ca_file=pebble.cafile,
            agree_tos=True,
            http_port=pebble.http_port,
            tls_port=pebble.tls_port,
            dns_server=pebble.dns_server,
        )
        changed = replace(options, **changes)  # type: ignore[arg-type]  # each test knows
        return Acme(changed, store, talk or Talk(), patience=60)

    return make


def request_for(*names: str) -> CertificateRequest:
    """What an issuer is asked for these names."""
    return CertificateRequest(
        parse(names), keys.generate("ec-p256"), timedelta(days=90)
    )


def pending_files(store: Path) -> list[Path]:
    """Answers to challenges that are there."""
    return [each for each in store.glob(".challenges/*/*") if each.is_file()]
