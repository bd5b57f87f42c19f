from __future__ import annotations

import pytest
from werkzeug.wrappers import Response

from flask_tlsdev.headers import Facts
from flask_tlsdev.headers import Header
from flask_tlsdev.headers import Policy
from flask_tlsdev.headers.base import DOCUMENTS
from flask_tlsdev.headers.base import kind_of

FACTS = Facts(secure=True, host="www.shop.com", path="/", debug=False, testing=False)


def added(policy: Policy, response: Response) -> list[tuple[str, str]]:
    before = len(response.headers)
    policy.apply(FACTS, response)
    return list(response.headers)[before:]


def test_a_header_of_the_view_is_left_as_it_is() -> None:
    policy = Policy((Header("X-Frame-Options", "DENY"), Header("X-Other", "1")))
    response = Response(headers={"x-frame-options": ""})

    assert added(policy, response) == [("X-Other", "1")]
    assert response.headers["X-Frame-Options"] == ""


def test_a_second_round_adds_nothing() -> None:
    policy = Policy((Header("X-One", "1"), Header("X-Two", "2")))
    response = Response()

    assert added(policy, response) == [("X-One", "1"), ("X-Two", "2")]
    assert added(policy, response) == []


def test_of_several_with_one_name_the_first_that_goes_is_sent() -> None:
    policy = Policy(
        (
            Header("X-One", "never", goes=lambda facts, response: False),
            Header("X-One", "secure", goes=lambda facts, response: facts.secure),
            Header("X-One", "else"),
        )
    )

    assert added(policy, Response()) == [("X-One", "secure")]


def test_a_header_for_documents_goes_to_nothing_else() -> None:
    policy = Policy((Header("X-Page", "1", DOCUMENTS), Header("X-All", "1")))

    page = added(policy, Response(mimetype="text/html"))
    data = added(policy, Response(mimetype="application/json"))

    assert page == [("X-Page", "1"), ("X-All", "1")]
    assert data == [("X-All", "1")]


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        (None, "document"),
        ("text/html", "document"),
        (" Text/HTML ; charset=utf-8", "document"),
        ("application/xhtml+xml", "document"),
        ("image/svg+xml", "document"),
        ("application/atom+xml", "document"),
        ("text/xml", "document"),
        ("text/css; charset=utf-8", "stylesheet"),
        ("application/json", "other"),
        ("image/png", "other"),
        ("text/plain", "other"),
        ("", "document"),
    ],
)
def test_a_document_is_what_can_run_scripts(
    content_type: str | None, kind: str
) -> None:
    assert kind_of(content_type) == kind
