from __future__ import annotations

import json
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_tlsdev.errors import StoreError
from flask_tlsdev.store import Sidecar

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)

SIDECAR = Sidecar(
    names=("localhost", "127.0.0.1"),
    not_before=BEGIN,
    not_after=BEGIN + 90 * DAY,
    key_type="ec-p256",
    purpose="server",
    issuer_id="local-ca-1f3a9c0b",
    profile=1,
    certificate_sha256="0" * 64,
    key_sha256="f" * 64,
)

texts = st.text(min_size=1).filter(str.isprintable)
times = st.datetimes(
    datetime(1950, 1, 1), datetime(2049, 12, 31), timezones=st.just(timezone.utc)
)


class TestUsable:
    @pytest.mark.parametrize(
        ("days", "usable"), [(-1, False), (0, True), (59, True), (60, False)]
    )
    def test_a_third_of_its_life_before_its_end_it_is_renewed(
        self, days: int, usable: bool
    ) -> None:
        assert SIDECAR.usable(BEGIN + days * DAY, None) is usable

    @pytest.mark.parametrize(
        ("days", "usable"), [(-1, False), (0, True), (79, True), (80, False)]
    )
    def test_the_margin_can_be_given(self, days: int, usable: bool) -> None:
        assert SIDECAR.usable(BEGIN + days * DAY, 10 * DAY) is usable

    def test_without_a_margin_it_is_used_to_its_end(self) -> None:
        second = timedelta(seconds=1)

        assert SIDECAR.usable(SIDECAR.not_after - second, timedelta(0))
        assert not SIDECAR.usable(SIDECAR.not_after, timedelta(0))

    def test_zones_of_the_clock_do_not_matter(self) -> None:
        tokyo = timezone(timedelta(hours=9))

        assert SIDECAR.usable(BEGIN.astimezone(tokyo), None)


class TestJson:
    def test_the_file_is_documented_by_this_text(self) -> None:
        assert json.loads(SIDECAR.to_json()) == {
            "version": 1,
            "names": ["localhost", "127.0.0.1"],
            "not_before": "2026-01-01T00:00:00+00:00",
            "not_after": "2026-04-01T00:00:00+00:00",
            "key_type": "ec-p256",
            "purpose": "server",
            "issuer_id": "local-ca-1f3a9c0b",
            "profile": 1,
            "certificate_sha256": "0" * 64,
            "key_sha256": "f" * 64,
        }

    @given(
        st.builds(
            Sidecar,
            names=st.lists(texts, min_size=1).map(tuple),
            not_before=times,
            not_after=times,
            key_type=texts,
            purpose=st.sampled_from(["server", "client"]),
            issuer_id=texts,
            profile=st.integers(min_value=0, max_value=1 << 70),
            certificate_sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
            key_sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
        )
    )
    def test_what_is_written_is_read(self, sidecar: Sidecar) -> None:
        begin, end = sorted([sidecar.not_before, sidecar.not_after])
        sidecar = sidecar._replace(not_before=begin, not_after=end)

        assert Sidecar.from_json(sidecar.to_json()) == sidecar

    def test_times_of_another_zone_are_read_as_utc(self) -> None:
        content = SIDECAR.to_json().replace(b"T00:00:00+00:00", b"T02:00:00+02:00")

        sidecar = Sidecar.from_json(content)

        assert sidecar == SIDECAR
        assert sidecar.not_after.tzinfo is timezone.utc

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"version": 2}, id="another version"),
            pytest.param({"version": True}, id="a version like one"),
            pytest.param({"version": None}, id="no version"),
            pytest.param({"names": []}, id="no names"),
            pytest.param({"names": "localhost"}, id="names as text"),
            pytest.param({"names": ["a", 1]}, id="a name that is a number"),
            pytest.param({"names": ["a", ""]}, id="an empty name"),
            pytest.param({"names": ["\x1b[2J"]}, id="a name that is no text to print"),
            pytest.param({"names": ["\ud800"]}, id="a surrogate"),
            pytest.param({"not_after": "soon"}, id="no time"),
            pytest.param({"not_after": 1767225600}, id="a time as number"),
            pytest.param({"not_after": "2026-04-01T00:00:00"}, id="a naive time"),
            pytest.param({"not_after": "2025-12-31T00:00:00+00:00"}, id="end first"),
            pytest.param({"not_after": "9999-12-31T23:59:59-23:00"}, id="year 10000"),
            pytest.param({"key_type": None}, id="no key type"),
            pytest.param({"purpose": "root"}, id="another purpose"),
            pytest.param({"purpose": ["server"]}, id="a list of purposes"),
            pytest.param({"profile": "1"}, id="profile as text"),
            pytest.param({"profile": True}, id="a profile like one"),
            pytest.param({"profile": -1}, id="a negative profile"),
            pytest.param({"key_sha256": "F" * 64}, id="capital digest"),
            pytest.param({"key_sha256": "f" * 63}, id="short digest"),
            pytest.param({"key_sha256": "f" * 64 + "\n"}, id="digest and more"),
            pytest.param({"more": 1}, id="another field"),
        ],
    )
    def test_anything_else_is_refused(self, changes: dict[str, Any]) -> None:
        content = json.loads(SIDECAR.to_json()) | changes

        with pytest.raises(StoreError) as caught:
            Sidecar.from_json(json.dumps(content).encode())

        assert str(caught.value).isprintable()

    @pytest.mark.parametrize("name", list(json.loads(SIDECAR.to_json())))
    def test_a_missing_field_is_refused(self, name: str) -> None:
        content = json.loads(SIDECAR.to_json())
        del content[name]

        with pytest.raises(StoreError):
            Sidecar.from_json(json.dumps(content).encode())

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"\x00", id="zero"),
            pytest.param(b"\xff\xfe", id="no text"),
            pytest.param(b"[" * 60_000, id="deep"),
            pytest.param(b'{"version": ' + b"9" * 60_000 + b"}", id="long number"),
            pytest.param(b"[1]", id="a list"),
            pytest.param(b"null", id="null"),
            pytest.param(SIDECAR.to_json()[:-5], id="cut off"),
        ],
    )
    def test_what_is_no_sidecar_at_all_is_refused(self, data: bytes) -> None:
        with pytest.raises(StoreError):
            Sidecar.from_json(data)

    @given(st.binary())
    def test_any_bytes_are_an_answer_or_an_error_of_ours(self, data: bytes) -> None:
        with pytest.raises(StoreError):
            Sidecar.from_json(data)
