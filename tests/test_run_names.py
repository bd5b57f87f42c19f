"""``flask tls run`` for more than the configured names: on demand, and in the LAN."""

from __future__ import annotations

import contextlib
import http.client
import os
import pty
import shlex
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_tlsdev.config import Settings
from flask_tlsdev.lan import private_interfaces
from flask_tlsdev.lan.plan import local_name

from .client_cas import make_client_ca
from .contexts.serving import settle
from .contexts.test_choosing import own_address
from .servers import flask
from .servers import Server
from .servers import serving
from .tools import program
from .tools import run

APP = """\
from flask import Flask, request
from flask_tlsdev import TLSDev, tls_client

app = Flask(__name__)
app.config["TLSDEV_ON_DEMAND"] = ["app.test"]
TLSDev(app)


@app.get("/")
def index():
    return f"{request.host} {tls_client.subject if tls_client else 'nobody'}"


@app.get("/broken")
def broken():
    secret = "a line of the source"
    raise ValueError("an error")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    return folder


@pytest.fixture
def heard_hangups() -> Iterator[None]:
    """Children hear SIGHUP, also where the tests themselves run under nohup."""
    previous = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, previous)


def export(project: Path, *ca_path: Path) -> Path:
    """The root of the local CA, or of the one in this folder."""
    path = project / "root.crt"
    where: tuple[str | Path, ...] = ("--ca-path", *ca_path) if ca_path else ()
    done = run(
        *flask("tls", *where, "ca", "export", "--out", path, "--force"), cwd=project
    )
    assert done.returncode == 0, done.stderr
    return path


def lan_folder() -> Path:
    (found,) = Path.home().rglob("lan/ca.json")
    return found.parent


def curl(url: str, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run(
        *(program("curl"), "--silent", "--show-error", "--noproxy", "*"),
        "--cacert",
        root,
        *options,
        url,
    )


def at(name: str, server: Server, address: str = "127.0.0.1") -> tuple[str, str]:
    return "--resolve", f"{name}:{server.port}:{address}"


# On demand


@pytest.mark.parametrize("option", ["--no-reload", "--debug"])
def test_every_name_below_a_suffix_is_served_to_curl(
    project: Path, option: str
) -> None:
    with serving("tls", "run", option, cwd=project) as server:
        root = export(project)
        names = ("app.test", "one.app.test", "a.b.app.test")

        answers = [
            curl(f"https://{name}:{server.port}/", root, *at(name, server)).stdout
            for name in names
        ]

    assert answers == [f"{name}:{server.port} nobody" for name in names]
    assert len(list(Path.home().rglob("tls.crt"))) == 1


def test_other_names_get_the_default_certificate_and_a_line(project: Path) -> None:
    with serving("tls", "run", cwd=project) as server:
        root = export(project)
        url = f"https://other.test:{server.port}/"

        refused = curl(url, root, *at("other.test", server))
        server.wait_for("other.test and got the default certificate")

    assert refused.returncode == 60


@pytest.mark.usefixtures("heard_hangups")
def test_a_new_ca_is_used_for_the_next_names_after_sighup(project: Path) -> None:
    with serving("tls", "run", cwd=project) as server:
        export(project)
        url = f"https://one.app.test:{server.port}/"
        curl(url, export(project), *at("one.app.test", server))
        done = run(*flask("tls", "ca", "create", "--yes"), cwd=project)
        assert done.returncode == 0, done.stderr
        root = export(project)

        def works() -> bool:
            return curl(url, root, *at("one.app.test", server)).returncode == 0

        assert not works()
        os.kill(server.process.pid, signal.SIGHUP)

        assert settle(works)
        assert server.process.poll() is None


def test_a_pair_is_renewed_in_a_running_server(project: Path) -> None:
    """Each pair is due a second after it was made."""
    env = {
        "FLASK_TLSDEV_LIFETIME": "5m",
        "FLASK_TLSDEV_RENEW_BEFORE": "299s",
    }
    (project / "app.py").write_text(
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "app.config.from_prefixed_env()\n"
    )

    with serving("tls", "run", "--no-reload", cwd=project, env=env) as server:
        seen = {server.certificate()}

        def changed() -> bool:
            seen.add(server.certificate())
            return len(seen) > 2

        assert settle(changed, 30)


@pytest.mark.usefixtures("heard_hangups")
def test_a_closed_terminal_ends_the_server(project: Path) -> None:
    """SIGHUP means two things: here it is that nobody is there any more."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*flask("tls", "run", "--port", "0")],
        cwd=project,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)

    try:
        said = b""
        while b"CTRL+C" not in said:
            said += os.read(ours, 4096)
        os.close(ours)

        process.wait(20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


# Client certificates


def test_a_client_is_asked_for_a_certificate(project: Path, tmp_path: Path) -> None:
    clients = make_client_ca(tmp_path / "clients")
    client = clients.issue("reports")
    options = ("--client-ca", clients.cafile)

    with serving("tls", "run", *options, cwd=project) as server:
        root = export(project)
        url = f"https://localhost:{server.port}/"
        shown = ("--cert", str(client.certfile), "--key", str(client.keyfile))

        assert curl(url, root).stdout.endswith(" nobody")
        assert curl(url, root, *shown).stdout.endswith(" CN=reports")


@pytest.mark.parametrize("option", ["--no-reload", "--debug"])
def test_a_required_certificate_is_required(
    project: Path, tmp_path: Path, option: str
) -> None:
    clients = make_client_ca(tmp_path / "clients")
    client = clients.issue("reports")
    options = ("--client-ca", clients.cafile, "--client-certificate", "required")

    with serving("tls", "run", option, *options, cwd=project) as server:
        root = export(project)
        url = f"https://localhost:{server.port}/"
        shown = ("--cert", str(client.certfile), "--key", str(client.keyfile))

        assert curl(url, root).returncode in (35, 55, 56)
        assert curl(url, root, *shown).stdout.endswith(" CN=reports")


def test_required_without_a_ca_is_an_error(project: Path) -> None:
    done = run(*flask("tls", "run", "--client-certificate", "required"), cwd=project)

    assert done.returncode == 1
    assert "--client-ca FILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ca_file_without_a_certificate_is_an_error(project: Path) -> None:
    done = run(*flask("tls", "run", "--client-ca", "app.py"), cwd=project)

    assert done.returncode == 1
    assert "app.py" in done.stderr
    assert "Traceback" not in done.stderr


# The LAN


@pytest.fixture
def lan() -> str:
    """A private address of this machine."""
    found = private_interfaces()
    if not found:
        pytest.skip("this machine is in no private network")
    return str(found[0].ip)


@contextlib.contextmanager
def in_lan(project: Path, *options: str) -> Iterator[Server]:
    with serving("tls", "run", "--lan", *options, cwd=project) as server:
        yield server


def test_the_network_is_served_by_a_ca_of_its_own(project: Path, lan: str) -> None:
    host = f"[{lan}]" if ":" in lan else lan

    with in_lan(project) as server:
        lan_root = export(project, lan_folder())
        found = curl(f"https://{host}:{server.port}/", lan_root)
        root = export(project)
        local = curl(f"https://localhost:{server.port}/", root, "-4")
        strange = curl(f"https://{host}:{server.port}/", root)

    assert found.stdout == f"{host}:{server.port} nobody"
    assert local.stdout == f"localhost:{server.port} nobody", local.stderr
    assert strange.returncode == 60


def test_the_local_name_is_served_to_whoever_asks_for_it(
    project: Path, lan: str
) -> None:
    name = str(local_name(socket.gethostname()))

    with in_lan(project) as server:
        root = export(project, lan_folder())
        done = curl(
            f"https://{name}:{server.port}/", root, *at(name, server, own_address())
        )

    assert done.stdout == f"{name}:{server.port} nobody", done.stderr


#: In a network of its own, where the only private address is one of ours.
IN_A_NETWORK = """\
set -e
ip link set lo up
ip addr add 10.99.7.1/24 dev lo
{flask} tls run --lan --port 5443 >served.log 2>&1 &
trap "kill $!" EXIT
url=https://10-99-7-1.nip.io:5443/
curl --silent --show-error --retry 30 --retry-connrefused --retry-delay 1 \\
    --cacert root.crt --resolve 10-99-7-1.nip.io:5443:10.99.7.1 $url
"""


def in_a_network(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as root of a network namespace, or skip the test."""
    own = (program("unshare"), "--user", "--map-root-user", "--net")
    program("ip")
    if run(*own, "true").returncode != 0:
        pytest.skip("network namespaces are not allowed here")

    return run(*own, "sh", "-c", script, cwd=cwd)


def test_the_urls_are_printed_and_nip_io_ones_where_they_are_permitted(
    project: Path,
) -> None:
    permit = ("--permit", "10-99-7-1.nip.io", "--yes")
    assert run(*flask("tls", "ca", "create", *permit), cwd=project).returncode == 0
    export(project)

    done = in_a_network(IN_A_NETWORK.format(flask=shlex.join(flask())), project)

    said = (project / "served.log").read_text()
    assert done.stdout == "10-99-7-1.nip.io:5443 nobody", done.stderr + said
    assert "https://10.99.7.1:5443, https://10-99-7-1.nip.io:5443" in said


def test_what_the_lans_ca_may_not_sign_is_skipped_with_one_line(
    project: Path, lan: str
) -> None:
    """It was made in another network."""
    name = str(local_name(socket.gethostname()))
    folder = Settings.from_environment(os.environ).ca_path / "lan"
    permits = ("--permit", name, "--permit", "10.98.0.0/16", "--yes")
    create = flask("tls", "--ca-path", folder, "ca", "create", *permits)
    assert run(*create, cwd=project).returncode == 0

    with in_lan(project) as server:
        said = [line for line in server.lines if lan in line]

    assert len(said) == 1
    assert f"Not on {lan}: the LAN's CA was made for" in said[0]
    assert f"flask tls --ca-path {folder} ca create --permit {name}" in said[0]


def test_lan_is_not_heard_from_the_environment(project: Path) -> None:
    with serving("tls", "run", cwd=project, env={"FLASK_TLS_RUN_LAN": "1"}) as server:
        said = server.output

    assert "On your network" not in said
    assert not list(Path.home().rglob("lan"))


def ask(server: Server, address: str, path: str) -> tuple[int, str]:
    """An answer to a client that says it came to localhost."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        address, server.port, context=context, timeout=20
    )

    with contextlib.closing(connection):
        headers = {
            "Host": f"localhost:{server.port}",
            "X-Forwarded-For": "127.0.0.1",
        }
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_the_debugger_is_shown_to_this_machine_only(project: Path, lan: str) -> None:
    away = own_address()
    resource = "/?__debugger__=yes&cmd=resource&f=debugger.js"

    with in_lan(project, "--debug") as server:
        for address, is_here in (("127.0.0.1", True), (away, False)):
            status, page = ask(server, address, "/broken")
            assert status == 500
            assert ("a line of the source" in page) is is_here
            assert ("EVALEX = true" in page) is is_here

            assert (ask(server, address, "/console")[0] == 200) is is_here
            assert ("openShell" in ask(server, address, resource)[1]) is is_here

        assert ask(server, away, "/_tlsdev/")[0] == 404
        assert ask(server, away, "/")[0] == 200
