"""Root works in another user's home only as that user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flask_tlsdev.errors import TrustError
from flask_tlsdev.trust.changes import Outcome
from flask_tlsdev.trust.hosts import through_sudo
from flask_tlsdev.trust.owner import as_owner
from flask_tlsdev.trust.owner import home_owner
from flask_tlsdev.trust.owner import Owner

pytestmark = [
    pytest.mark.skipif(
        sys.platform == "win32" or os.geteuid() != 0,
        reason="only root can drop to a user",
    ),
    # The command line has no threads; the tests' own helpers may have some.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

#: Debian's user for nothing at all.
NOBODY = 65534


@pytest.fixture
def nobody(tmp_path: Path) -> Owner:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/tmp") and folder.is_relative_to("/tmp"):
            folder.chmod(0o755)
    return Owner("nobody", NOBODY, NOBODY, str(home))


def _said(text: str) -> list[Outcome]:
    return [Outcome("firefox", text, "trusted", others=("1f3a9c0b",), changed=True)]


def test_the_work_is_done_as_the_user(nobody: Owner) -> None:
    def work() -> list[Outcome]:
        (Path(nobody.home) / "file").write_text("x")
        groups = sorted(set(os.getgroups()))
        said = [os.getuid(), os.geteuid(), os.getgid(), groups, os.environ["HOME"]]
        return _said(str(said))

    (outcome,) = as_owner(nobody, work)

    status = (Path(nobody.home) / "file").stat()
    assert outcome.path == f"[65534, 65534, 65534, [65534], '{nobody.home}']"
    assert (status.st_uid, status.st_mode & 0o777) == (NOBODY, 0o600)
    assert outcome == Outcome(
        "firefox", outcome.path, "trusted", others=("1f3a9c0b",), changed=True
    )


def test_a_link_in_the_home_leads_nowhere(nobody: Owner, tmp_path: Path) -> None:
    secret = tmp_path / "roots-own"
    secret.write_text("precious")
    secret.chmod(0o600)
    (Path(nobody.home) / "cert9.db").symlink_to(secret)

    def work() -> list[Outcome]:
        (Path(nobody.home) / "cert9.db").write_text("gone")
        return _said("")

    with pytest.raises(TrustError, match="nobody"):
        as_owner(nobody, work)
    assert secret.read_text() == "precious"


def test_there_is_no_way_back_to_root(nobody: Owner) -> None:
    def work() -> list[Outcome]:
        os.setuid(0)
        return _said("")

    with pytest.raises(TrustError, match="Operation not permitted"):
        as_owner(nobody, work)
    assert os.geteuid() == 0


def test_what_the_child_says_is_not_trusted(nobody: Owner) -> None:
    (outcome,) = as_owner(nobody, lambda: _said("\x1b[2Jx"))

    assert outcome.path == "\\x1b[2Jx"


def test_a_child_that_dies_is_an_error(nobody: Owner) -> None:
    def work() -> list[Outcome]:
        os._exit(7)

    with pytest.raises(TrustError, match="ended early"):
        as_owner(nobody, work)


def test_the_home_comes_from_the_password_database(nobody: Owner) -> None:
    owner = home_owner({"HOME": nobody.home})

    assert owner is not None
    assert (owner.name, owner.uid) == ("nobody", NOBODY)
    assert owner.home != nobody.home
    assert owner.environ["HOME"] == owner.home


def test_a_home_of_roots_own_needs_nobody(tmp_path: Path) -> None:
    assert home_owner({"HOME": str(tmp_path)}) is None


def test_a_home_of_an_unknown_user_is_an_error(tmp_path: Path) -> None:
    os.chown(tmp_path, 54321, 54321)

    with pytest.raises(TrustError, match="54321"):
        home_owner({"HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SUDO_UID": "1000"}, True),
        ({"PKEXEC_UID": "1000"}, True),
        ({"DOAS_USER": "you"}, True),
        ({"SUDO_UID": "0"}, False),
        ({}, False),
    ],
)
def test_sudo_is_recognised(environ: dict[str, str], expected: bool) -> None:
    assert through_sudo(environ) is expected
