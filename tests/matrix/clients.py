"""The clients of the matrix: what does each of them say to each chain?

Each is asked all its questions at once, because starting it is what takes time. An
answer is "" where it accepts the chain, else its refusal.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import __version__
from cryptography import x509
from cryptography.x509 import verification

from tests import browsers
from tests.matrix.chains import Check
from tests.matrix.chains import CLIENT
from tests.matrix.chains import CODE
from tests.matrix.chains import PURPOSES
from tests.matrix.chains import SERVER
from tests.matrix.farm import Farm
from tests.matrix.farm import PROGRAMS
from tests.profiles import NOW
from tests.pythons import python
from tests.pythons import VERSIONS
from tests.tools import program
from tests.tools import run

if TYPE_CHECKING:
    from subprocess import CompletedProcess

Answers = Mapping[Check, str]
Client = Callable[[Farm], Answers]


def _each(checks: Iterable[Check], ask: Callable[[Check], str]) -> Answers:
    """Ask one question a process, two at a time."""
    checks = tuple(checks)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(checks, pool.map(ask, checks), strict=True))


def _refusal(done: CompletedProcess[str], *refusals: int) -> str:
    """What a program said, if it ended with one of these exit codes."""
    assert done.returncode in (0, *refusals), done.stdout + done.stderr
    return (done.stdout + done.stderr).strip() if done.returncode else ""


# Programs that visit a server


def openssl(farm: Farm) -> Answers:
    command = (program("openssl"), "s_client", "-brief", "-verify_return_error")

    def ask(check: Check) -> str:
        kind = "-verify_ip" if check.is_address else "-verify_hostname"
        done = run(
            *(*command, "-x509_strict", "-CAfile", farm.rootsfile),
            *("-no-CApath", "-no-CAstore", kind, check.ascii_host),
            *("-connect", f"127.0.0.1:{farm.ports[check]}"),
        )
        return _refusal(done, 1)

    return _each(farm.visits, ask)


def curl(farm: Farm) -> Answers:
    form = "%{exitcode} %{ssl_verify_result} %{errormsg}\\n"
    urls = [
        part
        for check in farm.visits
        for part in ("--output", os.devnull, farm.url(check, ascii=True))
    ]

    if "OpenSSL" not in run(program("curl"), "--version").stdout:
        pytest.skip("this curl is not built with OpenSSL")

    done = run(
        *(program("curl"), "--silent", "--globoff", "--write-out", form),
        *("--cacert", farm.rootsfile, "--proxy", f"http://127.0.0.1:{farm.proxy}"),
        *("--noproxy", "", *urls),
    )
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]

    assert {code for code, _ in lines} <= {"0", "60"}, done.stdout
    said = ["" if code == "0" else rest for code, rest in lines]
    return dict(zip(farm.visits, said, strict=True))


def wget(farm: Farm) -> Answers:
    command = (program("wget"), "--no-config", "--no-hsts", "--tries=1", "-O", "-")
    if "+ssl/gnutls" not in run(command[0], "--version").stdout:
        pytest.skip("this wget is not built with GnuTLS")

    env = {**os.environ, "https_proxy": f"http://127.0.0.1:{farm.proxy}"}

    def ask(check: Check) -> str:
        url = farm.url(check, ascii=True)
        done = run(*command, f"--ca-certificate={farm.rootsfile}", url, env=env)
        # 5 is what it says of certificates.
        return _refusal(done, 5)

    return _each(farm.visits, ask)


def gnutls_cli(farm: Farm) -> Answers:
    command = (program("gnutls-cli"), "--x509cafile", str(farm.rootsfile))

    def ask(check: Check) -> str:
        host = check.ascii_host
        sni = () if check.is_address else ("--sni-hostname", host)
        done = run(
            *(*command, "--verify-hostname", host, *sni),
            *("--port", str(farm.ports[check]), "127.0.0.1"),
        )
        assert "Certificate type: X.509" in done.stdout, done.stderr
        return _refusal(done, 1)

    return _each(farm.visits, ask)


def git(farm: Farm) -> Answers:
    command = (
        *(program("git"), "-c", f"http.sslCAInfo={farm.rootsfile}"),
        *("-c", f"http.proxy=http://127.0.0.1:{farm.proxy}", "ls-remote"),
    )
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    helper = Path(run(command[0], "--exec-path").stdout.strip()) / "git-remote-https"
    if not helper.exists() or b"libcurl-gnutls" not in helper.read_bytes():
        pytest.skip("this git is not built with GnuTLS")

    def ask(check: Check) -> str:
        done = run(*command, farm.url(check, "/a.git", ascii=True), env=env)
        assert done.returncode == 0 or "certificate" in done.stderr, done.stderr
        return _refusal(done, 128)

    return _each(farm.visits, ask)


def uv(farm: Farm) -> Answers:
    """A client of rustls that many Python users have."""
    command = (
        program(str(Path(sys.executable).with_name("uv")), "uv"),
        *("pip", "compile", "-", "--python", sys.executable),
        *("--no-cache", "--no-config", "--no-progress", "--quiet"),
    )
    env = {
        **os.environ,
        "HTTPS_PROXY": f"http://127.0.0.1:{farm.proxy}",
        # It does not say "[::1]" to a proxy as rustls wants it.
        "NO_PROXY": "::1",
        "SSL_CERT_FILE": str(farm.rootsfile),
        "UV_HTTP_RETRIES": "0",
    }

    def ask(check: Check) -> str:
        index = farm.url(check, "/simple/", ascii=True)
        done = run(*command, "--index-url", index, env=env, stdin="tiny\n")
        assert done.returncode == 0 or "certificate" in done.stderr, done.stderr
        return _refusal(done, 1, 2)

    return _each(farm.visits, ask)


# Runtimes


def _runtime(farm: Farm, *command: str, code: bool = False) -> Answers:
    """A program of ours that is asked everything in one start."""
    done = run(*command, stdin=farm.request(), timeout=300)
    assert done.returncode == 0, done.stderr
    checks = (*farm.visits, *farm.clients, *(farm.code if code else ()))
    return dict(zip(checks, json.loads(done.stdout), strict=True))


def any_python(version: str, farm: Farm) -> Answers:
    return _runtime(farm, python(version), str(PROGRAMS / "visit.py"))


def node(farm: Farm) -> Answers:
    return _runtime(farm, program("node"), str(PROGRAMS / "visit.mjs"))


def go(farm: Farm) -> Answers:
    if (found := shutil.which("go")) is None:
        pytest.skip("there is no Go toolchain")

    return _runtime(farm, found, "run", str(PROGRAMS / "visit.go"), code=True)


def java(farm: Farm) -> Answers:
    """Java with a trust store that the JDK's keytool made."""
    store = farm.folder / "roots.p12"
    for number, root in enumerate(farm.roots):
        _keytool(
            store, "-importcert", "-noprompt", "-alias", f"{number}", "-file", root
        )

    visits = [f"server {each.ascii_host} {farm.ports[each]}" for each in farm.visits]
    clients = [f"client {farm.chainfile(each)}" for each in farm.clients]
    code = [f"code {farm.chainfile(each)}" for each in farm.code]
    questions = "\n".join((*visits, *clients, *code))
    done = run(program("java"), PROGRAMS / "Visit.java", store, stdin=questions)

    assert done.returncode == 0, done.stderr
    checks = (*farm.visits, *farm.clients, *farm.code)
    return dict(zip(checks, done.stdout.splitlines(), strict=True))


