"""The servers of the matrix, and everything that a client needs to ask them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from flask_tlsdev import keys
from flask_tlsdev.pairs import dump_certificates
from tests.matrix import chains
from tests.matrix.chains import Check
from tests.profiles import authority

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Farm:
    """Each check's chain on a port of its own, and as a file."""

    folder: Path
    #: One that takes every name for this machine.
    proxy: int
    #: What servers show: good ones, evil ones, controls.
    visits: tuple[Check, ...]
    #: What clients show.
    clients: tuple[Check, ...]
    #: What lies beside signed code.
    code: tuple[Check, ...]
    ports: dict[Check, int] = field(repr=False)

    @property
    def roots(self) -> tuple[Path, ...]:
        """Our root and the unlimited one."""
        return (self.folder / "root.pem", self.folder / "unlimited.pem")

    @property
    def rootsfile(self) -> Path:
        """Both in one file."""
        return self.folder / "roots.pem"

    @property
    def keyfile(self) -> Path:
        return self.folder / "key.pem"

    def chainfile(self, check: Check) -> Path:
        number = (*self.visits, *self.clients, *self.code).index(check)
        return self.folder / f"{number}.pem"

    def url(self, check: Check, path: str = "/", *, ascii: bool = False) -> str:
        host = check.ascii_host if ascii else check.host
        host = f"[{host}]" if ":" in host else host
        return f"https://{host}:{self.ports[check]}{path}"

    def request(self) -> str:
        """What ``visit.py`` and the like read."""
        return json.dumps(
            {
                "roots": str(self.rootsfile),
                "checks": [[each.ascii_host, self.ports[each]] for each in self.visits],
                "clients": [
                    [str(self.chainfile(each)), str(self.keyfile)]
                    for each in self.clients
                ],
                "code": [[str(self.chainfile(each))] for each in self.code],
            }
        )


@contextmanager
def farm(folder: Path) -> Iterator[Farm]:
    """All of it, served by one process until the block ends."""
    visits, clients, code = (
        (*chains.good(), *chains.evil(chains.SERVER), *chains.controls(chains.SERVER)),
        (*chains.evil(chains.CLIENT), *chains.controls(chains.CLIENT)),
        (*chains.evil(chains.CODE), *chains.controls(chains.CODE)),
    )
    made = Farm(folder, 0, visits, clients, code, {})
    _write(made)

    with subprocess.Popen(
        [sys.executable, PROGRAMS / "server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        served = [[str(made.chainfile(each)), str(made.keyfile)] for each in visits]
        process.stdin.write(json.dumps(served) + "\n")
        process.stdin.flush()
        proxy, *ports = json.loads(process.stdout.readline())
        by_check = dict(zip(visits, ports, strict=True))
        yield Farm(folder, proxy, visits, clients, code, by_check)


def _write(made: Farm) -> None:
    roots = (authority().root, chains.unlimited_root())
    for path, root in zip(made.roots, roots, strict=True):
        path.write_bytes(dump_certificates([root]))
    made.rootsfile.write_bytes(dump_certificates(roots))

    for check in (*made.visits, *made.clients, *made.code):
        made.chainfile(check).write_bytes(dump_certificates(check.chain))
        # One key is enough for all of them.
        made.keyfile.write_bytes(keys.dump(check.key))
