"""Real ACME servers, each in a folder and on ports of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from flask_tlsdev.certificates import san
from flask_tlsdev.names import parse

from .tools import program

#: Pebble without what it does to find careless clients.
CALM = {
    "PEBBLE_VA_NOSLEEP": "1",
    "PEBBLE_WFE_NONCEREJECT": "0",
    "PEBBLE_AUTHZREUSE": "0",
}
#: Far more of it than by default: every second nonce is refused.
CHAOS = {
    "PEBBLE_VA_NOSLEEP": "0",
    "PEBBLE_VA_SLEEPTIME": "2",
    "PEBBLE_WFE_NONCEREJECT": "50",
    "PEBBLE_AUTHZREUSE": "100",
}

EAB_KID = "kid-1"
EAB_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def make_https_pair(
    folder: Path, *, start: timedelta = timedelta(), days: float = 1
) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    begin = datetime.now(timezone.utc) - timedelta(minutes=5) + start
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test API")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(san(parse(["localhost", "127.0.0.1"])), critical=False)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certfile, keyfile = folder / "api.crt", folder / "api.key"
    certfile.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    keyfile.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certfile, keyfile


@dataclass
class Pebble:
    """A running Pebble with a DNS server that knows every name as 127.0.0.1."""

    folder: Path
    environment: Mapping[str, str]
    options: Mapping[str, object]
    cafile: Path = field(init=False)
    port: int = field(init=False)
    management: int = field(init=False)
    #: Where it looks for http-01 and tls-alpn-01.
    http_port: int = field(init=False)
    tls_port: int = field(init=False)
    dns_port: int = field(init=False)
    dns_management: int = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (
            self.port,
            self.management,
            self.http_port,
            self.tls_port,
            self.dns_port,
            self.dns_management,
        ) = free_ports(6)
        self.cafile, keyfile = make_https_pair(self.folder)
        config = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(self.cafile),
            "privateKey": str(keyfile),
            "httpPort": self.http_port,
            "tlsPort": self.tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "domainBlocklist": ["blocked.test"],
            "certificateValidityPeriod": 86400 * 90,
            **self.options,
        }
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": config}))

    @property
    def directory(self) -> str:
        return f"https://localhost:{self.port}/dir"

    @property
    def dns_server(self) -> str:
        return f"127.0.0.1:{self.dns_port}"

    def start(self) -> None:
        with (self.folder / "pebble.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    program("pebble"),
                    "-config",
                    str(self.folder / "pebble.json"),
                    "-dnsserver",
                    self.dns_server,
                ],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        wait_for_port(self.port, self.process)

    def kill(self) -> None:
        """End it at once: it forgets everything."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def root(self) -> bytes:
        """The root that the issued chains end at, as PEM."""
        return self.roots(1)[0]

    def roots(self, count: int) -> list[bytes]:
        """The roots of all the chains, as PEM."""
        url = f"https://localhost:{self.management}/roots"
        return [self._get(f"{url}/{number}") for number in range(count)]

    def status_of(self, serial: int) -> str:
        url = f"https://localhost:{self.management}/cert-status-by-serial/{serial:x}"
        return str(json.loads(self._get(url))["Status"])

    def _get(self, url: str) -> bytes:
        context = ssl.create_default_context(cafile=self.cafile)
        with urllib.request.urlopen(url, context=context, timeout=20) as answer:
            data: bytes = answer.read()
            return data

    def tell_dns(self, what: str, **content: object) -> None:
        """``set-txt``, ``clear-txt``, ``set-default-ipv4`` ... of the DNS server."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.dns_management}/{what}",
            json.dumps(content).encode(),
        )
        with urllib.request.urlopen(request, timeout=20):
            pass


@contextlib.contextmanager
def running_pebble(
    folder: Path,
    environment: Mapping[str, str] = CALM,
    options: Mapping[str, object] | None = None,
) -> Iterator[Pebble]:
    pebble = Pebble(folder, environment, options or {})
    dns = subprocess.Popen(
        [
            program("pebble-challtestsrv"),
            *("-dns01", pebble.dns_server),
            *("-http01", "", "-https01", "", "-tlsalpn01", ""),
            *("-management", f"127.0.0.1:{pebble.dns_management}"),
            *("-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(pebble.dns_management, dns)
        pebble.start()
        yield pebble
    finally:
        pebble.kill()
        dns.kill()
        dns.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens. Nobody tells when."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, "the server has ended"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)

    raise AssertionError(f"nobody listens on port {port}")
