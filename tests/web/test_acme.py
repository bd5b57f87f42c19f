from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import abort
from flask import Flask

from flask_tlsdev import TLSDev
from flask_tlsdev.challenges import Challenges

TOKEN = "abcdefghijklmnopqrstuvwxyz_-0123"
PROOF = f"{TOKEN}.{'t' * 43}"
PATH = f"/.well-known/acme-challenge/{TOKEN}"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "store"
    monkeypatch.setenv("TLSDEV_STORE_PATH", str(path))
    return path


@pytest.fixture
def app(store: Path) -> Flask:
    app = Flask(__name__)

    @app.before_request
    def demand_a_login() -> None:
        abort(403)

    TLSDev(app)
    return app


@pytest.fixture
def pending(store: Path) -> Iterator[None]:
    with Challenges(store).publish_token(TOKEN, PROOF):
        yield


@pytest.mark.usefixtures("pending")
def test_the_app_answers_before_its_own_hooks(app: Flask) -> None:
    answer = app.test_client().get(PATH)

    assert answer.status_code == 200
    assert answer.data == PROOF.encode()
    assert answer.mimetype == "application/octet-stream"


def test_without_an_order_the_app_is_as_it_was(app: Flask) -> None:
    assert app.test_client().get(PATH).status_code == 403


@pytest.mark.usefixtures("pending")
@pytest.mark.parametrize(
    "path",
    [
        f"/{TOKEN}",
        "/.well-known/acme-challenge/",
        f"{PATH}x",
        f"{PATH}/",
        "/.well-known/acme-challenge/../tls-alpn-01/x",
        "/.well-known/acme-challenge/..%2f..%2ftlsdev.json",
        f"/.well-known/acme-challenge/{'A' * 5000}",
    ],
)
def test_only_the_pending_token_is_answered(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 403


@pytest.mark.usefixtures("pending")
def test_nothing_is_taken(app: Flask) -> None:
    assert app.test_client().post(PATH).status_code == 403
    assert app.test_client().head(PATH).status_code == 200


@pytest.mark.usefixtures("pending")
def test_the_redirect_to_https_does_not_stand_in_the_way(store: Path) -> None:
    app = Flask(__name__)
    app.config["TLSDEV_FORCE_HTTPS"] = True
    TLSDev(app)

    answer = app.test_client().get(PATH, base_url="http://shop.example")

    assert answer.status_code == 200
