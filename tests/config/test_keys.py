from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.config import KEYS
from flask_tlsdev.config import parse_duration
from flask_tlsdev.config.keys import BY_PRESET
from flask_tlsdev.config.keys import Values
from flask_tlsdev.errors import ConfigError
from flask_tlsdev.errors import InvalidName
from flask_tlsdev.names import parse
from flask_tlsdev.printable import printable


def refusal(config: dict[Any, object]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        Values(config)
    return caught.value


def is_safe(error: ConfigError) -> bool:
    """Whether a terminal acts on nothing in it."""
    return printable(error, 10_000) == str(error)


def test_every_key_has_a_default_that_it_can_have() -> None:
    values = Values({})

    assert set(values) == set(KEYS)
    assert values["TLSDEV_LIFETIME"] == timedelta(days=90)
    assert values["TLSDEV_HANDSHAKE_TIMEOUT"] == 10.0
    for name, key in KEYS.items():
        if key.default is not BY_PRESET:
            assert Values({name: key.default}) == values


def test_every_key_says_what_it_is_and_what_it_takes() -> None:
    for key in KEYS.values():
        assert key.doc.endswith(".")
        assert not key.takes.endswith(".")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("TLSDEV_NAME", "TLSDEV_NAMES"),
        ("TLSDEV_KEYTYPE", "TLSDEV_KEY_TYPE"),
        ("TLSDEV_CONTENT_SECURITY_POLICY", "TLSDEV_CSP"),
        ("TLSDEV_X_FRAME_OPTIONS", "TLSDEV_FRAME_OPTIONS"),
        ("TLSDEV_STRICT_TRANSPORT_SECURITY", "TLSDEV_HSTS"),
        ("TLSDEV_HTST", "TLSDEV_HSTS"),
        ("tlsdev_issuer", "TLSDEV_ISSUER"),
        ("TLSDEV-ISSUER", "TLSDEV_ISSUER"),
        ("TLSDEV__ISSUER", "TLSDEV_ISSUER"),
        ("FLASK_TLSDEV_ISSUER", "TLSDEV_ISSUER"),
    ],
)
def test_an_unknown_key_is_told_what_was_meant(name: str, hint: str) -> None:
    error = refusal({name: 1})

    assert error.key == name
    assert error.hint == f"Did you mean {hint}?"


@pytest.mark.parametrize("name", ["TLSDEV_BANANA", "TLSDEV_", "TLSDEV_\x1b[31m"])
def test_an_unknown_key_like_no_other_is_told_all_keys(name: str) -> None:
    error = refusal({name: 1})

    assert is_safe(error)
    assert "TLSDEV_NAMES, TLSDEV_ISSUER" in error.hint


def test_keys_of_others_are_not_looked_at() -> None:
    config = {"DEBUG": 1, "TLS": 2, "TLSDEVICE": 3, "MY_TLSDEV_NAMES": 4, 5: 6}

    assert Values(config) == Values({})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["TLSDEV_STORE_PATH", "TLSDEV_CA_PATH"])
