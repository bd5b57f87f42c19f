from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from flask_tlsdev.contexts import HandshakeFailed
from flask_tlsdev.contexts.failures import explain
from flask_tlsdev.store import PairFiles

from ..tools import program
from ..tools import run
from .serving import Server
from .serving import trusting


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]


def test_a_client_that_does_not_trust_the_ca_says_what_to_type(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        server.get(context=ssl.create_default_context())

    assert server.get().status == 200
    (line,) = errors(caplog)
    assert "The client does not trust the CA" in line
    assert "flask tls trust install" in line


def test_a_client_that_asks_for_another_name_is_told_from_it(
    server: Server, files: PairFiles, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        server.connect() as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        trusting(files.certfile).wrap_socket(plain, server_hostname="other.test")

    assert server.get().status == 200
    (line,) = errors(caplog)
    assert "asks for 'other.test'" in line
    assert "flask tls run --name" in line


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_an_old_client_is_told_from_others(
    server: Server, caplog: pytest.LogCaptureFixture, option: str
) -> None:
    address = f"{server.host}:{server.port}"

    run(
        program("openssl"),
        *("s_client", "-connect", address, option),
        *("-cipher", "DEFAULT:@SECLEVEL=0"),
    )

    assert server.get().status == 200
    (line,) = errors(caplog)
    assert "The client speaks an old version" in line


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"\x16\x03\x01\x00\x05hello", "The handshake with a client failed."),
        (b"\x16\x03\x00\x00\x2c\x01\x00\x00\x28\x03\x00" + b"\0" * 38, "The client"),
    ],
    ids=["garbage", "SSL 3"],
)
def test_what_is_no_handshake_is_one_line_too(
    server: Server, caplog: pytest.LogCaptureFixture, said: bytes, expected: str
) -> None:
    server.say(said)

    assert server.get().status == 200
    (line,) = errors(caplog)
    assert expected in line
    assert "Traceback" not in caplog.text


def test_a_client_without_a_common_cipher_is_one_line(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    context = trusting()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256")

    with pytest.raises(ssl.SSLError):
        server.get(context=context)

    assert server.get().status == 200
    (line,) = errors(caplog)
    assert "none of the ciphers" in line


def test_what_is_unknown_is_shown_as_openssl_says_it() -> None:
    failed = explain(ssl.SSLError(1, "\x1b[31mred"))

    assert isinstance(failed, HandshakeFailed)
    assert "\x1b" not in str(failed)
    assert "red" in str(failed)


def test_curl_without_the_root_is_understood(
    server: Server, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    url = f"https://localhost:{server.port}/"

    assert run(program("curl"), "--silent", "--noproxy", "*", url).returncode == 60

    assert server.get().status == 200
    assert any("flask tls trust install" in line for line in errors(caplog))
