"""The fixtures that users' tests get."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_tlsdev.pytest_plugin import TestCA

from .tools import program
from .tools import run

pytest_plugins = ["pytester"]

APP = """
import pytest
from flask import Flask

@pytest.fixture
def app():
    app = Flask(__name__)

    @app.get("/")
    def index():
        return "hello"

    return app
"""


@pytest.fixture
def tests(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(APP)
    pytester.makeini("[pytest]\nfilterwarnings = error")
    return pytester


def test_the_app_is_served_and_verified(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        """
        import ssl
        import urllib.request

        import pytest

        def test_page(tls_server, tls_session):
            with tls_session.open(tls_server.url) as page:
                assert page.read() == b"hello"

        def test_error_pages_are_answers(tls_server, tls_session):
            with tls_session.open(tls_server.url + "none") as page:
                assert page.status == 404

        def test_context_is_for_other_clients(tls_server, tls_session):
            assert tls_session.context.verify_mode == ssl.CERT_REQUIRED
            page = urllib.request.urlopen(
                tls_server.url, context=tls_session.context
            )
            with page:
                assert page.status == 200

        def test_nobody_else_trusts_it(tls_server):
            with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
                urllib.request.urlopen(tls_server.url)

        def test_a_pair_for_another_name(tls_ca):
            assert str(tls_ca.issue("shop.test").names[0]) == "shop.test"
        """
    )

    result = tests.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=5)


def test_a_program_gets_the_root_as_a_file(tests: pytest.Pytester) -> None:
    tests.makepyfile(
        f"""
        import subprocess

        def test_curl(tls_server, tls_session):
            subprocess.run(
                [{program("curl")!r}, "-sS", "--noproxy", "*", "--cacert",
                 tls_session.cafile, tls_server.url],
                check=True,
            )
        """
    )

    tests.runpytest_subprocess().assert_outcomes(passed=1)


def test_no_file_of_the_user_is_touched(tests: pytest.Pytester, home: Path) -> None:
    tests.makepyfile("def test_it(tls_server, tls_session): pass")

    tests.runpytest_subprocess().assert_outcomes(passed=1)

    assert not list(home.rglob("*.key"))
    assert not list(home.rglob("ca.json"))


def test_pytest_alone_imports_nothing_heavy(tests: pytest.Pytester) -> None:
    tests.makeconftest("")
    tests.makepyfile(
        """
        import sys

        def test_it():
            assert "cryptography" not in sys.modules
            assert "flask" not in sys.modules
        """
    )

    tests.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_pairs_cost_a_moment(tmp_path: Path) -> None:
    """A pair is one key and one signature: no RSA, no files, no processes."""
    ca = TestCA.make(tmp_path)

    pairs = [ca.issue("localhost") for _ in range(50)]

    assert {pair.key_type for pair in pairs} == {"ec-p256"}
    assert [path.name for path in tmp_path.iterdir()] == ["root.crt"]
    for pair in pairs[:2]:
        pair.check(pair.names)


def test_openssl_believes_a_pair(tmp_path: Path) -> None:
    ca = TestCA.make(tmp_path)
    pair = ca.issue("localhost")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(pair.certificate_pem)

    done = run(
        *(program("openssl"), "verify", "-x509_strict", "-CAfile", ca.cafile),
        *("-untrusted", chain, chain),
    )

    assert done.returncode == 0, done.stdout + done.stderr
