from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_tlsdev import ConfigError
from flask_tlsdev import tls_headers
from flask_tlsdev.contexts import TokenBucket
from flask_tlsdev.headers.reports import Report
from flask_tlsdev.web import ELSEWHERE
from flask_tlsdev.web.audit import audit
from flask_tlsdev.web.reports import Collector
from flask_tlsdev.web.reports import LONGEST
from flask_tlsdev.web.reports import PATH

from .apps import CSP
from .apps import directives
from .apps import make_app
from .apps import PUBLIC

PAGE = f"{PUBLIC}/page"

#: More than any app is asked to remember in one test.
PLENTY = 10_000


def body(blocked: str = "https://cdn.test/a.png", page: str = PAGE) -> str:
    return json.dumps(
        {
            "csp-report": {
                "document-uri": page,
                "effective-directive": "img-src",
                "blocked-uri": blocked,
            }
        }
    )


def send(client: FlaskClient, data: str = body(), **options: Any) -> TestResponse:
    options = {
        "path": PATH,
        "method": "POST",
        "base_url": PUBLIC,
        "content_type": "application/csp-report",
        **options,
    }
    return client.open(data=data, **options)


def report(number: int = 0) -> Report:
    return Report("csp-violation", True, PAGE, "img-src", f"https://cdn.test/{number}")


def collector(
    seen: list[Report], requests: int = PLENTY, said: int = PLENTY, most: int = PLENTY
) -> Collector:
    """One whose time stands still."""
    return Collector(
        seen.append,
        TokenBucket(requests, 1, lambda: 0.0),
        TokenBucket(said, 1, lambda: 0.0),
        most,
    )


def test_nothing_is_collected_unless_asked_for() -> None:
    for app in (make_app(), make_app(debug=True)):
        client = app.test_client()

        assert send(client).status_code == 404
        headers = client.get("/").headers
        assert "Reporting-Endpoints" not in headers
        assert "report-" not in headers[CSP]


def test_a_function_is_handed_what_was_reported() -> None:
    seen: list[Report] = []

    response = send(make_app(REPORTS=seen.append).test_client())

    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert CSP not in response.headers
    (found,) = seen
    assert (found.document, found.rule) == (PAGE, "img-src")


