"""What a test gets that wants the app over HTTPS that a client can verify.

pytest finds this module by its entry point. Every run of pytest imports it, so
it imports nothing itself that is not needed by then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path
from typing import Any
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ssl
    import urllib.request
    from http.client import HTTPResponse

    from flask import Flask

    from .certificates import Authority
    from .pairs import Pair

_LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class TestCA:
    """A CA that exists as long as the test session, and only in its memory."""

    # pytest takes what begins with "Test" for tests.
    __test__ = False

    authority: Authority = field(repr=False)
    #: The root (PEM), for clients that want a file.
    cafile: Path

    @classmethod
    def make(cls, folder: Path) -> TestCA:
        """A new one, whose root is written into the folder."""
        from .certificates import make_authority
        from .names import DEFAULT_PERMITS
        from .pairs import dump_certificates

        authority = make_authority(
            DEFAULT_PERMITS,
            key_type="ec-p256",
            lifetime=_LIFETIME,
            now=datetime.now(timezone.utc),
        )
        cafile = folder / "root.crt"
        cafile.write_bytes(dump_certificates([authority.root]))
        return cls(authority, cafile)

    def issue(self, *names: str) -> Pair:
        """A pair for ``localhost``, ``.test`` names or loopback addresses."""
        from . import keys
        from .certificates import sign_leaf
        from .names import parse
        from .pairs import Pair

        key = keys.generate("ec-p256")
        leaf = sign_leaf(
            self.authority,
            parse(names),
            key.public_key(),
            lifetime=_LIFETIME,
            now=datetime.now(timezone.utc),
        )
        chain = (leaf, self.authority.intermediate)
        return Pair(key, chain, (self.authority.root,))


@dataclass(frozen=True)
class TLSServer:
    """An app that is served in a thread."""

    port: int
    #: Of the app's root, such as ``https://localhost:41234/``.
    url: str


@dataclass(frozen=True)
class TLSSession:
    """A client that trusts the test session's CA, and nobody else."""

    context: ssl.SSLContext
    cafile: Path

    def open(self, request: str | urllib.request.Request) -> HTTPResponse:
        """The answer to a request, whatever its status. Close it: ``with``."""
        import urllib.request

        handlers = (
            # What the environment says of proxies is not meant for a test.
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=self.context),
            _keep_errors()(),
        )
        opener = urllib.request.build_opener(*handlers)
        answer: HTTPResponse = opener.open(request, timeout=30)
        return answer


@pytest.fixture(scope="session")
def tls_ca(tmp_path_factory: pytest.TempPathFactory) -> TestCA:
    """A CA for this session. No trust store and no file of yours is touched."""
    return TestCA.make(tmp_path_factory.mktemp("tlsdev-ca"))


@pytest.fixture
def tls_server(
    app: Flask, tls_ca: TestCA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TLSServer]:
    """Your fixture ``app``, served over HTTPS on a free port, in a thread."""
    pair = tls_ca.issue("localhost", "127.0.0.1", "::1")
    folder = tmp_path_factory.mktemp("tlsdev-pair")
    with serve(app, pair, folder) as server:
        yield server


@pytest.fixture
def tls_session(tls_ca: TestCA) -> TLSSession:
    """A client that trusts ``tls_server``: an ``ssl`` context and an opener."""
    import ssl

    context = ssl.create_default_context(cafile=str(tls_ca.cafile))
    return TLSSession(context, tls_ca.cafile)


@contextmanager
def serve(app: Flask, pair: Pair, folder: Path) -> Iterator[TLSServer]:
    """The app with this pair, until the block ends."""
    from werkzeug.serving import make_server

    from . import files
    from .contexts import server_context
    from .store import CERTIFICATE
    from .store import KEY
    from .store import PairFiles

    files.write(folder / KEY, pair.key_pem)
    files.write(folder / CERTIFICATE, pair.certificate_pem)
    paths = PairFiles(folder / CERTIFICATE, folder / KEY, None)
    context = server_context(paths, names=pair.names)
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
    thread = threading.Thread(target=_serve(server), daemon=True)
    thread.start()

    try:
        yield TLSServer(server.server_port, f"https://localhost:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _serve(server: Any) -> Callable[[], None]:
    # Half a second at the end of each test would be long.
    return lambda: server.serve_forever(poll_interval=0.02)


def _keep_errors() -> type[urllib.request.BaseHandler]:
    """Whoever tests an error page wants to see it, not an exception."""
    import urllib.request

    class KeepErrors(urllib.request.HTTPErrorProcessor):
        def http_response(self, request: Any, response: Any) -> Any:
            return response

        https_response = http_response

    return KeepErrors
