from __future__ import annotations

import ssl
import sys

import pytest

from flask_tlsdev.contexts import DevContext
from flask_tlsdev.contexts import server_context
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.store import PairFiles

from ..tools import program
from ..tools import run
from .serving import of_version
from .serving import openssl
from .serving import ROOT
from .serving import Server
from .serving import serving
from .serving import trusting

AEAD = {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"}


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(server: Server, version: str) -> None:
    # The client's own security level would keep it from asking at all.
    cipher = "DEFAULT@SECLEVEL=0"

    asked = openssl(program("openssl"), server, version, "-cipher", cipher)

    assert "alert protocol version" in asked.stderr
    assert "hello" not in asked.stdout


def test_a_higher_minimum_version_is_kept(files: PairFiles) -> None:
    context = server_context(files, minimum_version="TLSv1.3")

    with serving(context) as server:
        with pytest.raises(ssl.SSLError):
            server.handshake(of_version(ssl.TLSVersion.TLSv1_2))

        assert server.get(context=of_version(ssl.TLSVersion.TLSv1_3)).status == 200


@pytest.mark.parametrize("version", ["", "TLSv1", "TLSv1.1", "1.2", "tls\x1b"])
def test_other_minimum_versions_are_refused(files: PairFiles, version: str) -> None:
    with pytest.raises(ConfigError, match=r"TLSv1\.2 or TLSv1\.3") as caught:
        server_context(files, minimum_version=version)

    assert caught.value.key == "TLSDEV_MINIMUM_VERSION"
    assert "\x1b" not in str(caught.value)


def test_tls_1_2_has_only_ciphers_with_aead_and_forward_secrecy(
    context: DevContext,
) -> None:
    old = [
        cipher["name"]
        for cipher in context.current().get_ciphers()
        if cipher["protocol"] != "TLSv1.3"
    ]

    assert {name.split("-", 2)[2] for name in old} == AEAD
    assert {name.split("-")[0] for name in old} == {"ECDHE"}


def test_the_client_chooses_among_good_ciphers(server: Server) -> None:
    for chosen in ("ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES256-GCM-SHA384"):
        client = of_version(ssl.TLSVersion.TLSv1_2)
        client.set_ciphers(f"{chosen}:ECDHE-ECDSA-AES128-GCM-SHA256")

        with server.handshake(client) as connection:
            assert (connection.cipher() or [""])[0] == chosen


def test_compression_and_renegotiation_are_off(context: DevContext) -> None:
    off = ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION

    assert context.options & off == off
    assert context.current().options & off == off


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"])
def test_other_ciphers_are_refused(server: Server, cipher: str) -> None:
    asked = openssl(program("openssl"), server, "-tls1_2", "-cipher", cipher)

    assert "alert handshake failure" in asked.stderr


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["h2", "http/1.1"], "http/1.1"),
        (["h2"], None),
        ([], None),
    ],
)
def test_http_1_1_is_chosen(
    server: Server, offered: list[str], chosen: str | None
) -> None:
    context = trusting()

    if offered:
        context.set_alpn_protocols(offered)

    with server.handshake(context) as client:
        assert client.selected_alpn_protocol() == chosen


def test_serving_a_pair_imports_no_cryptography(files: PairFiles) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from flask_tlsdev.contexts import server_context;"
        "from flask_tlsdev.store import PairFiles;"
        "server_context(PairFiles(Path(sys.argv[1]), Path(sys.argv[2]), None));"
        "print([name for name in sys.modules if name.startswith('cryptography')])"
    )

    done = run(sys.executable, "-c", code, files.certfile, files.keyfile, cwd=ROOT)

    assert (done.stdout, done.stderr) == ("[]\n", "")
