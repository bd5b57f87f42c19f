from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_tlsdev.errors import TrustError
from flask_tlsdev.trust.base import elements
from flask_tlsdev.trust.base import Root
from flask_tlsdev.trust.base import StoreState
from flask_tlsdev.trust.defaults import OpenSSLDefaults
from flask_tlsdev.trust.defaults import subject_hash

from ..plain_https import Answer
from ..plain_https import PlainRoot
from ..plain_https import serving
from ..tools import program
from ..tools import run

ROOT = PlainRoot.make()
OTHERS = [PlainRoot.make() for _ in range(3)]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tmp_path / "bundle.pem"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "certs"
    folder.mkdir()
    return folder


@pytest.fixture
def look(bundle: Path, folder: Path) -> Callable[[], StoreState]:
    """What we say with these two as OpenSSL's paths; Python's ssl has to agree."""

    def look() -> StoreState:
        environ = {"SSL_CERT_FILE": str(bundle), "SSL_CERT_DIR": str(folder)}
        found = OpenSSLDefaults.from_environment(environ).state(Root.from_der(ROOT.der))
        assert (found.state == "trusted") == _python_trusts(environ, bundle.parent)
        return found

    return look


def _python_trusts(environ: dict[str, str], folder: Path) -> bool:
    """Whether a real handshake with a server below the root works."""
    code = (
        "import socket, ssl, sys; c = ssl.create_default_context();"
        "c.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))),"
        "server_hostname='localhost')"
    )
    with serving(ROOT, folder, {"/": Answer()}) as port:
        python = program("python3")
        done = run(python, "-c", code, str(port), env={**environ, "PATH": os.defpath})

    assert done.returncode == 0 or "certificate verify failed" in done.stderr
    return done.returncode == 0


def _pem(*roots: PlainRoot) -> bytes:
    return b"".join(root.pem for root in roots)


def _hash() -> str:
    return f"{subject_hash(Root.from_der(ROOT.der).subject):08x}"


def test_a_root_in_the_bundle_is_trusted(
    bundle: Path, look: Callable[[], StoreState]
) -> None:
    bundle.write_bytes(b"# roots\n" + _pem(OTHERS[0], ROOT, OTHERS[1]))

    assert look() == StoreState("openssl", str(bundle), "trusted")


def test_another_root_of_the_same_subject_is_not_it(
    bundle: Path, look: Callable[[], StoreState]
) -> None:
    bundle.write_bytes(_pem(*OTHERS))

    assert look() == StoreState("openssl", str(bundle), "not trusted")


def test_a_bundle_with_other_line_ends_is_read(
    bundle: Path, look: Callable[[], StoreState]
) -> None:
    bundle.write_bytes(_pem(OTHERS[0], ROOT).replace(b"\n", b"\r\n"))

    assert look().state == "trusted"


@pytest.mark.parametrize("broken", ["base64", "der", "cut-off"])
def test_one_broken_block_spoils_the_whole_bundle(
    bundle: Path, look: Callable[[], StoreState], broken: str
) -> None:
    first = OTHERS[0].pem
    spoilt = {
        "base64": first[:100] + b"*" + first[101:],
        "der": first.replace(b"MII", b"MIE", 1),
        "cut-off": first[:200] + b"\n",
    }
    bundle.write_bytes(ROOT.pem + spoilt[broken])

    assert look().state == "not trusted"


def test_a_block_with_trust_settings_is_read_as_openssl_reads_it(
    bundle: Path, look: Callable[[], StoreState], tmp_path: Path
) -> None:
    source = tmp_path / "root.pem"
    source.write_bytes(ROOT.pem)
    done = run(
        program("openssl"),
        "x509",
        "-in",
        source,
        "-trustout",
        "-addtrust",
        "serverAuth",
    )
    bundle.write_text(done.stdout)

    assert "TRUSTED CERTIFICATE" in done.stdout
    assert look().state == "trusted"


def test_a_root_that_is_only_mentioned_is_not_trusted(
    bundle: Path, look: Callable[[], StoreState]
) -> None:
    bundle.write_bytes(OTHERS[0].pem + ROOT.pem.replace(b"CERTIFICATE", b"WHATEVER"))

    assert look().state == "not trusted"


def test_a_root_in_the_folder_under_its_hash_is_trusted(
    folder: Path, look: Callable[[], StoreState]
) -> None:
    (folder / f"{_hash()}.0").write_bytes(ROOT.pem)

    assert look() == StoreState("openssl", str(folder / f"{_hash()}.0"), "trusted")


def test_roots_of_one_subject_are_counted_up(
    folder: Path, look: Callable[[], StoreState]
) -> None:
    (folder / f"{_hash()}.0").write_bytes(OTHERS[0].pem)
    (folder / f"{_hash()}.1").write_bytes(ROOT.pem)

    assert look().state == "trusted"


@pytest.mark.parametrize("name", ["root.pem", "{hash}", "12345678.0"])
def test_a_root_in_the_folder_under_another_name_is_not_seen(
    folder: Path, look: Callable[[], StoreState], name: str
) -> None:
    (folder / name.format(hash=_hash())).write_bytes(ROOT.pem)

    assert look().state == "not trusted"


