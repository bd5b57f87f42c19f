"""Whatever a file holds, show, verify and import answer, or say one sentence."""

from __future__ import annotations

import base64
import json
import re
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from flask_tlsdev import keys
from flask_tlsdev.cli import tls
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.names import parse
from flask_tlsdev.pairs import dump_certificates
from flask_tlsdev.pairs import dump_pkcs7
from flask_tlsdev.pairs import dump_secret
from flask_tlsdev.pairs import Pair
from tests.runner import CliRunner

from ..profiles import authority
from ..profiles import leaf_for
from ..profiles import new_key
from ..profiles import NOW
from ..tools import run

COMMANDS = (
    ("show",),
    ("show", "--pem"),
    ("verify", "--name", "a.test"),
    ("import",),
)


@cache
def corpus() -> dict[str, bytes]:
    """A real file of every kind."""
    ca, key = authority(), new_key()
    leaf = leaf_for("a.test, 127.0.0.1", key)
    pair = Pair(key, (leaf, ca.intermediate), (ca.root,))
    day = timedelta(days=1)
    csr = CertificateRequest(parse("a.test"), key, day).csr
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.intermediate.subject)
        .last_update(NOW)
        .next_update(NOW + day)
        .sign(ca.key, SHA256())
    )
    chain = dump_certificates([*pair.chain, *pair.roots])
    secret = json.loads(dump_secret(pair, "a"))
    pkcs7 = dump_pkcs7(pair.chain)
    return {
        "bundle": chain + pair.key_pem,
        "certificate": leaf.public_bytes(Encoding.DER),
        "csr": csr.public_bytes(Encoding.PEM),
        "csr, DER": csr.public_bytes(Encoding.DER),
        "crl": crl.public_bytes(Encoding.PEM),
        "crl, DER": crl.public_bytes(Encoding.DER),
        "key": pair.key_pem,
        "key, secret": keys.dump(key, b"secret"),
        "pkcs7": pkcs7,
        "pkcs7, DER": base64.b64decode(b"".join(pkcs7.split(b"\n")[1:-2])),
        "pkcs12": pair.to_pkcs12(b"secret", "a", legacy=True),
        "json": json.dumps(secret).encode(),
        "yaml": b"kind: Secret\ndata:\n"
        + b"".join(f"  {k}: {v}\n".encode() for k, v in secret["data"].items()),
    }


LABELS = (
    b"CERTIFICATE",
    b"CERTIFICATE REQUEST",
    b"X509 CRL",
    b"PKCS7",
    b"PRIVATE KEY",
    b"RSA PRIVATE KEY",
    b"PUBLIC KEY",
)


def as_pem(data: bytes, label: bytes) -> bytes:
    body = base64.encodebytes(data)
    return (
        b"-----BEGIN " + label + b"-----\n" + body + b"-----END " + label + b"-----\n"
    )


