from __future__ import annotations

import pytest

from flask_tlsdev import errors


def test_a_message_ends_with_what_to_type() -> None:
    error = errors.StoreError("It is not there.", hint="Type: flask tls list")

    assert str(error) == "It is not there. Type: flask tls list"
    assert error.hint == "Type: flask tls list"


def test_without_a_hint_there_is_only_the_sentence() -> None:
    assert str(errors.StoreError("It is not there.")) == "It is not there."


@pytest.mark.parametrize(
    "error",
    [
        errors.ConfigError("x", key="TLSDEV_NAMES"),
        errors.InvalidName("x", text="a b"),
        errors.InvalidKey("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_bad_value_is_a_value_error_too(error: errors.TLSDevError) -> None:
    assert isinstance(error, ValueError)


def test_each_error_carries_what_its_catcher_needs() -> None:
    refused = errors.IssuerRefused("no", issuer_id="corp", problem={"type": "x"})
    later = errors.IssuerUnavailable("busy", issuer_id="corp", retry_after=2.5)
    failed = errors.TrustCommandFailed("no", command=["certutil", "-A"], output="bad")
    missing = errors.TrustStoreMissing("no certutil", install_hint="apt install it")
    expired = errors.CertificateError("old", subject="a.test", reason="expired")

    assert (refused.issuer_id, refused.problem) == ("corp", {"type": "x"})
    assert later.retry_after == 2.5
    assert (failed.command, failed.output) == (("certutil", "-A"), "bad")
    assert str(missing) == "no certutil apt install it"
    assert (expired.subject, expired.reason) == ("a.test", "expired")


def test_every_error_is_in_the_drawing() -> None:
    names = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    ]

    assert [name for name in names if name not in (errors.__doc__ or "")] == []
