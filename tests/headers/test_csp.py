from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.headers import csp
from flask_tlsdev.headers import Facts
from flask_tlsdev.headers import Policy
from flask_tlsdev.headers._csp_sources import DIRECTIVES

SHA256 = "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='"


def text(value: object) -> str:
    (header,) = csp.make(value)
    return header.text


def sent(value: object, **facts: Any) -> str | None:
    """What a page of a public site gets over HTTPS, but for these facts."""
    public = {"secure": True, "host": "www.shop.com", "path": "/"}
    facts = {**public, "debug": False, "testing": False, **facts}
    lines = Policy(csp.make(value)).lines("document", Facts(**facts).reach)
    return dict(lines.missing((), None)).get("Content-Security-Policy")


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ({"default-src": "'self'"}, "default-src 'self'"),
        ({"default_src": ["'self'", "https:"]}, "default-src 'self' https:"),
        ({"IMG_SRC": ("data:",), "font-src": None}, "img-src data:"),
        ({"script-src": f"{SHA256} 'strict-dynamic'"}, None),
        ({"script-src": "'unsafe-inline' 'unsafe-inline'"}, None),
        ({"img-src": "* *.cdn.test https://cdn.test:8443/a/b%20c wss://x:*"}, None),
        ({"sandbox": True}, "sandbox"),
        ({"sandbox": "allow-forms allow-scripts"}, None),
        ({"report-uri": "/reports?app=1", "report-to": "csp"}, None),
        ({"require-trusted-types-for": "'script'", "trusted-types": "'none'"}, None),
        ({"trusted-types": "lit-html dompurify 'allow-duplicates'"}, None),
        ({"webrtc": "'block'"}, "webrtc 'block'"),
        ("default-src 'self' ;; img-src  data: ;", "default-src 'self'; img-src data:"),
        ("sandbox; default-src 'none'", "sandbox; default-src 'none'"),
    ],
)
def test_directives_become_one_policy(value: Any, policy: str | None) -> None:
    if policy is None:
        words = {name: " ".join(dict.fromkeys(value[name].split())) for name in value}
        policy = "; ".join(f"{name} {each}" for name, each in words.items())

    assert text(value) == policy


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"defualt-src": "'self'"}, "Did you mean 'default-src'"),
        ({"script-src": "self"}, "needs its single quotes: \"'self'\""),
        ({"script-src": "Unsafe-Inline"}, "needs its single quotes"),
        ({"script-src": '"self"'}, "needs its single quotes"),
        ({"script-src": "`self`"}, "needs its single quotes"),
        ({"script-src": "'self"}, "needs its single quotes"),
        ({"script-src": "'slef'"}, "Did you mean \"'self'\""),
        ({"script-src": SHA256.strip("'")}, "needs its quotes"),
        ({"script-src": "'sha256-abcd'"}, "not as long as a SHA-256"),
        ({"script-src": "'nonce-abc'"}, "a nonce that is the same"),
        ({"script-src": "https"}, "Did you mean 'https:'"),
        ({"script-src": "*example.test"}, "no source"),
        ({"script-src": "https://cdn.test/a?b"}, "no source"),
        ({"script-src": "'none' 'self'"}, "stands alone"),
        ({"script-src": "'self'; img-src *"}, "a character that no source can have"),
        ({"script-src": "https://a.test,https://b.test"}, "a character that no"),
        ({"script-src": "'self'\r\nSet-Cookie:x=1"}, "a character that no"),
        ({"script-src": "'self'\timg.test"}, "a character that no"),
        ({"script-src": "https://bücher.test"}, "a character that no"),
        ({"script-src": "‘self’"}, "a character that no"),
        ({"script-src": ""}, "Did you mean \"'none'\""),
        ({"script-src": []}, "Did you mean \"'none'\""),
        ({"script-src": True}, "needs a value"),
        ({"script-src": 1}, "not a type"),
        ({"script-src": ["'self'", 1]}, "not a type"),
        ({"frame-ancestors": "'unsafe-inline'"}, "does nothing here"),
        ({"sandbox": "allow-script"}, "Did you mean 'allow-scripts'"),
        ({"upgrade-insecure-requests": "yes"}, "not known"),
        ({"report-to": "a b"}, "one word"),
        ({"report-uri": ""}, "empty"),
        ({"require-trusted-types-for": "script"}, "Did you mean \"'script'\""),
        ({"block-all-mixed-content": True}, "no browser has"),
        ({"default-src": "'self'", "DEFAULT_SRC": "*"}, "given twice"),
        ("default-src 'self'; default-src *", "given twice"),
        ("default-src", "needs a value"),
        ("", "no directive"),
        ({}, "no directive"),
        ({"default-src": None}, "no directive"),
        (["default-src 'self'"], "not a type"),
        (1, "not a type"),
    ],
)
def test_what_browsers_would_misread_is_refused(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        csp.make(value)


def test_the_default_closes_foreign_and_inline_scripts() -> None:
    policy = sent(True)

    assert policy is not None
    assert "; script-src 'self'; script-src-attr 'none';" in policy
    assert "; object-src 'none';" in policy


@pytest.mark.parametrize(
    "facts",
    [{"secure": False}, {"host": "app.test"}, {"debug": True}, {"testing": True}],
)
@pytest.mark.parametrize(
    "value",
    [True, "default-src 'self'; upgrade-insecure-requests"],
    ids=["default", "text"],
)
def test_links_are_upgraded_only_in_production(value: object, facts: Any) -> None:
    produced, developed = sent(value), sent(value, **facts)

    assert developed
    assert produced == f"{developed}; upgrade-insecure-requests"


def test_upgrading_can_be_forced() -> None:
    value = {"default-src": "'self'", "upgrade-insecure-requests": "force"}

    policy = sent(value, host="app.test", debug=True)

    assert policy == "default-src 'self'; upgrade-insecure-requests"


def test_a_policy_that_only_upgrades_is_not_sent_empty() -> None:
    value = {"upgrade-insecure-requests": True}

    assert sent(value) == "upgrade-insecure-requests"
    assert sent(value, debug=True) is None


@given(
    st.dictionaries(
        st.sampled_from(sorted(DIRECTIVES)),
        st.text() | st.text("'self ;,none:/*.\n") | st.lists(st.text(max_size=5)),
        min_size=1,
        max_size=3,
    )
)
def test_no_value_can_begin_another_directive_policy_or_header(
    value: dict[str, object],
) -> None:
    try:
        policy = csp.make(value)[0].text
    except ValueError:
        return

    names = [part.split()[0] for part in policy.split(";")]
    assert set(names) == {name for name in value if value[name] is not None}
    assert policy.isascii()
    assert policy.isprintable()
    assert "," not in policy


@given(st.text() | st.text("default-src 'self;,none:/*.\n"))
def test_a_text_that_is_accepted_is_accepted_again_as_it_was_sent(given: str) -> None:
    try:
        policy = csp.make(given)[0].text
    except ValueError:
        return

    assert csp.make(policy)[0].text == policy
