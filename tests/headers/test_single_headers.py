"""The headers whose value is one word or a few."""

from __future__ import annotations

import pytest

from flask_tlsdev import headers


@pytest.mark.parametrize(
    ("name", "header", "default"),
    [
        ("CONTENT_TYPE_OPTIONS", "X-Content-Type-Options", "nosniff"),
        ("FRAME_OPTIONS", "X-Frame-Options", "SAMEORIGIN"),
        ("REFERRER_POLICY", "Referrer-Policy", "strict-origin-when-cross-origin"),
        ("COOP", "Cross-Origin-Opener-Policy", "same-origin"),
        ("CORP", "Cross-Origin-Resource-Policy", "same-origin"),
        ("ORIGIN_AGENT_CLUSTER", "Origin-Agent-Cluster", "?1"),
    ],
)
def test_true_is_our_default(name: str, header: str, default: str) -> None:
    (made,) = headers.make(name, True)

    assert (made.name, made.text) == (header, default)
    assert headers.make(name, default) == (made,)


@pytest.mark.parametrize("name", headers.PRESETS["balanced"])
@pytest.mark.parametrize("value", [None, False])
def test_none_switches_a_header_off(name: str, value: object) -> None:
    assert headers.make(name, value) == ()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("FRAME_OPTIONS", "deny", "DENY"),
        ("CONTENT_TYPE_OPTIONS", " NoSniff ", "nosniff"),
        ("COOP", "noopener-allow-popups", "noopener-allow-popups"),
        ("CORP", "cross-origin", "cross-origin"),
        ("ORIGIN_AGENT_CLUSTER", "?0", "?0"),
        ("REFERRER_POLICY", "no-referrer,same-origin", "no-referrer, same-origin"),
        ("REFERRER_POLICY", ["origin", True], None),
    ],
)
def test_a_value_is_sent_as_the_standard_writes_it(
    name: str, value: object, text: str | None
) -> None:
    (made,) = headers.make(name, value)

    assert made.text == (text or "origin, strict-origin-when-cross-origin")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CONTENT_TYPE_OPTIONS", "no-sniff", "Did you mean 'nosniff'"),
        ("FRAME_OPTIONS", "SAME-ORIGIN", "Did you mean 'SAMEORIGIN'"),
        ("FRAME_OPTIONS", "ALLOW-FROM https://a.test", "frame-ancestors"),
        ("REFERRER_POLICY", "origin-when-crossorigin", "'origin-when-cross-origin'"),
        ("REFERRER_POLICY", "", "not known"),
        ("REFERRER_POLICY", [], "no policy"),
        ("REFERRER_POLICY", 1, "not a type"),
        ("COOP", "same-origin\r\nX: y", "not known"),
        ("COOP", "sameorigin", "Did you mean 'same-origin'"),
        ("CORP", "samesite", "Did you mean 'same-site'"),
        ("CORP", ["same-site"], "not a type"),
        ("ORIGIN_AGENT_CLUSTER", "1", "not known"),
        ("ORIGIN_AGENT_CLUSTER", 1, "not a type"),
    ],
)
def test_what_browsers_do_not_know_is_refused(
    name: str, value: object, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        headers.make(name, value)


@pytest.mark.parametrize("value", [None, False, "off"])
def test_the_preset_off_has_no_header(value: object) -> None:
    assert headers.parse_preset(value) == {}


@pytest.mark.parametrize("value", [True, "balanced"])
def test_the_preset_balanced_has_every_header(value: object) -> None:
    assert set(headers.parse_preset(value).values()) == {True}


def test_a_preset_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'balanced'"):
        headers.parse_preset("balance")