@pytest.mark.parametrize(
    ("value", "name"), [(True, "flask_tlsdev"), ("shop.reports", "shop.reports")]
)
def test_a_logger_is_told_in_one_line(
    value: object, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(REPORTS=value).test_client()

    with caplog.at_level(logging.WARNING):
        send(client, body("https://cdn.test/\x1b[2J\n%s"))

    (record,) = caplog.records
    assert record.name == name
    assert record.getMessage().startswith("A client claims: img-src stopped https://")
    assert record.getMessage().isprintable()


@pytest.mark.parametrize("value", [1, "two words", "", ["a"]])
def test_any_other_sink_is_refused(value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        make_app(REPORTS=value)

    assert caught.value.key == "TLSDEV_REPORTS"


def test_pages_lead_browsers_to_the_endpoint() -> None:
    app = make_app(REPORTS=True, CSP_REPORT_ONLY=True)

    response = app.test_client().get("/", base_url=PUBLIC)

    endpoints = f'tlsdev="{PATH}", default="{PATH}"'
    assert response.headers["Reporting-Endpoints"] == endpoints
    for name in (CSP, f"{CSP}-Report-Only"):
        said = directives(response, name)
        assert (said["report-uri"], said["report-to"]) == (PATH, "tlsdev")


def test_in_development_what_a_csp_stops_is_reported_at_once() -> None:
    app = make_app(debug=True, REPORTS=True)

    said = directives(app.test_client().get("/", base_url=PUBLIC))

    assert said["report-uri"].startswith(PATH)
    assert "report-to" not in said


def test_an_app_below_a_path_is_reported_below_it() -> None:
    app = make_app(REPORTS=True)
    app.config["APPLICATION_ROOT"] = "/shop"

    response = app.test_client().get("/")

    assert directives(response)["report-uri"] == f"/shop{PATH}"


def test_what_a_view_changes_is_reported_and_what_it_reports_itself_stays() -> None:
    app = make_app(REPORTS=True)

    @app.get("/tried")
    @tls_headers(csp_report_only={"img-src": "'none'"})
    def tried() -> str:
        return ""

    @app.get("/own")
    @tls_headers(csp={"report-uri": "/mine"})
    def own() -> str:
        return ""

    client = app.test_client()
    policy = directives(client.get("/tried"), f"{CSP}-Report-Only")
    assert policy["report-to"] == "tlsdev"
    policy = directives(client.get("/own"))
    assert policy["report-uri"] == "/mine"
    assert "report-to" not in policy


def test_a_policy_that_is_only_doubtful_is_reported_in_production() -> None:
    app = make_app(REPORTS=True, CSP={"no-such-src": "'self'"})

    response = app.test_client().get("/")

    assert directives(response)["no-such-src"] == "'self'"
    assert directives(response)["report-to"] == "tlsdev"


def test_the_audit_shows_what_is_sent_and_who_says_so() -> None:
    app = make_app(REPORTS=True)

    found = audit(app, app.extensions["tlsdev"].settings, [], "/")

    (policy,) = (each for each in found.routes[0].explanations if each.name == CSP)
    assert f"report-uri {PATH}" in policy.text
    assert policy.origins[-1] == "TLSDEV_REPORTS"


def path_of(app: Flask) -> str:
    return directives(app.test_client().get("/"))["report-uri"]


def test_what_another_device_reports_is_the_apps_to_answer() -> None:
    told: list[Report] = []
    app = make_app(debug=True, REPORTS=told.append)
    path = path_of(app)

    refused = send(app.test_client(), path=path, environ_overrides={ELSEWHERE: True})
    taken = send(app.test_client(), path=path)

    assert (refused.status_code, taken.status_code) == (404, 204)
    assert len(told) == 1


def test_in_development_nobody_can_guess_the_path() -> None:
    seen: list[Report] = []
    app, other = (make_app(debug=True, REPORTS=seen.append) for _ in range(2))
    client = app.test_client()
    path = path_of(app)

    assert path != path_of(other)
    assert len(path) > len(PATH) + 20
    for wrong in (PATH, f"{PATH}/", f"{path}x", path_of(other)):
        assert send(client, path=wrong).status_code == 404
    assert seen == []
    assert send(client, path=path).status_code == 204
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"method": "GET", "data": None}, 405),
        ({"method": "OPTIONS", "data": None}, 405),
        ({"content_type": "application/json"}, 415),
        ({"content_type": "text/html"}, 415),
        ({"data": "no json"}, 400),
        ({"data": " " * LONGEST + body()}, 413),
    ],
)
def test_what_is_no_report_is_refused(options: dict[str, Any], status: int) -> None:
    seen: list[Report] = []

    response = send(make_app(REPORTS=seen.append).test_client(), **options)

    assert response.status_code == status
    assert response.data == b""
    assert response.headers.get("Allow") == ("POST" if status == 405 else None)
    assert seen == []


def test_a_body_that_is_too_long_or_does_not_say_is_not_read() -> None:
    class Unread:
        def read(self, *_: object) -> bytes:
            raise AssertionError("it was read")

    app = make_app(REPORTS=True)
    environ = {"wsgi.input": Unread(), "wsgi.input_terminated": True}

    statuses = [
        app.test_client()
        .post(
            PATH,
            content_type="application/csp-report",
            environ_overrides={**environ, **length},
        )
        .status_code
        for length in (
            {"HTTP_TRANSFER_ENCODING": "chunked"},
            {"CONTENT_LENGTH": str(LONGEST + 1)},
        )
    ]

    assert statuses == [411, 413]


def test_the_app_s_own_limit_counts_too() -> None:
    app = make_app(REPORTS=True)
    app.config["MAX_CONTENT_LENGTH"] = 10

    assert send(app.test_client()).status_code == 413


