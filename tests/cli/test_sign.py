from __future__ import annotations

from pathlib import Path

import pytest

from ..commercial import openssl
from .conftest import Flask

CA_TRUE = "basicConstraints=critical,CA:TRUE"


def ask(*extensions: str, subject: str = "/CN=a.test", digest: str = "sha256") -> str:
    """A CSR of openssl's with its key in ``their.key``."""
    options = [part for each in extensions for part in ("-addext", each)]
    openssl(
        *("req", "-new", "-newkey", "rsa:2048", "-noenc", "-keyout", "their.key"),
        *("-subj", subject, f"-{digest}", *options, "-out", "their.csr"),
    )
    return "their.csr"


def test_the_local_ca_signs_names_and_nothing_else(flask: Flask) -> None:
    csr = ask(
        "subjectAltName=DNS:a.test,DNS:b.test,email:a@b.test,URI:spiffe://x/y",
        "extendedKeyUsage=codeSigning",
        "keyUsage=keyCertSign",
        subject="/O=Bank/CN=a.test",
    )

    done = flask("tls", "sign", csr, "--yes", "--out", "cert.pem")

    assert done.exit_code == 0, done.output
    for dropped in (
        "its subject 'O=Bank,CN=a.test'",
        "RFC822Name in its SAN",
        "UniformResourceIdentifier in its SAN",
        "ExtendedKeyUsage",
        "KeyUsage",
    ):
        assert f"Not taken: {dropped}" in done.stderr.replace("its extension ", "")
    text = openssl("x509", "-in", "cert.pem", "-noout", "-text")
    assert "DNS:a.test, DNS:b.test\n" in text
    assert "TLS Web Server Authentication\n" in text
    assert "Bank" not in text.split("Subject:")[1]
    assert "CA:FALSE" in text


def test_the_chain_is_believed_by_openssl(flask: Flask, project: Path) -> None:
    done = flask("tls", "sign", ask("subjectAltName=DNS:a.test"), "--yes")
    (project / "cert.pem").write_text(done.stdout)
    flask("tls", "ca", "export", "--out", "root.crt")

    openssl(
        *("verify", "-x509_strict", "-CAfile", "root.crt", "-untrusted", "cert.pem"),
        "cert.pem",
    )


def test_its_own_key_signs_it_with_its_subject(flask: Flask) -> None:
    csr = ask("subjectAltName=DNS:localhost", subject="/O=Shop/CN=localhost")

    done = flask(
        *("tls", "sign", csr, "--key", "their.key", "--days", "30"),
        *("--purpose", "both", "--out", "cert.pem"),
    )

    assert done.exit_code == 0, done.output
    openssl("verify", "-x509_strict", "-CAfile", "cert.pem", "cert.pem")
    text = openssl("x509", "-in", "cert.pem", "-noout", "-text")
    assert "Subject: O = Shop, CN = localhost" in text
    assert "TLS Web Server Authentication, TLS Web Client Authentication" in text


def test_without_a_san_the_common_name_is_taken_and_that_is_said(flask: Flask) -> None:
    done = flask("tls", "sign", ask(subject="/CN=a.test"), "--yes", "--out", "c.pem")

    assert done.exit_code == 0, done.output
    assert "its CN is taken" in done.stderr
    assert "DNS:a.test" in openssl("x509", "-in", "c.pem", "-noout", "-text")


@pytest.mark.parametrize(
    "name", ["DNS:localhost", "DNS:x.localhost", "IP:127.0.0.1", "IP:::1"]
)
def test_a_foreign_csr_gets_localhost_only_when_told_to(
    flask: Flask, name: str
) -> None:
    csr = ask(f"subjectAltName=DNS:a.test,{name}")

    refused = flask("tls", "sign", csr, "--yes", "--out", "cert.pem")
    allowed = flask("tls", "sign", csr, "--yes", "--allow-localhost")

    assert refused.exit_code == 1
    assert "could pose as every server on your own machine" in refused.stderr
    assert "--allow-localhost" in refused.stderr
    assert allowed.exit_code == 0


def test_consent_cannot_come_from_the_environment(
    flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    csr = ask("subjectAltName=DNS:localhost")
    for option in ("YES", "ALLOW_LOCALHOST", "FORCE"):
        monkeypatch.setenv(f"FLASK_TLS_SIGN_{option}", "1")

    done = flask("tls", "sign", csr)

    assert done.exit_code == 1
    assert "--allow-localhost" in done.stderr


def test_without_yes_and_without_a_terminal_nothing_is_signed(flask: Flask) -> None:
    done = flask("tls", "sign", ask("subjectAltName=DNS:a.test"))

    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert done.stdout == ""


def test_client_certificates_come_from_the_client_ca(flask: Flask) -> None:
    csr = ask("subjectAltName=DNS:jane.client.test", subject="/CN=jane")

    done = flask(
        *("tls", "sign", csr, "--purpose", "client", "--yes", "--out", "cert.pem")
    )

    assert done.exit_code == 0, done.output
    text = openssl("x509", "-in", "cert.pem", "-noout", "-text")
    assert "flask-tlsdev client intermediate" in text
    assert "TLS Web Client Authentication\n" in text


@pytest.mark.parametrize(
    ("extensions", "digest", "reason"),
    [
        pytest.param([CA_TRUE], "sha256", "asks to be a CA (CA:TRUE)", id="CA"),
        pytest.param(
            ["subjectAltName=DNS:bank.example"], "sha256", "may not sign", id="foreign"
        ),
        pytest.param(
            ["subjectAltName=DNS:a.test,IP:8.8.8.8"], "sha256", "8.8.8.8", id="IP"
        ),
        pytest.param(["subjectAltName=DNS:a.test"], "sha1", "SHA1", id="SHA-1"),
        pytest.param(["subjectAltName=DNS:a.test"], "md5", "MD5", id="MD5"),
        pytest.param(["subjectAltName=email:a@b.test"], "sha256", "no name", id="mail"),
    ],
)
def test_what_a_csr_must_not_ask_for_is_refused(
    flask: Flask, extensions: list[str], digest: str, reason: str
) -> None:
    csr = ask(*extensions, digest=digest)

    done = flask("tls", "sign", csr, "--yes")

    assert done.exit_code == 1
    assert reason in done.stderr
    assert done.stdout == ""


def test_a_csr_that_was_changed_is_refused(flask: Flask, project: Path) -> None:
    ask("subjectAltName=DNS:a.test")
    openssl("req", "-in", "their.csr", "-outform", "DER", "-out", "their.der")
    der = (project / "their.der").read_bytes()
    (project / "their.der").write_bytes(der.replace(b"a.test", b"b.test"))

    done = flask("tls", "sign", "their.der", "--yes")

    assert done.exit_code == 1
    assert "not signed with its own key" in done.stderr


def test_another_key_than_the_csrs_is_refused(flask: Flask) -> None:
    csr = ask("subjectAltName=DNS:a.test")
    flask("tls", "key", "--out", "other.pem")

    done = flask("tls", "sign", csr, "--key", "other.pem")

    assert done.exit_code == 1
    assert "not the key that the CSR was made with" in done.stderr


def test_no_ca_signs_for_both(flask: Flask) -> None:
    done = flask(
        *("tls", "sign", ask("subjectAltName=DNS:a.test"), "--yes"),
        *("--purpose", "both"),
    )

    assert done.exit_code == 2
