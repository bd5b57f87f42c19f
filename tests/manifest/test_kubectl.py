from __future__ import annotations

import pytest

from .api_server import as_kubectl_reads
from .api_server import KINDS
from .api_server import kubectl
from .cases import Case
from .cases import CASES
from .schemas import read

_DRY = ("--dry-run=client", "--validate=false", "-o", "name")


@pytest.mark.parametrize("command", ["create", "apply"])
def test_kubectl_takes_every_manifest(command: str) -> None:
    manifest = "".join(case.write() for case in CASES.values())
    wanted = [
        f"{KINDS[each['apiVersion'], each['kind']][0]}/{each['metadata']['name']}"
        for each in read(manifest)
    ]

    printed = kubectl([command, *_DRY], manifest).split()

    assert len(printed) == len(wanted)
    assert {name.rpartition("/")[2] for name in printed} == {
        name.rpartition("/")[2] for name in wanted
    }


@pytest.mark.parametrize("name", ["app", "acme", "gateway"])
def test_kubectl_reads_what_python_reads(name: str) -> None:
    case: Case = CASES[name]
    written = case.write()

    assert as_kubectl_reads(written) == read(written)
