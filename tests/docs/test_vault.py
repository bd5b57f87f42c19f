from __future__ import annotations

import os
import re
from pathlib import Path

from ..servers import flask
from ..tools import OWN
from ..tools import program
from ..tools import run
from ..vault_servers import Bao
from ..vault_servers import running_bao
from .blocks import blocks
from .blocks import ROOT

PAGE = ROOT / "docs" / "vault.rst"


def test_the_set_up_of_vault_works_as_written(tmp_path: Path) -> None:
    (block,) = [each for each in blocks(PAGE) if each.language == "shell"]
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


def test_the_policies_allow_as_much_as_is_needed_and_no_more(tmp_path: Path) -> None:
    """Both lines of the page: the first one to issue, the second one to revoke."""
    sign, revoke = re.findall(r'path "pki/\w+.*?\}', PAGE.read_text())
    with running_bao(tmp_path, dev=True) as bao:
        found = {}
        for name, policy in (("one", sign), ("both", f"{sign}\n{revoke}")):
            bao.ask("put", f"sys/policies/acl/{name}", policy=policy)
            environ = {
                **os.environ,
                "VAULT_ADDR": bao.address,
                "VAULT_TOKEN": bao.new_token(policies=[name]),
            }
            typed = ("--issuer", "vault", "--vault-role", "web")
            issue = flask("tls", "issue", f"{name}.test", *typed)
            take_back = flask("tls", "revoke", f"{name}.test", "--yes")
            issued = run(*issue, env=environ, cwd=tmp_path)
            found[name] = run(*take_back, env=environ, cwd=tmp_path)
            assert issued.returncode == 0, issued.stderr

    assert found["one"].returncode == 1
    assert "denies permission for 'pki/revoke'" in found["one"].stderr
    assert found["both"].returncode == 0, found["both"].stderr
