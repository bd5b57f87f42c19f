from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .world import flask
from .world import World

Damage = Callable[[Path], None]


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def gone(path: Path) -> None:
    path.unlink()


def binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 16)


def other_bytes(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def doubled(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 2)


def huge(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n" * (2 << 20))


DAMAGES = [emptied, halved, gone, binary, other_bytes, doubled, huge]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", ["tls.crt", "tls.key", "tlsdev.json"])
def test_a_damaged_pair_is_made_anew(user: World, damage: Damage, name: str) -> None:
    (path,) = user.data.glob(f"pairs/*/a.test-*/{name}")
    damage(path)

    listed = flask("tls", "list")
    issued = flask("tls", "issue", "a.test")

    assert listed.exit_code == 0, listed.output
    assert issued.exit_code == 0, issued.output
    user.check()
    assert flask("tls", "issue", "a.test").stdout.startswith("Kept")


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_without_its_root_a_pair_is_still_served(user: World, damage: Damage) -> None:
    (path,) = user.data.glob("pairs/*/a.test-*/ca.crt")
    damage(path)

    for command in (["list"], ["issue", "a.test"], ["issue", "a.test", "--force"]):
        done = flask("tls", *command)
        assert done.exit_code == 0, done.output

    user.check()


@pytest.mark.parametrize("name", ["tls.crt", "tls.key"])
def test_a_pair_that_is_mixed_from_two_is_not_served(user: World, name: str) -> None:
    (one,) = user.data.glob("pairs/*/a.test-*")
    (other,) = user.data.glob("pairs/*/localhost-*")
    shutil.copy(other / name, one / name)

    issued = flask("tls", "issue", "a.test")

    assert issued.stdout.startswith("Issued"), issued.output
    user.check()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", ["ca.json", "root.crt", "ca.crt", "ca.key"])
def test_a_damaged_ca_is_said_and_can_be_replaced_and_deleted(
    user: World, damage: Damage, name: str
) -> None:
    (path,) = (p for p in user.data.glob("ca/**/*") if p.name == name)
    damage(path)

    for command in ("show", "export"):
        flask("tls", "ca", command)
    issued = flask("tls", "issue", "c.test")
    created = flask("tls", "ca", "create", "--yes")
    again = flask("tls", "issue", "c.test")
    damage(next(p for p in user.data.glob("ca/**/*") if p.name == name))
    deleted = flask("tls", "ca", "delete", "--yes")

    assert issued.exit_code in (0, 1)
    assert created.exit_code == 0, created.output
    assert again.exit_code == 0, again.output
    if name != "ca.json" or damage is not gone:
        assert deleted.exit_code == 0, deleted.output
        assert not list(user.data.glob("ca/*/ca.key"))


VALUES: dict[str, list[object]] = {
    "names": [[], "a.test", ["a.test\x1b[2J"], [1], None],
    "not_before": ["", "never", "2020-01-01T00:00:00", 5],
    "not_after": ["9999-12-31T23:59:59-23:59", "2001-01-01T00:00:00+00:00"],
    "issuer_id": ["../..", "\x1b]0;x\a", ""],
    "version": [2, "1", None],
    "profile": [-1, 99, 1.5],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in VALUES.items() for value in values],
    ids=repr,
)
def test_an_odd_sidecar_is_passed_over(user: World, field: str, value: object) -> None:
    (path,) = user.data.glob("pairs/*/a.test-*/tlsdev.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))

    listed = flask("tls", "list")
    issued = flask("tls", "issue", "a.test")

    assert listed.exit_code == issued.exit_code == 0
    assert "\x1b" not in listed.output + issued.output
    user.check()


CA_VALUES: dict[str, list[object]] = {
    "id": ["../../..", "x", 5, None],
    "version": [2, None],
    "permits": [[], None, ["com"], ["0.0.0.0/0"], "localhost"],
    "not_after": ["never", 5, "2020-01-01T00:00:00"],
    "profile": [None, "x", 1e999, [1]],
    "root_sha256": [None, "00"],
    "key_type": [None, "\x1b[2J"],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in CA_VALUES.items() for value in values],
    ids=repr,
)
def test_an_odd_ca_json_is_a_sentence(user: World, field: str, value: object) -> None:
    path = user.data / "ca" / "ca.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))

    answers = [
        flask("tls", "ca", "show"),
        flask("tls", "ca", "export"),
        flask("tls", "issue", "c.test"),
        flask("tls", "ca", "create", "--yes"),
        flask("tls", "issue", "c.test"),
    ]

    assert "\x1b" not in "".join(answer.output for answer in answers)
    assert [answer.exit_code for answer in answers[-2:]] == [0, 0], answers[-2].output
