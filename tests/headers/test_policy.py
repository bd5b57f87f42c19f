from __future__ import annotations

import pytest

from flask_tlsdev.headers import Header
from flask_tlsdev.headers import Kind
from flask_tlsdev.headers import kind_of
from flask_tlsdev.headers import Policy
from flask_tlsdev.headers import Reach
from flask_tlsdev.headers.base import DOCUMENTS


def added(
    policy: Policy,
    *there: str,
    kind: Kind = "document",
    reach: Reach = "public",
    nonce: str | None = None,
) -> list[tuple[str, str]]:
    """What a response with these names gets, names in lower case."""
    return list(policy.lines(kind, reach).missing(there, nonce))


def test_a_header_of_the_view_is_left_as_it_is() -> None:
    policy = Policy((Header("X-Frame-Options", "DENY"), Header("X-Other", "1")))

    assert added(policy, "x-frame-options") == [("X-Other", "1")]
    assert added(policy, "x-frame-options", nonce="n") == [("X-Other", "1")]


@pytest.mark.parametrize(
    ("reach", "texts"),
    [
        ("plain", ["else"]),
        ("private", ["secure", "else"]),
        ("public", ["public", "secure", "else"]),
    ],
)
def test_of_several_with_one_name_the_first_that_goes_is_sent(
    reach: Reach, texts: list[str]
) -> None:
    headers = (
        Header("X-One", "public", when="public"),
        Header("X-One", "secure", when="secure"),
        Header("X-One", "else"),
    )

    assert added(Policy(headers), reach=reach) == [("X-One", texts[0])]


def test_a_header_for_documents_goes_to_nothing_else() -> None:
    policy = Policy((Header("X-Page", "1", DOCUMENTS), Header("X-All", "1")))

    assert added(policy) == [("X-Page", "1"), ("X-All", "1")]
    assert added(policy, kind="other") == [("X-All", "1")]


def test_a_nonce_stands_where_its_place_is() -> None:
    policy = Policy((Header("X-One", "a", nonced=("a ", " b ", "")),))

    assert added(policy) == [("X-One", "a")]
    assert added(policy, nonce="n") == [("X-One", "a n b n")]


def test_a_304_leaves_out_what_would_replace_the_stored_nonce() -> None:
    policy = Policy((Header("X-One", "1", revalidates=False), Header("X-Two", "2")))

    lines = policy.lines("document", "public", revalidated=True)

    assert list(lines.missing((), None)) == [("X-Two", "2")]


@pytest.mark.parametrize(
    ("kind", "reach", "revalidated", "reason"),
    [
        ("document", "public", False, ""),
        ("other", "public", False, "Only documents can use it."),
        ("document", "plain", False, "It goes to HTTPS only."),
        ("document", "private", False, "Browsers would remember it"),
        ("document", "public", True, "A 304 leaves the stored page its own"),
    ],
)
def test_it_is_explained_why_a_header_does_not_go(
    kind: Kind, reach: Reach, revalidated: bool, reason: str
) -> None:
    header = Header("X-One", "1", DOCUMENTS, "public", revalidates=False)

    (said,) = Policy((header,)).explain(kind, reach, revalidated=revalidated)

    assert said.sent is (reason == "")
    assert said.reason.startswith(reason)


def test_of_alternatives_the_one_that_goes_is_explained() -> None:
    headers = (Header("X-One", "public", when="public"), Header("X-One", "else"))

    (in_production,) = Policy(headers).explain("document", "public")
    (at_home,) = Policy(headers).explain("document", "private")

    assert (in_production.text, in_production.sent) == ("public", True)
    assert (at_home.text, at_home.sent) == ("else", True)


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
        ("text/javascript; charset=utf-8", "script"),
        ("application/x-javascript", "script"),
        ("text/javascript-not", "other"),
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
