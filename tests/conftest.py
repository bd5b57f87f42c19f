"""What every test stands on: no test sees the developer's own machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: Variables that change what a client trusts or where our files lie. A test
#: with them would test the machine it runs on.
FOREIGN = (
    "AWS_CA_BUNDLE",
    "CAROOT",
    "CI",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "JAVA_HOME",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
)
FOREIGN_PREFIXES = ("FLASK_", "TLSDEV_", "WERKZEUG_", "XDG_")


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An empty home folder, which is also the only one that this test sees."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)

    for name in list(os.environ):
        if name in FOREIGN or (
            name.startswith(FOREIGN_PREFIXES) and name != "TLSDEV_TEST_REQUIRE_ALL"
        ):
            monkeypatch.delenv(name)

    # A JDK of the developer's own lies anywhere, and its list is not to be touched.
    monkeypatch.setenv("TLSDEV_JAVA_HOMES", "")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("LOCALAPPDATA", str(home / "AppData" / "Local"))
    return home
