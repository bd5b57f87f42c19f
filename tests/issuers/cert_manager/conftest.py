from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flask_tlsdev import keys
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.issuers.cert_manager import CertManager
from flask_tlsdev.issuers.cert_manager import Options
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.names import parse

from ...fake_kubernetes import FakeKubernetes
from ...fake_kubernetes import running_fake

pytest.importorskip("kubernetes")

#: Makes an issuer for the fake; the options are those that differ.
MakeIssuer = Callable[..., CertManager]


@pytest.fixture(scope="session")
def signing_ca(tmp_path_factory: pytest.TempPathFactory) -> LocalCA:
    """Who signs in the cluster."""
    folder = tmp_path_factory.mktemp("cluster") / "ca"
    return LocalCA.open_or_create(folder, key_type="ec-p256")


@pytest.fixture
def fake(tmp_path: Path, signing_ca: LocalCA) -> Iterator[FakeKubernetes]:
    folder = tmp_path / "api-server"
    folder.mkdir()
    with running_fake(folder, signing_ca) as running:
        yield running


@pytest.fixture
def told() -> list[str]:
    """What the issuer has said."""
    return []


@pytest.fixture
def make_issuer(tmp_path: Path, fake: FakeKubernetes, told: list[str]) -> MakeIssuer:
    def make(**changes: object) -> CertManager:
        path = fake.kubeconfig(tmp_path / "kube" / "config")
        options = Options(issuer="web", kubeconfigs=(path,), seconds=30)
        changed = replace(options, **changes)  # type: ignore[arg-type]  # each test knows
        return CertManager(changed, tmp_path / "store", told.append)

    return make


def request_for(
    *names: str, days: float = 30, key_type: str = "ec-p256"
) -> CertificateRequest:
    """What an issuer is asked for these names."""
    return CertificateRequest(parse(names), keys.generate(key_type), timedelta(days))