def _keytool(store: Path, *arguments: str | os.PathLike[str]) -> None:
    done = run(
        *(program("keytool"), *arguments, "-keystore", store, "-storetype", "PKCS12"),
        *("-storepass", "changeit"),
    )
    assert done.returncode == 0, done.stdout


# Browsers


def chromium(farm: Farm) -> Answers:
    def prepare(home: Path) -> None:
        _trust(home / browsers.CHROMIUM_DATABASE, farm)

    with browsers.chromium(prepare=prepare) as browser:
        return _asked(browser, farm)


def firefox(farm: Farm) -> Answers:
    # It would ask the real 8.8.8.8; through a proxy it comes to us.
    preferences = {
        "network.proxy.type": 1,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": farm.proxy,
        "network.proxy.allow_hijacking_localhost": True,
    }

    def prepare(home: Path) -> None:
        _trust(home / "profile", farm)
        with (home / "profile" / "user.js").open("a") as file:
            for name, value in preferences.items():
                file.write(f'user_pref("{name}", {json.dumps(value)});\n')

    with browsers.firefox(prepare=prepare) as browser:
        return _asked(browser, farm)


def _trust(database: Path, farm: Farm) -> None:
    for number, root in enumerate(farm.roots):
        browsers.trust_in_nss(database, root.read_bytes(), f"root {number}")


def _asked(browser: browsers.Browser, farm: Farm) -> Answers:
    """Pages that have to open are opened; others are fetched by the last of these.

    Before it shows the page that warns, Chromium waits three seconds.
    """
    good = [check for check in farm.visits if check.sort == "good"]
    answers = {each: browser.open(farm.url(each)).error or "" for each in good}

    for check in farm.visits[len(good) :]:
        fetched = f"fetch({json.dumps(farm.url(check))}, {{mode: 'no-cors'}})"
        answers[check] = browser.evaluate(f"{fetched}.then(() => '', String)")

    return answers


