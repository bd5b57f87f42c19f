from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ..commercial import openssl
from ..servers import serving
from ..test_road import EXAMPLE
from ..test_road import export_root
from ..tools import program
from ..tools import run
from .conftest import Flask


def test_a_client_is_called_by_its_label(flask: Flask) -> None:
    done = flask(
        *("tls", "issue", "--client", "Jane Doe", "--keyout", "k.pem", "--out", "c.pem")
    )

    assert done.exit_code == 0, done.output
    text = openssl("x509", "-in", "c.pem", "-noout", "-text")
    assert "Subject: CN = Jane Doe" in text
    assert "DNS:jane-doe.client.test\n" in text
    assert "TLS Web Client Authentication\n" in text


def test_only_the_client_ca_vouches_for_it_and_only_as_client(
    flask: Flask, project: Path
) -> None:
    flask("tls", "issue", "app.test")
    flask("tls", "issue", "--client", "jane", "--keyout", "k.pem", "--out", "c.pem")
    flask("tls", "ca", "export", "--out", "server-root.crt")
    (root,) = (Path.home()).rglob("client/*/root.crt")

    def verified(purpose: str, cafile: Path | str) -> bool:
        command = ("verify", "-purpose", purpose, "-CAfile", cafile)
        done = run(program("openssl"), *command, "-untrusted", "c.pem", "c.pem")
        return done.returncode == 0

    assert verified("sslclient", root)
    assert not verified("sslserver", root)
    assert not verified("sslclient", "server-root.crt")
    assert flask("tls", "verify", "c.pem", "--purpose", "client").exit_code == 0
    assert flask("tls", "verify", "c.pem").exit_code == 3


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("jane@example.test", "e-mail address"),
        ("spiffe://cluster/jane", "URI"),
        ("jane.example", "a dot"),
        ("", "1 to 64 characters"),
        ("\x1b[31m", "can be seen"),
        ("x" * 65, "1 to 64 characters"),
    ],
    ids=["e-mail", "URI", "dot", "empty", "control", "long"],
)
def test_what_could_be_taken_for_another_identity_is_refused(
    flask: Flask, label: str, reason: str
) -> None:
    done = flask("tls", "issue", "--client", label)

    assert done.exit_code == 1
    assert reason in done.stderr
    assert "\x1b" not in done.stderr


def test_label_and_names_do_not_go_together(flask: Flask) -> None:
    done = flask("tls", "issue", "a.test", "--client", "jane")

    assert done.exit_code == 2


def test_a_browser_gets_it_as_pkcs12_and_the_server_asks_for_it(
    flask: Flask, project: Path
) -> None:
    (project / "pass").write_text("open sesame")
    issued = flask("tls", "issue", "--client", "jane")
    exported = flask(
        *("tls", "export", "jane.client.test", "--format", "p12"),
        *("--out", "jane.p12", "--passphrase-file", "pass"),
    )
    assert issued.exit_code == exported.exit_code == 0, issued.output + exported.output
    (root,) = Path.home().rglob("client/*/root.crt")
    options = ("--client-ca", root, "--client-certificate", "required")

    with serving(*EXAMPLE, *options) as server:
        cafile = export_root(project / "root.crt")
        curl = (program("curl"), "--silent", "--show-error", "--cacert", cafile)
        url = f"https://localhost:{server.port}/"
        certificate = ("--cert-type", "P12", "--cert", "jane.p12:open sesame")
        without = run(*curl, "--noproxy", "*", url)
        with_it = run(*curl, "--noproxy", "*", *certificate, url)

    assert without.returncode != 0
    assert with_it.returncode == 0, with_it.stderr
    assert "It works over HTTPS" in with_it.stdout
    assert stat.S_IMODE((project / "jane.p12").stat().st_mode) == 0o600