@pytest.mark.parametrize(
    ("page", "base_url", "taken"),
    [
        (PAGE, PUBLIC, True),
        ("http://www.shop.com:8080/", PUBLIC, True),
        ("https://api.shop.test/", PUBLIC, True),
        ("https://localhost:5000/", "https://localhost:5000", True),
        ("https://evil.test/", PUBLIC, False),
        ("https://www.shop.com.evil.test/", PUBLIC, False),
        ("https://www.shop.com@evil.test/", PUBLIC, False),
        ("about", PUBLIC, False),
        ("data:text/html,www.shop.com", PUBLIC, False),
        ("", PUBLIC, False),
        (f"https://{'a' * 2000}/", PUBLIC, False),
    ],
)
def test_only_pages_of_served_names_are_heard(
    page: str, base_url: str, taken: bool
) -> None:
    seen: list[Report] = []
    app = make_app(REPORTS=seen.append, NAMES="*.shop.test")

    response = send(app.test_client(), body(page=page), base_url=base_url)

    assert response.status_code == 204
    assert bool(seen) is taken


def test_a_report_is_neither_redirected_nor_refused_nor_asked_to_log_in() -> None:
    seen: list[Report] = []
    app = make_app(REPORTS=seen.append, FORCE_HTTPS={"port": 443}, FETCH_METADATA=True)

    @app.before_request
    def log_in() -> tuple[str, int]:
        return "log in", 401

    headers = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "no-cors",
        "Sec-Fetch-Dest": "report",
    }
    response = send(
        app.test_client(), headers=headers, base_url=PUBLIC.replace("https", "http")
    )

    assert response.status_code == 204
    assert len(seen) == 1


def test_a_sink_that_fails_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def fail(report: Report) -> None:
        raise RuntimeError("full")

    response = send(make_app(REPORTS=fail).test_client())

    assert response.status_code == 204
    assert "TLSDEV_REPORTS" in caplog.text
    assert "full" in caplog.text


def watched(**config: Any) -> tuple[Flask, list[Report]]:
    """An app whose reports somebody watches, and what was reported."""
    app = make_app(debug=True, **config)
    seen: list[Report] = []
    app.extensions["tlsdev"].reports.watch(seen.extend)
    return app, seen


def test_whoever_watches_is_told_though_nothing_else_is_collected() -> None:
    app, seen = watched()

    response = send(app.test_client(), path=path_of(app))

    assert response.status_code == 204
    assert [each.blocked for each in seen] == ["https://cdn.test/a.png"]


def test_whoever_watches_is_told_each_time_and_a_function_once() -> None:
    told: list[Report] = []
    app, seen = watched(REPORTS=told.append)

    for _ in range(3):
        send(app.test_client(), path=path_of(app))

    assert (len(seen), len(told)) == (3, 1)


def test_whoever_watches_hears_of_no_other_site_s_pages() -> None:
    app, seen = watched()

    send(app.test_client(), body(page="https://evil.test/"), path=path_of(app))

    assert seen == []


def test_whoever_sends_without_end_is_told_to_wait() -> None:
    client = make_app(REPORTS=lambda report: None).test_client()

    statuses = {send(client).status_code for _ in range(300)}

    assert statuses == {204, 429}


def test_so_many_requests_have_time() -> None:
    some = collector([], requests=2)

    assert [some.has_time() for _ in range(3)] == [True, True, False]


def test_a_violation_is_told_once_whatever_the_page() -> None:
    seen: list[Report] = []
    other = Report("csp-violation", True, f"{PAGE}/2", "img-src", "https://cdn.test/0")

    collector(seen).take([report(), report(), other, report(1)])

    assert seen == [report(), report(1)]


def test_what_there_was_no_time_for_is_told_later() -> None:
    seen: list[Report] = []
    now = [0.0]
    left = TokenBucket(1, 1, lambda: now[0])
    some = Collector(seen.append, TokenBucket(1, 1), left, PLENTY)

    some.take([report(0), report(1)])
    at_first = list(seen)
    now[0] = 5.0
    some.take([report(0), report(1)])

    assert at_first == [report(0)]
    assert seen == [report(0), report(1)]


def test_no_more_than_so_many_violations_are_remembered() -> None:
    seen: list[Report] = []
    some = collector(seen, most=2)

    some.take([report(0), report(1), report(0), report(2)])
    some.take([report(0), report(1)])

    # The one that was not seen for longest was forgotten.
    assert seen == [report(0), report(1), report(2), report(1)]
