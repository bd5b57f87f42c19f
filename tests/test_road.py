"""The whole road, as a user goes it: one command, and real clients that connect."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from flask_tlsdev import keys
from flask_tlsdev.config import Settings
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.files import write
from flask_tlsdev.provision import issue

from .servers import flask
from .servers import Server
from .servers import serving
from .tools import program
from .tools import run

APP = "from flask import Flask\napp = Flask(__name__)\n"
EXAMPLE = ("--app", "example_app", "tls", "run")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where tests put the root that a client is given."""
    return tmp_path / "root.crt"


def export_root(path: Path) -> Path:
    done = run(*flask("tls", "ca", "export", "--out", path, "--force"))
    assert done.returncode == 0, done.stderr
    return path


def test_one_command_serves_the_example_over_https(root: Path) -> None:
    with serving(*EXAMPLE) as server:
        export_root(root)

        status, page = server.get(cafile=root)

    assert status == 200
    assert b"TLSv1.3" in page
    assert b"localhost, 127.0.0.1, ::1" in page


def test_the_banner_says_what_there_is_to_know(root: Path) -> None:
    with serving(*EXAMPLE) as server:
        said = server.output

    assert "HTTPS for localhost, 127.0.0.1, ::1: new pair from local-ca-" in said
    assert "until 20" in said
    assert "flask tls ca export" in said


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_curl_accepts_every_configured_name(root: Path, host: str) -> None:
    bind = "::1" if host == "[::1]" else "127.0.0.1"
    if host == "localhost":
        bind = "localhost"

    with serving(*EXAMPLE, "--host", bind) as server:
        export_root(root)
        done = run(
            program("curl"),
            *("--silent", "--show-error", "--cacert", root, "--noproxy", "*"),
            f"https://{host}:{server.port}/",
        )

    assert done.returncode == 0, done.stderr
    assert "It works over HTTPS" in done.stdout


def test_curl_refuses_without_the_root() -> None:
    with serving(*EXAMPLE) as server:
        done = run(
            program("curl"),
            *("--silent", "--show-error", "--noproxy", "*"),
            f"https://localhost:{server.port}/",
        )

    assert done.returncode == 60


def test_restarting_serves_the_same_certificate() -> None:
    with serving(*EXAMPLE) as server:
        first = server.certificate()
    with serving(*EXAMPLE) as server:
        again = server.certificate()

    assert again == first


def test_another_name_is_another_certificate(root: Path) -> None:
    with serving(*EXAMPLE) as server:
        first = server.certificate()
    with serving(*EXAMPLE, "--name", "app.test") as server:
        again = server.certificate()
        said = server.output

    assert again != first
    assert "app.test" in said


def test_an_existing_pair_is_served_as_it_is(tmp_path: Path) -> None:
    made = run(
        *flask("tls", "issue", "app.test", "--issuer", "self-signed"),
        *("--out", tmp_path / "c.pem", "--keyout", tmp_path / "k.pem"),
    )
    assert made.returncode == 0, made.stderr
    pair = ("--cert", tmp_path / "c.pem", "--key", tmp_path / "k.pem")

    with serving(*EXAMPLE, *pair) as server:
        brought = run(program("openssl"), "x509", "-in", tmp_path / "c.pem").stdout

        assert ssl.DER_cert_to_PEM_cert(server.certificate()) == brought


def test_a_saved_syntax_error_does_not_end_the_server(
    tmp_path: Path, root: Path
) -> None:
    good = APP + "@app.get('/')\ndef index(): return '%s'\n"
    source = tmp_path / "app.py"
    source.write_text(good % "one")

    # The stat reloader looks at the time of the last change: it must differ.
    with serving("tls", "run", "--debug", cwd=tmp_path) as server:
        server.wait_for("Debugger PIN")
        export_root(root)
        fingerprint = server.certificate()
        assert server.get(cafile=root) == (200, b"one")

        source.write_text("def broken(:\n")
        server.wait_for("SyntaxError")
        assert server.get(cafile=root)[0] == 500

        source.write_text(good % "three")
        server.wait_for("Detected change")
        server.wait_for("Debugger PIN")
        assert server.get(cafile=root) == (200, b"three")

        assert server.certificate() == fingerprint


def test_an_app_that_cannot_be_imported_is_shown_as_flask_run_shows_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "app.py").write_text("raise ValueError('my own mistake')\n")

    ours = run(*flask("tls", "run", "--port", "0"), cwd=tmp_path)
    theirs = run(*flask("run", "--port", "0"), cwd=tmp_path)

    assert ours.returncode == theirs.returncode == 1
    assert "my own mistake" in ours.stderr
    assert ours.stderr.splitlines()[-1] == theirs.stderr.splitlines()[-1]


def test_without_an_app_flask_says_so(tmp_path: Path) -> None:
    done = run(*flask("tls", "run", "--port", "0"), cwd=tmp_path)

    assert done.returncode == 2
    assert "Usage: python -m flask tls run [OPTIONS]" in done.stderr
    assert "Could not locate a Flask application" in done.stderr
    assert not list(Path.home().rglob("tls.key"))


