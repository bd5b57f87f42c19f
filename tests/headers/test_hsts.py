from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.headers import Facts
from flask_tlsdev.headers import hsts

PUBLIC = Facts(secure=True, host="www.shop.com", path="/", debug=False, testing=False)


def goes(value: object, facts: Facts) -> bool:
    (header,) = hsts.make(value)
    return header.goes(facts.reach)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "max-age=31536000; includeSubDomains"),
        (0, "max-age=0"),
        (600, "max-age=600"),
        (timedelta(days=1), "max-age=86400"),
        ("600", "max-age=600"),
        ("max-age=600", "max-age=600"),
        ('MAX-AGE="600" ; includesubdomains;', "max-age=600; includeSubDomains"),
        ({}, "max-age=31536000"),
        ({"MAX_AGE": 60}, "max-age=60"),
        ({"max-age": 60, "include_subdomains": True}, "max-age=60; includeSubDomains"),
        (
            {"include_subdomains": True, "preload": True},
            "max-age=31536000; includeSubDomains; preload",
        ),
        ({"force": True}, "max-age=31536000"),
    ],
)
def test_a_value_becomes_the_text_that_browsers_read(value: object, text: str) -> None:
    (header,) = hsts.make(value)

    assert (header.name, header.text) == ("Strict-Transport-Security", text)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (-1, "between 0"),
        (10**12, "between 0"),
        pytest.param(10**5000, "between 0", id="huge number"),
        pytest.param("9" * 9999, "between 0", id="huge text"),
        (1.5, "max_age"),
        ("max-age", "takes seconds"),
        ("max-age=1y", "takes seconds"),
        ("max-age=٣", "takes seconds"),
        ("max-age=1; max-age=2", "given twice"),
        ("includeSubDomains", "'max-age' is missing"),
        ("", "'max-age' is missing"),
        ("max-age=1; includeSubDomain", "Did you mean 'includeSubDomains'"),
        ("max-age=1; preload=1", "takes no value"),
        ("max-age=1; preload", "preload list"),
        ({"maxage": 1}, "Did you mean 'max_age'"),
        ({"max_age": True}, "max_age"),
        ({"max_age": "1"}, "max_age"),
        ({"max_age": 1, "MAX-AGE": 2}, "given twice"),
        ({"force": "yes"}, "force is True or False"),
        ({"include_subdomains": True, "max_age": 1, "preload": True}, "a year"),
        ([1], "list"),
    ],
)
def test_what_browsers_would_ignore_is_refused(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        hsts.make(value)


def test_it_goes_to_a_public_name_over_https() -> None:
    assert goes(True, PUBLIC)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "app.localhost",
        "127.0.0.1",
        "::1",
        "shop.example.test",
        "nas.local",
        "192.168.1.20",
        "192-168-1-20.nip.io",
        "web",
        "",
    ],
)
def test_it_never_goes_to_a_development_name(host: str) -> None:
    facts = Facts(secure=True, host=host, path="/", debug=False, testing=False)

    assert not goes(True, facts)
    assert goes({"force": True}, facts)


@pytest.mark.parametrize(("debug", "testing"), [(True, False), (False, True)])
def test_it_never_goes_out_in_debug_or_in_tests(debug: bool, testing: bool) -> None:
    facts = Facts(
        secure=True, host="www.shop.com", path="/", debug=debug, testing=testing
    )

    assert not goes(True, facts)
    assert goes({"force": True}, facts)


def test_force_does_not_send_it_over_plain_http() -> None:
    facts = Facts(
        secure=False, host="www.shop.com", path="/", debug=False, testing=False
    )

    assert not goes(True, facts)
    assert not goes({"force": True}, facts)


@given(st.text() | st.text('maxge-=;0123456789" includeSubDomainspreload'))
def test_a_text_that_is_accepted_is_accepted_again_as_it_was_sent(text: str) -> None:
    try:
        (header,) = hsts.make(text)
    except ValueError:
        return

    assert hsts.make(header.text)[0].text == header.text