def test_an_app_cannot_say_where_keys_lie(name: str) -> None:
    error = refusal({name: "/srv/keys"})

    assert "cannot be set in app.config" in error.message
    assert f"environment variable {name}" in error.hint


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("TLSDEV_NAMES", "app.test, 127.0.0.1", parse("app.test,127.0.0.1")),
        ("TLSDEV_NAMES", ["app.test", "::1"], parse(["app.test", "::1"])),
        ("TLSDEV_NAMES", ("app.test",), parse("app.test")),
        ("TLSDEV_ISSUER", 7, "7"),
        ("TLSDEV_KEY_TYPE", "rsa:3072", "rsa:3072"),
        ("TLSDEV_LIFETIME", 30, timedelta(days=30)),
        ("TLSDEV_LIFETIME", 0.5, timedelta(hours=12)),
        ("TLSDEV_LIFETIME", "30", timedelta(days=30)),
        ("TLSDEV_LIFETIME", " 12H ", timedelta(hours=12)),
        ("TLSDEV_LIFETIME", "1.5 h", timedelta(minutes=90)),
        ("TLSDEV_LIFETIME", "30m", timedelta(minutes=30)),
        ("TLSDEV_LIFETIME", "2w", timedelta(days=14)),
        ("TLSDEV_LIFETIME", timedelta(days=3), timedelta(days=3)),
        ("TLSDEV_LIFETIME", "825d", timedelta(days=825)),
        ("TLSDEV_RENEW_BEFORE", None, None),
        ("TLSDEV_RENEW_BEFORE", 7, timedelta(days=7)),
        ("TLSDEV_MINIMUM_VERSION", "TLSv1.3", "TLSv1.3"),
        ("TLSDEV_ON_DEMAND", "app.test, Büro.test", ("app.test", "xn--bro-hoa.test")),
        ("TLSDEV_ON_DEMAND", ["app.test"], ("app.test",)),
        ("TLSDEV_ON_DEMAND", [], ()),
        ("TLSDEV_CLIENT_CA", "/etc/clients.crt", Path("/etc/clients.crt")),
        ("TLSDEV_CLIENT_CERTIFICATE", "required", "required"),
        ("TLSDEV_HANDSHAKE_TIMEOUT", 2, 2.0),
        ("TLSDEV_HANDSHAKE_TIMEOUT", 0.5, 0.5),
        ("TLSDEV_HANDSHAKE_TIMEOUT", "5s", 5.0),
        ("TLSDEV_HANDSHAKE_TIMEOUT", timedelta(minutes=1), 60.0),
        ("TLSDEV_FILES_PATH", "/etc/tls", Path("/etc/tls")),
        ("TLSDEV_FILES_PATH", Path("/etc/tls"), Path("/etc/tls")),
        ("TLSDEV_FILES_PATH", None, None),
        ("TLSDEV_COOP", None, ()),
    ],
)
def test_a_value_is_read(name: str, value: object, parsed: object) -> None:
    assert Values({name: value})[name] == parsed


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("TLSDEV_NAMES", "", "DNS names and addresses"),
        ("TLSDEV_NAMES", [], "DNS names and addresses"),
        ("TLSDEV_NAMES", None, "None is no text"),
        ("TLSDEV_NAMES", True, "True is no text"),
        ("TLSDEV_NAMES", ["app.test", 5.5j], "this complex is no text"),
        ("TLSDEV_NAMES", {"app.test": 1}, "this dict is no text"),
        ("TLSDEV_NAMES", "https://app.test/", "app.test"),
        ("TLSDEV_ISSUER", ["local-ca"], "this list is no text"),
        ("TLSDEV_KEY_TYPE", "ec-p255", "ec-p256"),
        ("TLSDEV_KEY_TYPE", 2048, "rsa:2048"),
        ("TLSDEV_LIFETIME", "90x", "'90x' is no duration"),
        ("TLSDEV_LIFETIME", "90days", "Did you mean '90d'?"),
        ("TLSDEV_LIFETIME", "3months", "The units are"),
        ("TLSDEV_LIFETIME", "", "'' is no duration"),
        ("TLSDEV_LIFETIME", "-1d", "'-1d' is no duration"),
        ("TLSDEV_LIFETIME", "٣d", "is no duration"),
        ("TLSDEV_LIFETIME", True, "True is no duration"),
        ("TLSDEV_LIFETIME", None, "None is no duration"),
        ("TLSDEV_LIFETIME", float("nan"), "nan is no duration"),
        ("TLSDEV_LIFETIME", float("inf"), "inf is no duration"),
        ("TLSDEV_LIFETIME", 0, "0 is no time at all"),
        ("TLSDEV_LIFETIME", -5, "-5 is no time at all"),
        ("TLSDEV_LIFETIME", 1e300, "too long"),
        pytest.param("TLSDEV_LIFETIME", 10**400, "this int is too long", id="huge"),
        pytest.param("TLSDEV_LIFETIME", "9" * 999, "too long", id="huge text"),
        ("TLSDEV_LIFETIME", "826d", "Apple"),
        ("TLSDEV_LIFETIME", "1m", "too short"),
        ("TLSDEV_RENEW_BEFORE", "soon", "'soon' is no duration"),
        ("TLSDEV_MINIMUM_VERSION", "TLSv1.1", "not safe"),
        ("TLSDEV_ON_DEMAND", "*.app.test", "Did you mean 'app.test'?"),
        ("TLSDEV_ON_DEMAND", "192.168.1.1", "no name lies below it"),
        ("TLSDEV_CLIENT_CA", "clients.crt", "is not absolute"),
        ("TLSDEV_CLIENT_CERTIFICATE", "require", "Did you mean 'required'?"),
        ("TLSDEV_CLIENT_CERTIFICATE", True, "is no text"),
        ("TLSDEV_MINIMUM_VERSION", "1.3", "Did you mean 'TLSv1.3'?"),
        ("TLSDEV_MINIMUM_VERSION", 1.3, "Did you mean 'TLSv1.3'?"),
        ("TLSDEV_MINIMUM_VERSION", "tlsv1.3", "Did you mean 'TLSv1.3'?"),
        ("TLSDEV_HANDSHAKE_TIMEOUT", 0, "no time at all"),
        ("TLSDEV_HANDSHAKE_TIMEOUT", "1e-9s", "no duration"),
        ("TLSDEV_HANDSHAKE_TIMEOUT", "61m", "each client holds a thread"),
        ("TLSDEV_FILES_PATH", "certs", "is not absolute"),
        ("TLSDEV_FILES_PATH", "", "is not absolute"),
        ("TLSDEV_FILES_PATH", "~/certs", "Did you mean"),
        ("TLSDEV_FILES_PATH", "~nobody-of-that-name", "Did you mean"),
        ("TLSDEV_FILES_PATH", "/a\0b", "no path"),
        ("TLSDEV_FILES_PATH", False, "False is no text"),
        ("TLSDEV_HEADERS", "strong", "'api' or 'off'"),
        ("TLSDEV_HEADERS", 3, "'api' or 'off'"),
        ("TLSDEV_HSTS", "max-age", "takes seconds"),
        ("TLSDEV_CSP", {"script-src": "self"}, "\"'self'\""),
        ("TLSDEV_COOP", "\x1b[2J", "\\x1b[2J"),
    ],
)
def test_a_value_that_a_key_cannot_have_is_told_why(
    name: str, value: object, part: str
) -> None:
    error = refusal({name: value})

    assert error.key == name
    assert str(error).startswith(f"{name}: ")
    assert part in str(error)
    assert error.hint.endswith(f"It takes {KEYS[name].takes}.")


