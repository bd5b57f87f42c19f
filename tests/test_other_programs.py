"""openssl, GnuTLS, Java, Node and NSS read what we write, and we what they write."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import cryptography
import pytest

from .cli.conftest import Flask
from .cli.conftest import flask as flask
from .cli.conftest import project as project
from .commercial import Authority
from .commercial import openssl
from .tools import program
from .tools import run

KINDS = ("ec-p256", "ec-p384", "rsa:2048", "ed25519")
PASSPHRASE = "open sesame, öffne dich"

kinds = pytest.mark.parametrize("kind", KINDS)
passphrases = pytest.mark.parametrize(
    "secret", ["", PASSPHRASE], ids=["plain", "secret"]
)


@pytest.fixture
def secret_file(project: Path) -> str:
    (project / "pass").write_text(f"{PASSPHRASE}\n")
    return "pass"


def good(*command: str | Path, stdin: str = "") -> str:
    """All that a program says; it has to end well."""
    done = run(*command, stdin=stdin)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def node(code: str, *arguments: str) -> str:
    return good(program("node"), "-e", f"const fs = require('fs'); {code}", *arguments)


def described(flask: Flask, *files: str) -> list[dict[str, object]]:
    done = flask("tls", "show", "--json", *files)
    assert done.exit_code == 0, done.output
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


# What we write


@kinds
@passphrases
def test_keys_are_read(flask: Flask, secret_file: str, kind: str, secret: str) -> None:
    options = ("--passphrase-file", secret_file) if secret else ()
    flask("tls", "key", "--key-type", kind, "--out", "key.pem", *options)

    openssl("pkey", "-in", "key.pem", "-check", "-passin", f"pass:{secret}")
    good(program("certtool"), "-k", "--infile", "key.pem", "--password", secret)
    node(
        "require('crypto').createPrivateKey("
        "{key: fs.readFileSync('key.pem'), passphrase: process.argv[1]})",
        secret,
    )


@kinds
def test_csrs_are_read(flask: Flask, kind: str) -> None:
    flask(
        *("tls", "csr", "a.test", "127.0.0.1", "--subject", r"O=Rock\, Paper,C=DE"),
        *("--key-type", kind, "--keyout", "key.pem", "--out", "a.csr"),
    )

    assert "DNS:a.test, IP Address:127.0.0.1" in openssl(
        *("req", "-in", "a.csr", "-noout", "-verify", "-text")
    )
    assert "DNSname: a.test" in good(
        program("certtool"), "--crq-info", "--infile", "a.csr"
    )
    assert "DNSName: a.test" in good(
        program("keytool"), "-printcertreq", "-file", "a.csr"
    )


@kinds
def test_pairs_are_read(flask: Flask, project: Path, kind: str) -> None:
    flask(
        *("tls", "issue", "a.test", "--key-type", kind),
        *("--keyout", "key.pem", "--out", "cert.pem"),
    )

    assert "DNS:a.test" in openssl("x509", "-in", "cert.pem", "-noout", "-text")
    assert "DNSname: a.test" in good(program("certtool"), "-i", "--infile", "cert.pem")
    assert "DNSName: a.test" in good(
        program("keytool"), "-printcert", "-file", "cert.pem"
    )
    node(
        "require('tls').createSecureContext({cert: fs.readFileSync('cert.pem'),"
        " key: fs.readFileSync('key.pem')})"
    )
    if kind == "ed25519":
        # NSS, and so Firefox, knows no such certificates.
        return

    (project / "nss").mkdir()
    certutil = (program("certutil"), "-d", "sql:nss")
    good(*certutil, "-N", "--empty-password")
    good(*certutil, "-A", "-n", "a", "-t", ",,", "-a", "-i", "cert.pem")
    assert 'DNS name: "a.test"' in good(*certutil, "-L", "-n", "a")


@kinds
@pytest.mark.parametrize("legacy", [False, True], ids=["modern", "legacy"])
def test_pkcs12_is_read(flask: Flask, project: Path, kind: str, legacy: bool) -> None:
    # Not every one of them takes an umlaut from its command line.
    (project / "pass").write_text("open sesame")
    flask("tls", "issue", "a.test", "--key-type", kind)
    done = flask(
        *("tls", "export", "a.test", "--format", "p12", "--out", "a.p12"),
        *("--passphrase-file", "pass", *(["--legacy"] if legacy else [])),
    )
    assert done.exit_code == 0, done.output

    said = openssl("pkcs12", "-in", "a.p12", "-nodes", "-passin", "file:pass")
    assert said.count("BEGIN CERTIFICATE") == 3
    assert said.count("BEGIN PRIVATE KEY") == 1
    good(
        *(program("certtool"), "--p12-info", "--inder", "--infile", "a.p12"),
        *("--password", "open sesame"),
    )
    node(
        "require('tls').createSecureContext({pfx: fs.readFileSync('a.p12'),"
        " passphrase: 'open sesame'})"
    )
    assert "Certificate chain length: 3" in good(
        *(program("keytool"), "-list", "-v", "-keystore", "a.p12"),
        *("-storepass", "open sesame"),
    )
    # NSS knows no Ed25519 certificates, and does not take in the keys that
    # cryptography 43, which wrote with OpenSSL, puts into the file.
    if kind != "ed25519" and not cryptography.__version__.startswith("43."):
        (project / "nss").mkdir()
        good(program("certutil"), "-d", "sql:nss", "-N", "--empty-password")
        good(
            *(program("pk12util"), "-i", "a.p12", "-d", "sql:nss"),
            *("-W", "open sesame", "-K", ""),
        )


def test_pkcs7_is_read(flask: Flask, project: Path) -> None:
    flask("tls", "issue", "a.test")
    flask("tls", "export", "a.test", "--format", "pkcs7", "--out", "a.p7b")

    said = openssl("pkcs7", "-in", "a.p7b", "-print_certs")
    assert said.count("BEGIN CERTIFICATE") == 3
    theirs = good(program("certtool"), "--p7-info", "--infile", "a.p7b")
    assert "Number of certificates: 3" in theirs
    assert "DNSName: a.test" in good(program("keytool"), "-printcert", "-file", "a.p7b")


def test_other_formats_are_read(flask: Flask, project: Path) -> None:
    flask("tls", "issue", "a.test")
    for name in ("pem", "der", "fullchain", "dotenv", "k8s-secret"):
        flask("tls", "export", "a.test", "--format", name, "--out", name)

    openssl("x509", "-in", "pem", "-noout")
    openssl("x509", "-in", "der", "-inform", "DER", "-noout")
    assert (project / "fullchain").read_text().count("BEGIN CERTIFICATE") == 2
    secret = json.loads((project / "k8s-secret").read_text())
    assert secret["type"] == "kubernetes.io/tls"
    assert sorted(secret["data"]) == ["ca.crt", "tls.crt", "tls.key"]
    key = base64.b64decode(secret["data"]["tls.key"])
    assert openssl("pkey", "-pubout", stdin=key) == openssl(
        *("x509", "-in", "pem", "-noout", "-pubkey")
    )


def test_dotenv_is_read_by_python_and_node(flask: Flask, project: Path) -> None:
    from dotenv import dotenv_values

    flask("tls", "issue", "a.test")
    flask("tls", "export", "a.test", "--format", "dotenv", "--out", "tls.env")

    read = dotenv_values(project / "tls.env")
    openssl("pkey", "-noout", stdin=read["TLS_KEY"] or "")
    assert (read["TLS_CRT"] or "").count("BEGIN CERTIFICATE") == 2
    good(
        *(program("node"), "--env-file", "tls.env", "-e"),
        "require('tls').createSecureContext({cert: process.env.TLS_CRT,"
        " key: process.env.TLS_KEY})",
    )


# What they write


OPENSSL_KEYS = {
    "ec-p256": ("EC", "ec_paramgen_curve:P-256"),
    "ec-p384": ("EC", "ec_paramgen_curve:P-384"),
    "rsa:2048": ("RSA", "rsa_keygen_bits:2048"),
    "ed25519": ("ED25519", ""),
}


def make_key(kind: str) -> None:
    algorithm, option = OPENSSL_KEYS[kind]
    options = ("-pkeyopt", option) if option else ()
    openssl("genpkey", "-algorithm", algorithm, *options, "-out", "their.key")


@kinds
@pytest.mark.parametrize(
    "how",
    [
        pytest.param(("pkcs8", "-topk8", "-nocrypt"), id="PKCS8"),
        pytest.param(("pkcs8", "-topk8", "-v2", "aes-128-cbc"), id="PBES2"),
        pytest.param(("pkcs8", "-topk8", "-scrypt"), id="scrypt"),
        pytest.param(("pkcs8", "-topk8", "-v2prf", "hmacWithSHA512"), id="SHA-512"),
        pytest.param(("pkey", "-traditional"), id="traditional"),
        pytest.param(("pkey", "-traditional", "-aes128"), id="traditional AES"),
        pytest.param(("pkey", "-traditional", "-des3"), id="traditional DES"),
    ],
)
@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_openssls_keys_are_read(
    flask: Flask, secret_file: str, kind: str, how: tuple[str, ...], form: str
) -> None:
    if "-traditional" in how and (form == "DER" or kind == "ed25519"):
        pytest.skip("there is no such form")
    make_key(kind)
    openssl(
        *how,
        *("-in", "their.key", "-out", "converted", "-outform", form),
        *("-passout", f"file:{secret_file}"),
    )

    done = flask(
        *("tls", "key", "--from", "converted", "--out", "ours.key"),
        *("--from-passphrase-file", secret_file),
    )

    assert done.exit_code == 0, done.output
    assert openssl("pkey", "-in", "ours.key", "-pubout") == openssl(
        "pkey", "-in", "their.key", "-pubout"
    )


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "ed25519"])
@passphrases
def test_gnutls_keys_and_csrs_are_read(
    flask: Flask, project: Path, kind: str, secret: str
) -> None:
    (project / "pass").write_text("sesame")
    template = project / "template"
    template.write_text("cn = a.test\ndns_name = a.test\n")
    certtool = program("certtool")
    options = ("--pkcs8", "--password", "sesame") if secret else ()
    size = ("--curve", "secp256r1") if kind == "ecdsa" else ("--sec-param", "medium")
    good(
        *(certtool, "-p", "--key-type", kind, *size),
        *("--outfile", "their.key", *options),
    )
    good(
        *(certtool, "-q", "--load-privkey", "their.key", "--template", template),
        *("--outfile", "their.csr", *options[1:]),
    )

    signed = flask(
        *("tls", "sign", "their.csr", "--key", "their.key", "--out", "cert.pem"),
        *("--passphrase-file", "pass"),
    )

    assert signed.exit_code == 0, signed.output
    openssl("verify", "-CAfile", "cert.pem", "cert.pem")


@pytest.mark.parametrize("kind", ["ec", "rsa", "ed25519"])
@passphrases
def test_nodes_keys_are_read(
    flask: Flask, secret_file: str, kind: str, secret: str
) -> None:
    node(
        "const {generateKeyPairSync} = require('crypto');"
        "const [kind, secret] = process.argv.slice(1);"
        "const {privateKey} = generateKeyPairSync(kind,"
        " {namedCurve: 'P-256', modulusLength: 2048});"
        "const more = secret ? {cipher: 'aes-256-cbc', passphrase: secret} : {};"
        "fs.writeFileSync('their.key',"
        " privateKey.export({type: 'pkcs8', format: 'pem', ...more}))",
        *(kind, secret),
    )

    done = flask(
        *("tls", "csr", "a.test", "--key", "their.key", "--out", "a.csr"),
        *("--passphrase-file", secret_file),
    )

    assert done.exit_code == 0, done.output
    openssl("req", "-in", "a.csr", "-noout", "-verify")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    program("openssl")
    return Authority.make(tmp_path_factory.mktemp("ca") / "acme")


@pytest.fixture
def bought(project: Path, authority: Authority) -> Path:
    """``their.key``, and the certificate for it in a file with its chain."""
    make_key("ec-p256")
    openssl(
        *("req", "-new", "-key", "their.key", "-subj", "/CN=a.test"),
        *("-addext", "subjectAltName=DNS:a.test", "-out", "their.csr"),
    )
    cert = authority.sign(project / "their.csr", project / "their.crt")
    chain = project / "chain.pem"
    parts = (cert, authority.two, authority.one, authority.root)
    chain.write_text("".join(part.read_text() for part in parts))
    return chain


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="default"),
        pytest.param(
            ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"), id="3DES"
        ),
        pytest.param(("-macalg", "sha512", "-iter", "100000"), id="SHA-512"),
        pytest.param(("-certpbe", "NONE"), id="open certificates"),
    ],
)
@pytest.mark.parametrize("secret", ["", "open sesame"], ids=["empty", "secret"])
def test_openssls_pkcs12_is_imported(
    flask: Flask, project: Path, bought: Path, options: tuple[str, ...], secret: str
) -> None:
    (project / "pass").write_text(secret)
    openssl(
        *("pkcs12", "-export", "-in", str(bought), "-inkey", "their.key", *options),
        *("-out", "a.p12", "-passout", f"pass:{secret}"),
    )
    option = ("--passphrase-file", "pass") if secret else ()

    done = flask("tls", "import", "a.p12", *option, "--json")

    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["chain"]) == 3


def test_gnutls_pkcs12_is_imported(flask: Flask, project: Path, bought: Path) -> None:
    (project / "pass").write_text("sesame")
    good(
        *(program("certtool"), "--to-p12", "--outder", "--outfile", "a.p12"),
        *("--load-privkey", "their.key", "--load-certificate", bought),
        *("--p12-name", "a", "--password", "sesame"),
    )

    done = flask("tls", "import", "a.p12", "--passphrase-file", "pass", "--json")

    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["chain"]) == 3


def test_javas_and_nss_pkcs12_are_imported(flask: Flask, project: Path) -> None:
    (project / "pass").write_text("open sesame")
    (project / "nss").mkdir()
    good(
        *(program("keytool"), "-genkeypair", "-alias", "a", "-keyalg", "EC"),
        *("-groupname", "secp256r1", "-dname", "CN=a.test", "-ext", "SAN=dns:a.test"),
        *("-validity", "30", "-keystore", "java.p12", "-storepass", "open sesame"),
    )
    nss = ("-d", "sql:nss")
    good(program("certutil"), *nss, "-N", "--empty-password")
    pk12util = (program("pk12util"), *nss, "-W", "open sesame", "-K", "")
    good(*pk12util, "-i", "java.p12")
    good(*pk12util, "-n", "a", "-o", "nss.p12")

    for name in ("java.p12", "nss.p12"):
        done = flask("tls", "import", name, "--passphrase-file", "pass", "--json")

        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["names"] == ["a.test"]


def test_javas_csr_is_signed(flask: Flask) -> None:
    keytool = program("keytool")
    store = ("-alias", "a", "-keystore", "java.p12", "-storepass", "open sesame")
    good(
        *(keytool, "-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1"),
        *("-dname", "CN=a.test,O=Java", *store),
    )
    good(keytool, "-certreq", *store, "-ext", "SAN=dns:a.test", "-file", "java.csr")

    done = flask("tls", "sign", "java.csr", "--yes", "--out", "cert.pem")

    assert done.exit_code == 0, done.output
    assert "Not taken: its subject 'O=Java,CN=a.test'" in done.stderr


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_openssls_pkcs7_is_imported(flask: Flask, bought: Path, form: str) -> None:
    openssl(
        *("crl2pkcs7", "-nocrl", "-certfile", bought),
        *("-outform", form, "-out", "chain.p7b"),
    )

    done = flask("tls", "import", "chain.p7b", "--key", "their.key", "--json")

    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["chain"]) == 3
    assert [each["kind"] for each in described(flask, "chain.p7b")] == [
        "certificate"
    ] * 4


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_kubernetes_secret_is_imported(
    flask: Flask, project: Path, bought: Path, form: str
) -> None:
    def encoded(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    chain, key = encoded(bought), encoded(project / "their.key")
    text = {
        "json": json.dumps(
            {"kind": "Secret", "data": {"tls.crt": chain, "tls.key": key}}
        ),
        "yaml": f"apiVersion: v1\nkind: Secret\ndata:\n  tls.crt: {chain}\n"
        f"  tls.key: {key}\n---\nkind: ConfigMap\ndata: {{a: b}}\n",
    }[form]
    (project / "secret").write_text(text)

    done = flask("tls", "import", "secret", "--json")

    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["chain"]) == 3
    assert len(described(flask, "secret")) == 5


def test_revocation_lists_of_openssl_are_shown_and_heard(
    flask: Flask, project: Path, bought: Path, authority: Authority
) -> None:
    crl = authority.revocation_list(project / "their.crt")
    verify = ("tls", "verify", str(bought), "--ca", str(authority.root))

    (shown,) = described(flask, str(crl))
    without = flask(*verify)
    revoked = flask(*verify, "--crl", str(crl))

    assert shown["kind"] == "revocation list"
    assert shown["revoked_count"] == 1
    assert without.exit_code == 0
    assert revoked.exit_code == 3
    assert "reason: keyCompromise" in revoked.stdout


def test_what_show_says_is_what_openssl_says(
    flask: Flask, project: Path, bought: Path
) -> None:
    theirs = (
        openssl(
            "x509", "-in", "their.crt", "-noout", "-serial", "-fingerprint", "-sha256"
        )
        .lower()
        .replace(":", "")
    )

    (ours,) = described(flask, "their.crt")

    assert f"serial={ours['serial_number']}" in theirs.replace("serial=0", "serial=")
    assert str(ours["der_sha256"]) in theirs
    assert flask("tls", "show", "--pem", "their.crt").stdout == openssl(
        "x509", "-in", "their.crt"
    )