# Verifiers of files


def openssl_verify(farm: Farm) -> Answers:
    """What a server built on OpenSSL thinks of clients, and 3.0 of signed code."""
    command = (program("openssl"), "verify", "-no-CApath", "-no-CAstore")
    version = run(command[0], "version").stdout.split()[1]
    if tuple(map(int, version.split(".")[:2])) >= (3, 2):
        pytest.skip("since 3.2 it can be asked about signed code")

    def ask(check: Check) -> str:
        purpose = ("-purpose", "sslclient") if check in farm.clients else ()
        chain = farm.chainfile(check)
        done = run(
            *(*command, *purpose, "-CAfile", farm.rootsfile),
            *("-untrusted", chain, chain),
        )
        return _refusal(done, 2)

    return _each((*farm.clients, *farm.code), ask)


def certtool(farm: Farm) -> Answers:
    """What a server built on GnuTLS thinks of clients, and of signed code."""
    command = (program("certtool"), "--verify", "--verify-profile", "medium")

    def ask(check: Check) -> str:
        usage = CLIENT if check in farm.clients else CODE
        done = run(
            *(*command, "--load-ca-certificate", farm.rootsfile),
            *("--infile", farm.chainfile(check)),
            *("--verify-purpose", PURPOSES[usage].dotted_string),
        )
        return _refusal(done, 1)

    return _each((*farm.clients, *farm.code), ask)


def cryptography(farm: Farm) -> Answers:
    """cryptography's verifier, of servers and of clients."""
    if int(__version__.split(".")[0]) < 45:
        pytest.skip("before 45 it refuses wildcards below any name constraints")

    roots = x509.load_pem_x509_certificates(farm.rootsfile.read_bytes())
    builder = verification.PolicyBuilder().store(verification.Store(roots))
    builder = builder.time(NOW.replace(tzinfo=None))

    def ask(check: Check) -> str:
        leaf, *rest = check.chain
        try:
            if check in farm.clients:
                builder.build_client_verifier().verify(leaf, rest)
            else:
                builder.build_server_verifier(_subject(check)).verify(leaf, rest)
        except verification.VerificationError as error:
            return str(error)
        return ""

    return _each((*farm.visits, *farm.clients), ask)


def _subject(check: Check) -> x509.DNSName | x509.IPAddress:
    if check.is_address:
        return x509.IPAddress(ip_address(check.host))

    return x509.DNSName(check.ascii_host)


#: Everyone who is asked.
CLIENTS: Mapping[str, Client] = {
    "OpenSSL": openssl,
    **{f"Python {version}": partial(any_python, version) for version in VERSIONS},
    "curl": curl,
    "wget": wget,
    "gnutls-cli": gnutls_cli,
    "git": git,
    "Node": node,
    "Java": java,
    "Go": go,
    "cryptography": cryptography,
    "uv": uv,
    "Chromium": chromium,
    "Firefox": firefox,
    "openssl verify": openssl_verify,
    "certtool": certtool,
}

_PYTHONS = tuple(f"Python {version}" for version in VERSIONS)

#: The rows of ``docs/clients.csv``: who answers for them, and what he is shown.
ROWS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "OpenSSL": (("OpenSSL",), SERVER),
    "Python": (_PYTHONS, SERVER),
    "curl with OpenSSL": (("curl",), SERVER),
    "wget with GnuTLS": (("wget",), SERVER),
    "gnutls-cli": (("gnutls-cli",), SERVER),
    "git with GnuTLS": (("git",), SERVER),
    "Node": (("Node",), SERVER),
    "Java": (("Java",), SERVER),
    "Go": (("Go",), SERVER),
    "cryptography": (("cryptography",), SERVER),
    "uv (rustls)": (("uv",), SERVER),
    "Chromium": (("Chromium",), SERVER),
    "Firefox": (("Firefox",), SERVER),
    "OpenSSL, of clients": (("openssl verify",), CLIENT),
    "Python, of clients": (_PYTHONS, CLIENT),
    "GnuTLS, of clients": (("certtool",), CLIENT),
    "Node, of clients": (("Node",), CLIENT),
    "Java, of clients": (("Java",), CLIENT),
    "Go, of clients": (("Go",), CLIENT),
    "cryptography, of clients": (("cryptography",), CLIENT),
    "OpenSSL before 3.2, of code": (("openssl verify",), CODE),
    "GnuTLS, of code": (("certtool",), CODE),
    "Java, of code": (("Java",), CODE),
    "Go, of code": (("Go",), CODE),
}
