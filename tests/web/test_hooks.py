from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_tlsdev import ConfigError
from flask_tlsdev.headers import Override

from .apps import CSP
from .apps import directives
from .apps import make_app

SLIPS = [
    ("CSP", {"img-scr": "'self'"}, "Did you mean 'img-src'"),
    ("CSP", {"script-src": "self"}, "needs its single quotes"),
    ("CSP", {"script-src": "'self'; x"}, "a character that no source can have"),
    ("CSP", {"script-src": "'self'\nx"}, "a character that no source can have"),
    ("PERMISSIONS_POLICY", {"camra": []}, "Did you mean 'camera'"),
    ("HSTS", {"preload": True, "include_subdomains": False}, "preload list"),
    ("FRAME_OPTIONS", "ALLOW-FROM https://a.test", "frame-ancestors"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), SLIPS)
def test_a_slip_is_an_error_in_debug(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        make_app(debug=True, **{name: value})

    assert caught.value.key == f"TLSDEV_{name}"
    assert caught.value.hint.startswith("It takes ")


@pytest.mark.parametrize(("name", "value", "sentence"), SLIPS)
def test_a_slip_is_one_warning_in_production(
    caplog: pytest.LogCaptureFixture, name: str, value: Any, sentence: str
) -> None:
    with caplog.at_level(logging.WARNING, "flask_tlsdev"):
        response = make_app(**{name: value}).test_client().get("/")

    (record,) = caplog.records
    assert f"TLSDEV_{name}: " in record.getMessage()
    assert sentence in record.getMessage()
    assert response.status_code == 200
    assert len(response.headers.getlist(CSP)) == 1


def test_a_key_that_is_no_header_s_is_an_error_everywhere() -> None:
    with pytest.raises(ConfigError, match="TLSDEV_CSP"):
        make_app(CPS=True)


def test_other_rooms_can_change_the_app_s_headers() -> None:
    app = make_app()
    changes: dict[str, Any] = {
        "CSP": {"report-to": "tlsdev"},
        "REPORTING_ENDPOINTS": {"tlsdev": "/reports"},
    }

    app.extensions["tlsdev"].headers.add(Override("TLSDEV_REPORTS", changes))

    response = app.test_client().get("/")
    assert directives(response)["report-to"] == "tlsdev"
    assert response.headers["Reporting-Endpoints"] == 'tlsdev="/reports"'
    rules = app.extensions["tlsdev"].headers.rules()
    recipe = rules.overrides.recipe(None, "GET", "/")
    assert recipe.entries["CSP"].origins[-1] == "TLSDEV_REPORTS"


def test_nothing_is_called_before_a_request_that_nobody_asked_for() -> None:
    app = make_app()

    app.test_client().get("/")

    # Each function would cost every request more than all headers together.
    assert not app.before_request_funcs
    assert not app.after_request_funcs


def test_a_request_that_comes_at_once_with_others_finds_one_hook() -> None:
    app = make_app(FETCH_METADATA=True)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.test_client().get("/"), range(32)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(app.before_request_funcs[None]) == 1