def test_urls_built_outside_a_request_are_https(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "from flask import Flask\n"
        "app = Flask(__name__)\n"
        "@app.get('/')\n"
        "def index(): return app.config['PREFERRED_URL_SCHEME']\n"
    )
    with serving("tls", "run", cwd=tmp_path) as server:
        root = export_root(tmp_path / "root.crt")

        assert server.get(cafile=root) == (200, b"https")


def test_flask_runs_own_variables_are_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    with serving("tls", "run", cwd=tmp_path, env={"FLASK_RUN_HOST": "::1"}) as server:
        assert "https://[::1]:" in server.output


def test_adhoc_from_a_plain_flask_run_is_replaced_by_ours(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    with serving("tls", "run", cwd=tmp_path, env={"FLASK_RUN_CERT": "adhoc"}) as server:
        assert "local-ca-" in server.output


def test_silent_clients_hold_up_nobody(root: Path) -> None:
    with serving(*EXAMPLE) as server:
        export_root(root)
        silent = [
            socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)
        ]
        try:
            answers = [server.get(cafile=root)[0] for _ in range(20)]
        finally:
            for client in silent:
                client.close()

    assert answers == [200] * 20


def test_plain_http_is_sent_to_https() -> None:
    with serving(*EXAMPLE) as server:
        done = run(
            program("curl"),
            *("--silent", "--include", "--noproxy", "*"),
            f"http://localhost:{server.port}/path?q=1",
        )

    assert done.stdout.startswith("HTTP/1.1 307 ")
    assert f"Location: https://localhost:{server.port}/path?q=1" in done.stdout
    assert "strict-transport" not in done.stdout.lower()


def test_no_request_fails_while_the_pair_changes_under_load(
    tmp_path: Path, root: Path
) -> None:
    with serving(*EXAMPLE) as server:
        export_root(root)
        failures: list[BaseException] = []
        count = 0
        over = threading.Event()

        def ask() -> None:
            nonlocal count
            while not over.is_set():
                try:
                    assert server.get("/static/style.css", cafile=root)[0] == 200
                    count += 1
                except BaseException as error:
                    failures.append(error)
                    return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()

        seen = {swap(server, kind) for kind in ["rsa:2048", "ec-p256"] * 10}
        over.set()
        for thread in threads:
            thread.join()

    assert failures == []
    assert count > 20
    assert len(seen) == 20


def swap(server: Server, key_type: str) -> bytes:
    """Replace the served pair as a renewal does; the certificate then served."""
    settings = Settings.from_environment({"HOME": str(Path.home())})
    request = CertificateRequest(
        settings.names, keys.generate(key_type), timedelta(days=30)
    )
    pair = issue(settings.make_issuer(), request)
    (certfile,) = Path.home().rglob("tls.crt")
    write(certfile.with_name("tls.key"), pair.key_pem)
    write(certfile, pair.certificate_pem)
    return server.certificate()


def test_the_fast_path_needs_no_cryptography(tmp_path: Path) -> None:
    """With a stored pair nothing imports it; nor do Flask's own commands."""
    assert run(*flask("tls", "issue"), cwd=tmp_path).returncode == 0
    (tmp_path / "app.py").write_text(
        "import sys\n"
        "from flask import Flask\n"
        "from flask_tlsdev import TLSDev\n"
        "app = Flask(__name__)\n"
        "TLSDev(app)\n"
        "@app.get('/')\n"
        "def index(): return str('cryptography' in sys.modules)\n"
    )

    with serving("tls", "run", cwd=tmp_path) as server:
        root = export_root(tmp_path / "root.crt")
        assert server.get(cafile=root) == (200, b"False")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["tls", "--help"], ["tls", "run", "--help"], ["routes"]]
)
def test_commands_that_need_no_cryptography_do_not_import_it(
    tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "app.py").write_text(
        "from flask import Flask\n"
        "from flask_tlsdev import TLSDev\n"
        "app = Flask(__name__)\n"
        "TLSDev(app)\n"
    )
    script = (
        "import sys\n"
        "from flask.cli import cli\n"
        "try:\n"
        f"    cli.main({arguments!r})\n"
        "finally:\n"
        "    assert 'cryptography' not in sys.modules, 'imported'\n"
    )

    done = run(sys.executable, "-c", script, cwd=tmp_path)

    assert done.returncode == 0, done.stderr


def test_the_example_shows_the_certificate_that_is_served(tmp_path: Path) -> None:
    pair = ("--cert", tmp_path / "c.pem", "--key", tmp_path / "k.pem")
    made = run(
        *flask("tls", "issue", "localhost", "brought.test", "--issuer", "self-signed"),
        *("--out", pair[1], "--keyout", pair[3]),
    )
    assert made.returncode == 0, made.stderr

    with serving(*EXAMPLE, *pair) as server:
        _, page = server.get(cafile=pair[1])

    assert b"localhost, brought.test" in page
