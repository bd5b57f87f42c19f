from __future__ import annotations

import pytest

from flask_tlsdev.headers._csp_matching import Address
from flask_tlsdev.headers._csp_matching import matches
from flask_tlsdev.headers._csp_matching import matching

PAGE = Address.of("https://shop.test:5000/page")
PLAIN = Address.of("http://shop.test/page")


def lets_in(source: str, url: str, page: Address = PAGE) -> bool:
    return matches(Address.of(url), source, page)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("*", "https://cdn.test/a"),
        ("*", "http://cdn.test/a"),
        ("*", "wss://cdn.test/a"),
        ("http:", "https://cdn.test/"),
        ("ws:", "wss://cdn.test/"),
        ("data:", "data:"),
        ("blob:", "blob:https://shop.test:5000/1"),
        ("'SELF'", "https://shop.test:5000/a"),
        ("'self'", "wss://shop.test:5000/a"),
        ("cdn.test", "https://CDN.test/a"),
        ("cdn.test", "https://cdn.test:443/a"),
        ("https://cdn.test:443", "https://cdn.test/a"),
        ("*.cdn.test", "https://b.a.cdn.test/"),
        ("http://cdn.test", "https://cdn.test/"),
        ("cdn.test:*", "https://cdn.test:8443/"),
        ("cdn.test/a/", "https://cdn.test/a/b/c"),
        ("cdn.test/a/", "https://cdn.test/a/"),
        ("cdn.test/a", "https://cdn.test/a?x=1#y"),
        ("cdn.test/", "https://cdn.test"),
        ("cdn.test/%61", "https://cdn.test/a"),
    ],
)
def test_what_a_source_lets_in(source: str, url: str) -> None:
    assert lets_in(source, url)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("*", "data:"),
        ("*", "blob:https://shop.test:5000/1"),
        ("https:", "http://cdn.test/"),
        ("wss:", "https://cdn.test/"),
        ("'self'", "http://shop.test:5000/a"),
        ("'self'", "https://shop.test/a"),
        ("'self'", "https://a.shop.test:5000/a"),
        ("'self'", "data:"),
        ("'self'", "blob:https://shop.test:5000/1"),
        ("'none'", "https://shop.test:5000/a"),
        ("cdn.test", "https://cdn.test:8443/"),
        ("cdn.test", "http://cdn.test/"),
        ("cdn.test", "wss://cdn.test/"),
        ("cdn.test", "https://a.cdn.test/"),
        ("*.cdn.test", "https://cdn.test/"),
        ("*.cdn.test", "https://evilcdn.test/"),
        ("cdn.test:80", "https://cdn.test/"),
        ("http://cdn.test:80", "https://cdn.test:8443/"),
        ("http://cdn.test:8080", "https://cdn.test:8080/"),
        ("cdn.test/a/", "https://cdn.test/a"),
        ("cdn.test/a", "https://cdn.test/a/"),
        ("cdn.test/a", "https://cdn.test/A"),
        ("cdn.test/a%2fb", "https://cdn.test/a/b"),
        ("cdn.test", "data:"),
        ("'nonce-abc'", "https://cdn.test/"),
        ("'sha256-abc'", "https://cdn.test/"),
        ("https://[::1]", "https://[::1]/"),
        ("", "https://cdn.test/"),
    ],
)
def test_what_a_source_keeps_out(source: str, url: str) -> None:
    assert not lets_in(source, url)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("'self'", "https://shop.test/a"),
        ("'self'", "ws://shop.test/a"),
        ("cdn.test", "https://cdn.test/"),
        ("cdn.test:80", "https://cdn.test/"),
    ],
)
def test_a_page_of_plain_http_may_load_the_secure_one(source: str, url: str) -> None:
    assert lets_in(source, url, PLAIN)


def test_the_source_that_lets_it_in_is_named() -> None:
    sources = ("'self'", "https://cdn.test", "https:")

    found = [
        matching(Address.of(url), sources, PAGE)
        for url in ("https://cdn.test/a", "https://other.test/", "data:")
    ]

    assert found == ["https://cdn.test", "https:", None]


@pytest.mark.parametrize("text", ["", "inline", "/a", "https://[", "https://a:b/"])
def test_what_is_no_url_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(it has no scheme|Invalid IPv6|Port)"):
        Address.of(text)
