from __future__ import annotations

import contextlib
import os
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from flask_tlsdev.contexts import server_context
from flask_tlsdev.contexts.loading import Passphrase
from flask_tlsdev.errors import CertificateError
from flask_tlsdev.errors import StoreError
from flask_tlsdev.errors import TLSDevError
from flask_tlsdev.store import PairFiles

from .making import make
from .making import new_key
from .making import put
from .serving import serving


def test_a_missing_file_is_named(files: PairFiles) -> None:
    files.keyfile.unlink()

    with pytest.raises(StoreError, match=r"There is no file.*tls\.key"):
        server_context(files)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_named_pipe_is_not_waited_for(files: PairFiles) -> None:
    files.keyfile.unlink()
    os.mkfifo(files.keyfile)

    with pytest.raises(StoreError, match=r"tls\.key"):
        server_context(files)


def test_a_key_of_another_certificate_is_a_mismatch(files: PairFiles) -> None:
    files.keyfile.write_bytes(make(key=new_key()).key)

    with pytest.raises(CertificateError, match="does not belong") as caught:
        server_context(files)

    assert caught.value.reason == "mismatch"
    assert isinstance(caught.value.__cause__, ssl.SSLError)


def test_a_key_of_another_kind_is_a_mismatch(files: PairFiles) -> None:
    files.keyfile.write_bytes(make("rsa").key)

    with pytest.raises(CertificateError) as caught:
        server_context(files)

    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize(
    ("name", "what"), [("tls.crt", "certificate"), ("tls.key", "private key")]
)
def test_what_is_not_pem_is_said_to_be_so(
    files: PairFiles, name: str, what: str
) -> None:
    path = files.certfile.with_name(name)
    path.write_bytes(b"\x30\x82\x01\x01")

    with pytest.raises(CertificateError, match=f"no {what} in PEM form") as caught:
        server_context(files)

    assert caught.value.reason == "malformed"
    assert f"flask tls show {path}" in caught.value.hint


def test_files_in_the_wrong_order_are_noticed(files: PairFiles) -> None:
    with pytest.raises(CertificateError, match=r"no certificate.*tls\.key"):
        server_context(PairFiles(files.keyfile, files.certfile, None))


def test_a_damaged_file_is_a_sentence(files: PairFiles) -> None:
    files.keyfile.write_bytes(files.keyfile.read_bytes()[:100])

    with pytest.raises(CertificateError, match="damaged"):
        server_context(files)


@pytest.mark.parametrize(
    "passphrase",
    ["secret", b"secret", lambda: "secret"],
    ids=["text", "bytes", "called"],
)
def test_a_passphrase_opens_the_key(tmp_path: Path, passphrase: Passphrase) -> None:
    files = put(tmp_path / "pair", make(passphrase=b"secret"))

    with serving(server_context(files, passphrase=passphrase)) as server:
        assert server.get().status == 200


@pytest.mark.parametrize("passphrase", ["wrong", b"", "x" * 2000])
def test_a_wrong_passphrase_is_a_sentence(
    tmp_path: Path, passphrase: str | bytes
) -> None:
    files = put(tmp_path / "pair", make(passphrase=b"secret"))

    with pytest.raises(CertificateError, match="passphrase") as caught:
        server_context(files, passphrase=passphrase)

    assert "xxx" not in str(caught.value)


def test_without_a_passphrase_nobody_is_asked_at_the_terminal(tmp_path: Path) -> None:
    files = put(tmp_path / "pair", make(passphrase=b"secret"))

    with pytest.raises(CertificateError, match="encrypted"):
        server_context(files)


def test_a_passphrase_that_is_not_needed_is_not_asked_for(files: PairFiles) -> None:
    def ask() -> str:
        raise AssertionError

    server_context(files, passphrase=ask)


def test_one_file_may_hold_both(files: PairFiles) -> None:
    both = files.certfile.read_bytes() + files.keyfile.read_bytes()
    files.certfile.write_bytes(both)

    server_context(PairFiles(files.certfile, files.certfile, None))


def test_terminal_codes_in_a_path_are_not_repeated(tmp_path: Path) -> None:
    files = put(tmp_path / "a\x1b[31mb", make())
    files.certfile.write_bytes(b"")

    with pytest.raises(CertificateError) as caught:
        server_context(files)

    assert "\x1b" not in str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    at=st.integers(0, 700),
    junk=st.binary(min_size=1, max_size=20),
    of_key=st.booleans(),
)
def test_any_damage_is_harmless_or_one_of_our_errors(
    files: PairFiles, at: int, junk: bytes, of_key: bool
) -> None:
    put(files.certfile.parent, make())
    path = files.keyfile if of_key else files.certfile
    data = path.read_bytes()
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])

    with contextlib.suppress(TLSDevError):
        server_context(files)
