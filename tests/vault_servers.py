"""Real OpenBao servers, which speak Vault's API: in memory, or as in production."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from .acme_servers import free_ports
from .acme_servers import make_https_pair
from .acme_servers import wait_for_port
from .tools import program

ROOT_TOKEN = "root-token-of-a-test"

_REAL = """
storage "raft" {{
  path = "{folder}/data"
  node_id = "one"
  performance_multiplier = 1
}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster_port}"
  tls_cert_file = "{cert}"
  tls_key_file = "{key}"
}}
api_addr = "https://127.0.0.1:{port}"
cluster_addr = "https://127.0.0.1:{cluster_port}"
disable_mlock = true
"""

_JOIN = """node_id = "two"
  retry_join {{
    leader_api_addr = "{address}"
    leader_ca_cert_file = "{cafile}"
  }}"""


@dataclass
class Bao:
    """A server in a folder of its own."""

    folder: Path
    #: In memory and over HTTP, or with files and over HTTPS.
    dev: bool
    token: str = ROOT_TOKEN
    cafile: Path | None = None
    unseal_key: str = ""
    port: int = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port, cluster_port = free_ports(2)
        if not self.dev:
            self.cafile, key = make_https_pair(self.folder)
            config = _REAL.format(
                folder=self.folder,
                port=self.port,
                cluster_port=cluster_port,
                cert=self.cafile,
                key=key,
            )
            (self.folder / "data").mkdir()
            (self.folder / "bao.hcl").write_text(config)

    @property
    def address(self) -> str:
        scheme = "http" if self.dev else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        how = (
            [
                "-dev",
                f"-dev-root-token-id={ROOT_TOKEN}",
                f"-dev-listen-address=127.0.0.1:{self.port}",
                "-dev-no-store-token",
            ]
            if self.dev
            else [f"-config={self.folder / 'bao.hcl'}"]
        )
        with (self.folder / "bao.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program("bao"), "server", *how],
                env={**os.environ, "HOME": str(self.folder)},
                stdout=log,
                stderr=log,
            )
        wait_for_port(self.port, self.process)
        self._wait_until_it_answers()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def init(self) -> None:
        made = self.ask("put", "sys/init", secret_shares=1, secret_threshold=1)
        self.unseal_key, self.token = made["keys"][0], made["root_token"]

    def unseal(self) -> None:
        self.ask("put", "sys/unseal", key=self.unseal_key)
        self._wait_until_it_answers("unsealed")

    def follow(self, leader: Bao) -> None:
        """Become the other server's standby."""
        file = self.folder / "bao.hcl"
        join = _JOIN.format(address=leader.address, cafile=leader.cafile)
        text = file.read_text().replace('node_id = "one"', join)
        file.write_text(text)
        self.unseal_key, self.token = leader.unseal_key, leader.token
        self.start()
        self.ask("put", "sys/unseal", key=self.unseal_key)
        self._wait_until_it_answers("standing by")

    def ask(self, method: str, path: str, /, **content: Any) -> Any:
        """What it says, without the package that is tested."""
        request = urllib.request.Request(
            f"{self.address}/v1/{path}",
            json.dumps(content).encode() if content else None,
            {"X-Vault-Token": self.token},
            method=method.upper(),
        )
        context = ssl.create_default_context(cafile=self.cafile)
        with urllib.request.urlopen(request, context=context, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def connection(self) -> http.client.HTTPConnection:
        """A connection of its own, without what the package would do."""
        if self.dev:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

        context = ssl.create_default_context(cafile=self.cafile)
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=20, context=context
        )

    def write(self, path: str, /, **content: Any) -> Any:
        return self.ask("post", path, **content)

    def _wait_until_it_answers(self, state: str = "") -> None:
        end = time.monotonic() + 30
        query = "?sealedcode=200&uninitcode=200" if not state and not self.dev else ""
        query = "?standbyok=true" if state == "standing by" else query
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                self.ask("get", f"sys/health{query}")
                return
            time.sleep(0.05)

        raise AssertionError("OpenBao is not ready")

    def set_up(self) -> None:
        """A root, an intermediate that signs, roles, and ways to log in."""
        self.write("sys/mounts/root", type="pki", config={"max_lease_ttl": "87600h"})
        self.write("sys/mounts/pki", type="pki", config={"max_lease_ttl": "8760h"})
        self.write("root/root/generate/internal", common_name="Test Root", ttl="80000h")
        csr = self.write("pki/intermediate/generate/internal", common_name="Test CA")
        signed = self.write(
            "root/root/sign-intermediate", csr=csr["data"]["csr"], ttl="8000h"
        )
        chain = "\n".join([signed["data"]["certificate"], signed["data"]["issuing_ca"]])
        self.write("pki/intermediate/set-signed", certificate=chain)
        pki = f"{self.address}/v1/pki"
        self.write(
            "pki/config/urls",
            crl_distribution_points=[f"{pki}/crl"],
            ocsp_servers=[f"{pki}/ocsp"],
        )
        common = {"key_type": "any", "allow_ip_sans": True, "max_ttl": "2160h"}
        self.write(
            "pki/roles/web",
            **common,
            allowed_domains=["test", "localhost"],
            allow_subdomains=True,
            allow_bare_domains=True,
            allow_localhost=True,
            require_cn=False,
        )
        self.write(
            "pki/roles/long",
            **(common | {"max_ttl": "8700h"}),
            allow_any_name=True,
        )
        self.write("pki/roles/rsa", key_type="rsa", allow_any_name=True)
        self.ask(
            "put",
            "sys/policies/acl/web",
            policy='path "pki/sign/web" { capabilities = ["update"] }',
        )
        self.write("sys/auth/approle", type="approle")
        self.write("auth/approle/role/app", token_policies=["web"], token_ttl="10m")

    def approle(self) -> tuple[str, str]:
        """A role id and a new secret id."""
        path = "auth/approle/role/app"
        role = self.ask("get", f"{path}/role-id")["data"]["role_id"]
        secret = self.ask("post", f"{path}/secret-id", metadata="{}")
        return role, secret["data"]["secret_id"]

    def new_token(self, **content: Any) -> str:
        made = self.write("auth/token/create", **content)
        return str(made["auth"]["client_token"])


@contextlib.contextmanager
def running_bao(folder: Path, *, dev: bool) -> Iterator[Bao]:
    """A server that is set up: unsealed, with a CA and roles."""
    bao = Bao(folder, dev)
    try:
        bao.start()
        if not dev:
            bao.init()
            bao.unseal()
        bao.set_up()
        yield bao
    finally:
        bao.kill()
