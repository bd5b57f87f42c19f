from __future__ import annotations

import os
from datetime import timedelta

import pytest

from flask_tlsdev.cli.expiry import announce_ca_end
from flask_tlsdev.config import Settings
from flask_tlsdev.issuers.local_ca import LocalCA
from flask_tlsdev.provision import look_up

from ..servers import serving
from .conftest import Flask


def _settings() -> Settings:
    return Settings.from_mapping({}, environ=os.environ)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(days=31), ""),
        (timedelta(days=30), "in 30 days"),
        (timedelta(days=1, hours=1), "in 1 days"),
        (-timedelta(days=1), "in 0 days"),
    ],
    ids=["a month and a day", "a month", "a day", "over"],
)
def test_the_end_of_the_ca_is_announced_a_month_before(
    capsys: pytest.CaptureFixture[str], before: timedelta, expected: str
) -> None:
    settings = _settings()
    made = LocalCA.create(settings.ca_path, key_type="ec-p256")

    announce_ca_end(settings, now=made.not_after - before)

    said = capsys.readouterr().err
    assert expected in said
    assert bool(said) is bool(expected)
    assert "flask tls ca create" in said or not expected


def test_a_ca_is_not_looked_at_while_its_pair_is_good_for_longer(
    flask: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    flask("tls", "issue")
    settings = _settings()
    provided = look_up(settings, settings.names)
    assert provided is not None
    assert provided.sidecar is not None
    end = provided.sidecar.not_after
    ca = LocalCA.open(settings.ca_path)
    (settings.ca_path / "ca.json").unlink()

    announce_ca_end(settings, provided, now=end - timedelta(days=31))
    assert capsys.readouterr().err == ""

    LocalCA.create(settings.ca_path, key_type="ec-p256", lifetime=end - ca.not_before)
    announce_ca_end(settings, provided, now=end - timedelta(days=29))
    assert "The local CA ends on" in capsys.readouterr().err


def test_another_issuers_pair_has_nothing_to_do_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = _settings().with_options(issuer="self-signed", add_names=())
    made = LocalCA.create(settings.ca_path, key_type="ec-p256")

    announce_ca_end(settings, now=made.not_after)

    assert capsys.readouterr().err == ""


def test_run_announces_it(flask: Flask) -> None:
    flask("tls", "ca", "create", "--days", "20")

    with serving("--app", "example_app", "tls", "run") as server:
        said = server.output

    assert "The local CA ends on" in said
    assert "flask tls trust install" in said
