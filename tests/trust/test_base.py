from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.errors import TrustError
from flask_tlsdev.trust.base import elements
from flask_tlsdev.trust.base import Root

from ..plain_https import PlainRoot

PLAIN = PlainRoot.make()


def test_a_root_has_the_fields_that_stores_find_it_by() -> None:
    plain = PlainRoot.make()

    root = Root.from_der(plain.der)

    subject = plain.certificate.subject.public_bytes()
    assert root.subject == subject
    assert root.issuer == subject
    (serial,) = elements(root.serial)
    assert int.from_bytes(serial.content, "big") == plain.certificate.serial_number


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----",
        b"\x30\x00",
        b"\x30\x02\x30\x00",
        b"\x30\x80",
    ],
    ids=["empty", "pem", "empty-sequence", "empty-body", "endless"],
)
def test_what_is_no_certificate_is_an_error_with_a_hint(data: bytes) -> None:
    with pytest.raises(TrustError, match="not PEM text"):
        Root.from_der(data)


@given(st.binary())
def test_no_bytes_lead_to_any_other_error(data: bytes) -> None:
    with suppress(TrustError):
        Root.from_der(data)


@given(st.integers(0, 2000))
def test_a_cut_off_certificate_is_an_error(cut: int) -> None:
    der = PLAIN.der

    with pytest.raises(TrustError):
        Root.from_der(der[: min(cut, len(der) - 1)])


@given(st.lists(st.tuples(st.sampled_from([4, 12, 48]), st.binary(max_size=300))))
def test_elements_are_the_ones_that_were_written(
    parts: list[tuple[int, bytes]],
) -> None:
    def written(tag: int, content: bytes) -> bytes:
        size = len(content)
        length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
        return bytes([tag]) + length + content

    found = list(elements(b"".join(written(*part) for part in parts)))

    assert [(element.tag, element.content) for element in found] == parts
    assert [element.whole for element in found] == [written(*part) for part in parts]
