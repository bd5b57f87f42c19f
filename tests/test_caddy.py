"""A second ACME server, unrelated to Pebble: Caddy's.

It validates on port 80 and nowhere else, so all of it runs in a network of its
own, where that port is free.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .servers import flask
from .tools import missing
from .tools import program
from .tools import run

CADDYFILE = """\
{
    http_port 8081
    https_port 8443
    skip_install_trust
    admin off
}
https://localhost:8443 {
    tls internal
    acme_server
}
"""

#: What is typed in there; $1 is the folder, $2 and so on the command of flask.
SCRIPT = """\
set -eu
ip link set lo up
folder=$1
shift
root=$folder/data/caddy/pki/authorities/local/root.crt
directory=https://localhost:8443/acme/local/directory
caddy run --config "$folder/Caddyfile" --adapter caddyfile 2>"$folder/log" &
trap 'kill $!' EXIT
tries=0
until curl -s --cacert "$root" "$directory" | grep -q newOrder; do
    tries=$((tries + 1))
    [ $tries -lt 300 ]
    sleep 0.1
done
options="--issuer acme --agree-tos --directory $directory"
"$@" tls issue localhost $options --acme-ca-file "$root" --http-port 80
"$@" tls renew localhost --force
"$@" tls revoke localhost --yes
# Nobody answers there any more.
! curl -s http://localhost:80/
"""


@pytest.fixture
def own_network() -> list[str]:
    """The command that runs another one where port 80 is free."""
    if not sys.platform.startswith("linux"):
        missing("unshare")

    options = ["-nm"] if os.geteuid() == 0 else ["-rnm"]
    command = [program("unshare"), *options]
    if run(*command, "true").returncode:
        missing("a network of its own")

    return command


def test_the_plain_flow_with_caddy(
    own_network: list[str], home: Path, tmp_path: Path
) -> None:
    program("caddy")
    program("ip")
    (tmp_path / "Caddyfile").write_text(CADDYFILE)

    done = subprocess.run(
        [*own_network, program("sh"), "-c", SCRIPT, "sh", str(tmp_path), *flask()],
        cwd=tmp_path,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Issued a pair for localhost" in said
    assert "localhost: renewed" in said
    assert "Revoked, and deleted the pair" in said
