from __future__ import annotations

import gc
import ssl
import weakref
from pathlib import Path

import pytest
from flask import Flask

from flask_tlsdev import ConfigError
from flask_tlsdev import TLSDev
from flask_tlsdev import TLSDevError
from flask_tlsdev.contexts import DevContext
from flask_tlsdev.csr import CertificateRequest
from flask_tlsdev.extension import _on_name
from flask_tlsdev.issuers.self_signed import SelfSigned
from flask_tlsdev.pairs import load_certificates
from flask_tlsdev.pairs import Pair

from .client_cas import make_client_ca


def make_app(**config: object) -> Flask:
    app = Flask("app")
    app.config.update(config)
    return app


def test_an_app_gets_state_headers_and_commands() -> None:
    app = make_app()

    TLSDev(app)

    assert "tlsdev" in app.extensions
    assert "tls" in app.cli.commands
    headers = app.test_client().get("/nowhere").headers
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_several_apps_keep_their_own_settings() -> None:
    tls = TLSDev()
    one = make_app(TLSDEV_NAMES="one.test")
    two = make_app(TLSDEV_NAMES="two.test", TLSDEV_HEADERS="off")

    tls.init_app(one)
    tls.init_app(two)

    assert (
        load_certificates(tls.obtain(app=one).certfile.read_bytes())[0]
        != (load_certificates(tls.obtain(app=two).certfile.read_bytes())[0])
    )
    assert "X-Frame-Options" in one.test_client().get("/").headers
    assert "X-Frame-Options" not in two.test_client().get("/").headers


def test_a_second_registration_is_refused() -> None:
    app = make_app()
    TLSDev(app)

    with pytest.raises(RuntimeError, match="registered on the app 'app' already"):
        TLSDev(app)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("TLSDEV_NAME", "a.test", "TLSDEV_NAMES"),
        ("TLSDEV_ISSUER", "selfsigned", "self-signed"),
        ("TLSDEV_KEY_TYPE", "rsa:1024", "rsa:2048"),
        ("TLSDEV_NAMES", ["https://a.test"], "a.test"),
        ("TLSDEV_CA_PATH", "/tmp/ca", "environment"),
    ],
)
def test_a_bad_key_is_an_error_where_the_app_is_made(
    key: str, value: object, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        TLSDev(make_app(**{key: value}))

    assert caught.value.key == key
    assert sentence in str(caught.value)


def test_a_key_that_is_set_before_first_use_counts() -> None:
    app = make_app()
    TLSDev(app)

    app.config["TLSDEV_FRAME_OPTIONS"] = "DENY"

    headers = app.test_client().get("/").headers
    assert headers["X-Frame-Options"] == "DENY"


def test_a_key_that_is_changed_later_is_an_error_in_debug() -> None:
    app = make_app()
    app.debug = True
    tls = TLSDev(app)
    tls.obtain()

    app.config["TLSDEV_FRAME_OPTIONS"] = "DENY"

    with pytest.raises(ConfigError, match="TLSDEV_FRAME_OPTIONS was changed"):
        tls.obtain()


def test_outside_development_nothing_is_made_up(home: Path) -> None:
    app = make_app()
    tls = TLSDev(app)

    with pytest.raises(ConfigError, match="TLSDEV_ISSUER"):
        tls.ssl_context()

    assert not list(home.iterdir())


def test_a_named_issuer_is_not_made_up() -> None:
    app = make_app(TLSDEV_ISSUER="self-signed")
    tls = TLSDev(app)

    assert isinstance(tls.ssl_context(), DevContext)


def test_debug_is_development() -> None:
    app = make_app()
    app.debug = True

    context = TLSDev(app).ssl_context()

    assert isinstance(context, ssl.SSLContext)


def test_every_call_gives_the_same_context() -> None:
    """Gunicorn asks at each connection: sessions could not be resumed otherwise."""
    app = make_app(TLSDEV_ISSUER="self-signed")
    tls = TLSDev(app)

    assert tls.ssl_context() is tls.ssl_context()


@pytest.mark.parametrize("debug", [True, False])
def test_names_are_made_on_demand_in_development_only(debug: bool) -> None:
    app = make_app(TLSDEV_ISSUER="local-ca", TLSDEV_ON_DEMAND="app.test")
    app.debug = debug

    assert (_on_name(app, TLSDev(app)._settings(app)) is not None) is debug


def test_another_issuer_makes_no_names_on_demand_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(TLSDEV_ISSUER="self-signed", TLSDEV_ON_DEMAND="app.test")
    app.debug = True

    TLSDev(app).ssl_context()

    assert "TLSDEV_ON_DEMAND is not heard" in caplog.text


def test_the_calling_side_trusts_the_local_ca() -> None:
    app = make_app(TLSDEV_ISSUER="local-ca")
    tls = TLSDev(app)
    without = tls.client_context().cert_store_stats()["x509"]
    tls.obtain()

    assert tls.client_context().cert_store_stats()["x509"] == without + 1


def test_the_calling_side_trusts_no_root_that_somebody_has_exchanged(
    tmp_path: Path, home: Path
) -> None:
    app = make_app(TLSDEV_ISSUER="local-ca")
    tls = TLSDev(app)
    tls.obtain()
    (root,) = home.rglob("root.crt")
    root.write_bytes(make_client_ca(tmp_path / "other").cafile.read_bytes())

    with pytest.raises(TLSDevError, match="CA"):
        tls.client_context()


def test_with_several_apps_the_one_that_is_meant_is_named() -> None:
    tls = TLSDev()
    one, two = make_app(TLSDEV_ISSUER="self-signed"), make_app()
    tls.init_app(one)
    tls.init_app(two)

    with pytest.raises(RuntimeError, match="pass app="):
        tls.ssl_context()

    assert tls.ssl_context(one)
    with one.app_context():
        assert tls.ssl_context()


class Corporate:
    id = "corp-pki"

    def issue(self, request: CertificateRequest) -> Pair:
        return SelfSigned().issue(request)


def test_an_issuer_of_the_users_own(home: Path) -> None:
    app = make_app(TLSDEV_ISSUER="corp", TLSDEV_NAMES="app.corp.example")
    tls = TLSDev(app, issuers={"corp": lambda settings: Corporate()})

    files = tls.obtain()

    assert files.certfile.parent.parent.name == "corp-pki"


def test_an_app_that_is_gone_is_not_kept_alive() -> None:
    tls = TLSDev()
    app = make_app()
    tls.init_app(app)
    gone = weakref.ref(app)

    del app
    gc.collect()

    assert gone() is None


def test_the_public_names_are_these() -> None:
    import flask_tlsdev

    assert flask_tlsdev.__all__ == [
        "TLSDev",
        "tls_headers",
        "csp_nonce",
        "csp_hash",
        "static_integrity",
        "clear_site_data",
        "tls_client",
        "require_client_certificate",
        "ClientCertificate",
        "TLSDevError",
        "ConfigError",
        "InvalidName",
        "InvalidKey",
        "CertificateError",
        "StoreError",
        "IssuerError",
        "TrustError",
    ]
    assert all(hasattr(flask_tlsdev, name) for name in flask_tlsdev.__all__)
