from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flask_tlsdev import keys
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.issuers.vault import Options
from flask_tlsdev.issuers.vault import Vault
from flask_tlsdev.names import parse

from ...vault_servers import Bao
from ...vault_servers import running_bao

#: Makes an issuer for a server; the options are those that differ.
MakeVault = Callable[..., Vault]


@pytest.fixture(scope="session")
def dev_bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """In memory, over HTTP on loopback."""
    with running_bao(tmp_path_factory.mktemp("bao"), dev=True) as running:
        yield running


@pytest.fixture(scope="session")
def real_bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """With files, over HTTPS, unsealed."""
    with running_bao(tmp_path_factory.mktemp("bao"), dev=False) as running:
        yield running


@pytest.fixture(params=["dev", "real"])
def bao(request: pytest.FixtureRequest) -> Bao:
    """Each of the two."""
    found: Bao = request.getfixturevalue(f"{request.param}_bao")
    return found


@pytest.fixture
def told() -> list[str]:
    """What the issuer has said."""
    return []


@pytest.fixture
def make_vault(tmp_path: Path, told: list[str]) -> MakeVault:
    def make(bao: Bao, patience: float = 30, **changes: object) -> Vault:
        options = Options(
            address=bao.address,
            ca_file=bao.cafile,
            role="web",
            token=bao.token,
            address_is_own=True,
        )
        changed = replace(options, **changes)  # type: ignore[arg-type]  # each test knows
        return Vault(changed, tmp_path / "store", told.append, patience=patience)

    return make


def request_for(*names: str, days: float = 30) -> CertificateRequest:
    """What an issuer is asked for these names."""
    return CertificateRequest(
        parse(names), keys.generate("ec-p256"), timedelta(days=days)
    )
