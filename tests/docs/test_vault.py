from __future__ import annotations

import os
from pathlib import Path

from ..tools import OWN
from ..tools import program
from ..tools import run
from ..vault_servers import Bao
from .blocks import blocks
from .blocks import ROOT


def test_the_set_up_of_vault_works_as_written(tmp_path: Path) -> None:
    page = ROOT / "docs" / "vault.rst"
    (block,) = [each for each in blocks(page) if each.language == "shell"]
    bao = Bao(tmp_path, dev=True)
    folder = tmp_path / "project"
    folder.mkdir()
    try:
        bao.start()
        environ = {
            **os.environ,
            # The block's bao and flask are those of this environment.
            "PATH": f"{OWN}{os.pathsep}{os.environ['PATH']}",
            "VAULT_ADDR": bao.address,
            "VAULT_TOKEN": bao.token,
            "BAO_ADDR": bao.address,
        }

        done = run(program("bash"), "-e", "-c", block.body, env=environ, cwd=folder)
    finally:
        bao.kill()

    assert done.returncode == 0, done.stderr
    assert "Issued a pair for app.test" in done.stdout
