"""A key with a passphrase is served, and nobody sees the passphrase."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..servers import serving
from ..test_road import EXAMPLE
from .conftest import Flask


@pytest.fixture
def pair(flask: Flask, project: Path) -> tuple[str, ...]:
    """The options that serve a pair whose key is encrypted."""
    (project / "pass").write_text("open sesame\n")
    done = flask(
        *("tls", "issue", "localhost", "--passphrase-file", "pass"),
        *("--keyout", "key.pem", "--out", "cert.pem"),
    )
    assert done.exit_code == 0, done.output
    assert "ENCRYPTED" in (project / "key.pem").read_text()
    flask("tls", "ca", "export", "--out", "root.crt")
    return ("--cert", str(project / "cert.pem"), "--key", str(project / "key.pem"))


def test_a_file_opens_the_served_key(pair: tuple[str, ...], project: Path) -> None:
    options = (*pair, "--passphrase-file", str(project / "pass"))

    with serving(*EXAMPLE, *options) as server:
        assert server.get(cafile=project / "root.crt")[0] == 200


def test_the_environment_opens_the_served_key(
    pair: tuple[str, ...], project: Path
) -> None:
    env = {"TLSDEV_PASSPHRASE": "open sesame"}

    with serving(*EXAMPLE, *pair, "--debug", env=env) as server:
        server.wait_for("Debugger PIN")
        assert server.get(cafile=project / "root.crt")[0] == 200


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_without_the_passphrase_it_is_said(pair: tuple[str, ...], secret: str) -> None:
    env = {"TLSDEV_PASSPHRASE": secret}

    with pytest.raises(AssertionError) as failure, serving(*EXAMPLE, *pair, env=env):
        pass

    said = str(failure.value)
    assert "Traceback" not in said
    assert "passphrase" in said