def nested(data: bytes, tag: int) -> bytes:
    return bytes([tag, 0x84]) + len(data).to_bytes(4, "big") + data


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A real file after one to four accidents."""
    data = corpus()[draw(st.sampled_from(sorted(corpus())))]
    for accident in draw(st.lists(st.sampled_from(ACCIDENTS), min_size=1, max_size=4)):
        data = accident(draw, data)

    return data


def _truncate(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))]


def _behead(draw: st.DrawFn, data: bytes) -> bytes:
    return data[draw(st.integers(0, min(len(data), 300))) :]


def _mutate(draw: st.DrawFn, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        if changed:
            at = draw(st.integers(0, len(changed) - 1))
            changed[at] = draw(st.integers(0, 255))

    return bytes(changed)


def _join(draw: st.DrawFn, data: bytes) -> bytes:
    other = corpus()[draw(st.sampled_from(sorted(corpus())))]
    return data + draw(st.sampled_from([b"", b"\n", b"\0"])) + other


def _nest(draw: st.DrawFn, data: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 40))):
        data = nested(data, draw(st.sampled_from([0x30, 0x31, 0x04, 0x24, 0xA0])))

    return data


def _relabel(draw: st.DrawFn, data: bytes) -> bytes:
    label = draw(st.sampled_from(LABELS))
    return re.sub(rb"(BEGIN|END) [A-Z0-9 ]+-----", rb"\1 " + label + b"-----", data)


def _wrap(draw: st.DrawFn, data: bytes) -> bytes:
    return as_pem(data, draw(st.sampled_from(LABELS)))


def _encode(draw: st.DrawFn, data: bytes) -> bytes:
    encode = draw(
        st.sampled_from(
            [
                base64.b64encode,
                lambda each: each.decode("latin-1").encode("utf-16"),
                lambda each: each.replace(b"\n", b"\r\n"),
                lambda each: each.replace(b"\n", b""),
                lambda each: each.hex().encode(),
            ]
        )
    )
    return bytes(encode(data))


ACCIDENTS = (
    _truncate,
    _behead,
    _mutate,
    _mutate,
    _join,
    _nest,
    _relabel,
    _wrap,
    _encode,
)


def answer(path: Path, data: bytes, command: tuple[str, ...], *options: str) -> str:
    path.write_bytes(data)
    done = CliRunner().invoke(tls, [*command, str(path), *options])

    said = f"{command} {data!r}\n{done.output}"
    assert done.exception is None or isinstance(done.exception, SystemExit), said
    assert done.exit_code in (0, 1, 3), said
    if done.exit_code == 1:
        (line,) = done.stderr.strip().splitlines()[-1:]
        assert line.startswith("Error: "), said
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.output), said
    return done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "pass").write_text("secret")
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=spoiled())
def test_a_spoiled_file_is_answered_or_refused_in_a_sentence(
    folder: Path, command: tuple[str, ...], data: bytes
) -> None:
    answer(folder / "file", data, command, "--passphrase-file", str(folder / "pass"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", sorted(corpus()))
def test_a_sound_file_without_its_passphrase_is_answered_too(
    folder: Path, command: tuple[str, ...], name: str
) -> None:
    answer(folder / "file", corpus()[name], command)


def bombs() -> dict[str, bytes]:
    """Small files that ask for much, and large ones of nothing."""
    leaf, pem = corpus()["certificate"], as_pem(corpus()["certificate"], LABELS[0])
    aliases = "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 12))
    entry = b"\x82\x00"
    many_names = nested(nested(entry * 1_500_000, 0x30), 0x30)
    scrypt = bytes.fromhex("06092b06010401da47040b")
    return {
        "aliases": f"kind: Secret\na0: &a0 x\n{aliases}".encode(),
        "yaml of a million": b"kind: Secret\nx:\n" + b"- a\n" * 500_000,
        "yaml, deep": b"kind: Secret\nx: " + b"[" * 100_000,
        "json, deep": b'{"kind":' + b"[" * 1_000_000,
        "json of a million": b'{"kind":"Secret","x":[' + b"{}," * 600_000 + b"0]}",
        "der, deep": b"\x30\x80" * 1_000_000,
        "der of a million": nested(b"\x05\x00" * 2_000_000, 0x30),
        "pkcs12 of a million": nested(b"\x02\x01\x03" + b"\x30\x80" * 500_000, 0x30),
        "pem of a million": b"-----BEGIN CERTIFICATE-----\n" * 140_000,
        "certificates": pem * 4000,
        "certificate of names": leaf[:200] + many_names,
        "certificate, wrapped": as_pem(many_names, LABELS[0]),
        "csr, wrapped": as_pem(many_names, LABELS[1]),
        "zeros": b"\0" * 4_000_000,
        "a line": b"A" * 4_000_000,
        "dashes": b"-" * 4_000_000,
        "scrypt": as_pem(
            nested(nested(scrypt + b"\x02\x04\x7f\xff\xff\xff" * 3, 0x30), 0x30)
            + b"\x04\x00",
            b"ENCRYPTED PRIVATE KEY",
        ),
    }


@pytest.mark.skipif(sys.platform == "win32", reason="it asks Unix about memory")
def test_no_file_takes_more_than_200_megabytes(tmp_path: Path, home: Path) -> None:
    (tmp_path / "pass").write_text("secret")
    for name, data in bombs().items():
        (tmp_path / f"{name}.bomb").write_bytes(data)

    script = f"""
import gc, re, resource, sys
from pathlib import Path
from click.testing import CliRunner
from flask_tlsdev.cli import tls
def peak():
    if sys.platform == "linux":
        # What getrusage() says begins with the memory of whoever started us.
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\\s+([0-9]+)", status)[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)
for path in sorted(Path(sys.argv[1]).glob("*.bomb")):
    for command in {COMMANDS!r}:
        options = [str(path), "--passphrase-file", str(path.with_name("pass"))]
        done = CliRunner().invoke(tls, [*command, *options])
        assert done.exit_code in (0, 1, 3), (path.name, command, done)
        assert isinstance(done.exception, (SystemExit, type(None))), (path, done)
        del done
        gc.collect()
    print(path.name, peak())
"""
    done = run(sys.executable, "-c", script, tmp_path, timeout=120)

    assert done.returncode == 0, done.stderr
    megabytes = int(done.stdout.split()[-1])
    assert megabytes < 200, done.stdout