def test_an_error_keeps_its_cause() -> None:
    error = refusal({"TLSDEV_NAMES": "*"})

    assert isinstance(error.__cause__, InvalidName)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.timedeltas()
    | st.builds(object),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=4,
)


@given(st.sampled_from(sorted(KEYS)), anything)
def test_no_value_makes_anything_but_a_config_error(name: str, value: object) -> None:
    try:
        Values({name: value})
    except ConfigError as error:
        assert error.key == name  # noqa: PT017 - a value may as well be good
        assert is_safe(error)  # noqa: PT017


@given(st.text())
def test_no_key_makes_anything_but_a_config_error(name: str) -> None:
    error = refusal({f"TLSDEV_?{name}": 1})

    assert is_safe(error)


@pytest.mark.parametrize(
    ("unit", "make"),
    [
        ("s", lambda n: timedelta(seconds=n)),
        ("m", lambda n: timedelta(minutes=n)),
        ("h", lambda n: timedelta(hours=n)),
        ("d", lambda n: timedelta(days=n)),
        ("w", lambda n: timedelta(weeks=n)),
    ],
)
@given(number=st.integers(1, 10**5))
def test_a_duration_is_read_as_it_is_written(
    unit: str, make: Callable[[int], timedelta], number: int
) -> None:
    assert parse_duration(f"{number}{unit}") == make(number)