def test_a_root_after_a_gap_in_the_numbers_is_not_seen_by_all_programs(
    folder: Path, tmp_path: Path
) -> None:
    (folder / f"{_hash()}.1").write_bytes(ROOT.pem)
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(ROOT.issue())

    store = OpenSSLDefaults(None, (folder,))

    check = ("verify", "-no-CAfile", "-no-CAstore", "-CApath", folder, leaf)
    assert run(program("openssl"), *check).returncode != 0
    assert not store.contains(ROOT.der)


def test_several_folders_are_all_looked_at(tmp_path: Path, folder: Path) -> None:
    (folder / f"{_hash()}.0").write_bytes(ROOT.pem)
    text = os.pathsep.join([str(tmp_path / "none"), "", str(folder)])

    store = OpenSSLDefaults.from_environment({"SSL_CERT_DIR": text})

    assert store.contains(ROOT.der)


def test_neither_bundle_nor_folder_is_an_absent_store(tmp_path: Path) -> None:
    environ = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": str(tmp_path / "none")}

    store = OpenSSLDefaults.from_environment(environ)

    assert not store.available()
    assert store.state(Root.from_der(ROOT.der)).state == "absent"


@pytest.mark.parametrize("kind", ["folder", "fifo", "huge"])
def test_a_bundle_that_is_no_file_is_unreadable(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bundle"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        with path.open("wb") as stream:
            stream.truncate(1 << 30)

    store = OpenSSLDefaults(path, ())

    assert store.state(Root.from_der(ROOT.der)).state == "unreadable"
    with pytest.raises(TrustError, match="cannot be read"):
        store.contains(ROOT.der)


def test_without_variables_the_paths_are_openssls_own() -> None:
    built_in = ssl.get_default_verify_paths()

    store = OpenSSLDefaults.from_environment({})

    assert store.path == built_in.openssl_cafile


def test_a_public_root_of_this_machine_is_trusted() -> None:
    context = ssl.create_default_context()
    roots = context.get_ca_certs(binary_form=True)
    if not roots:
        pytest.skip("this machine has no bundle of roots")

    store = OpenSSLDefaults.from_environment({})

    assert store.contains(roots[-1])


NAMES = st.lists(
    st.tuples(
        st.sampled_from([NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME]),
        # 64 bytes at most, and a character may take four of them.
        st.text(min_size=1, max_size=16).filter(lambda text: "\0" not in text)
        | st.text("aB \t\n", min_size=1, max_size=9),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=30)
@given(NAMES)
def test_the_hash_of_a_name_is_openssls(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])
    path = tmp_path_factory.mktemp("named") / "root.pem"
    root = PlainRoot.make(subject)
    path.write_bytes(root.pem)

    printed = run(program("openssl"), "x509", "-in", path, "-noout", "-subject_hash")

    ours = subject_hash(Root.from_der(root.der).subject)
    assert f"{ours:08x}" == printed.stdout.strip()


def test_the_hash_is_openssls_where_folding_changes_the_order(tmp_path: Path) -> None:
    """Of two attributes in one SET the shorter stands first, spaces counted."""
    pair = x509.RelativeDistinguishedName(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "a         b"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "abcdef"),
        ]
    )
    root = PlainRoot.make(x509.Name([pair]))
    path = tmp_path / "root.pem"
    path.write_bytes(root.pem)

    printed = run(program("openssl"), "x509", "-in", path, "-noout", "-subject_hash")

    ours = subject_hash(Root.from_der(root.der).subject)
    assert f"{ours:08x}" == printed.stdout.strip()


@pytest.mark.parametrize(
    "kind",
    ["PRINTABLESTRING", "T61STRING", "IA5STRING", "BMPSTRING", "UTF8", "NUMERICSTRING"],
)
def test_the_hash_is_openssls_for_every_string_type(tmp_path: Path, kind: str) -> None:
    text = "12 3" if kind == "NUMERICSTRING" else " Two  WORDS "
    config = tmp_path / "config"
    config.write_text(
        "asn1=SEQUENCE:name\n[name]\nset=SET:rdn\n[rdn]\npart=SEQUENCE:part\n"
        f'[part]\noid=OID:commonName\ntext=FORMAT:UTF8,{kind}:"{text}"\n'
    )
    der = tmp_path / "name.der"
    openssl = program("openssl")
    made = run(openssl, "asn1parse", "-genconf", config, "-noout", "-out", der)
    assert made.returncode == 0, made.stderr
    subject = der.read_bytes()
    path = tmp_path / "root.pem"
    path.write_bytes(_with_subject(subject))

    printed = run(openssl, "x509", "-in", path, "-noout", "-subject_hash")

    assert f"{subject_hash(subject):08x}" == printed.stdout.strip(), printed.stderr


def _with_subject(subject: bytes) -> bytes:
    """A certificate with this name; its signature is not right any more."""

    def wrapped(tag: int, content: bytes) -> bytes:
        return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content

    (whole,) = elements(ROOT.der)
    body, *rest = elements(whole.content)
    fields = [field.whole for field in elements(body.content)]
    fields[5] = subject
    parts = [wrapped(0x30, b"".join(fields)), *(part.whole for part in rest)]
    return ssl.DER_cert_to_PEM_cert(wrapped(0x30, b"".join(parts))).encode()
