from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flask_tlsdev.cli.banner import show_banner
from flask_tlsdev.config import Settings
from flask_tlsdev.provision import obtain
from flask_tlsdev.provision import Provided
from flask_tlsdev.store import PairFiles

from ..browsers import CHROMIUM_DATABASE
from ..browsers import trust_in_nss
from ..tools import run

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems keep roots elsewhere"
)

NOBODY = (
    " * Trusted by nobody on this machine; not by curl, Python, Chromium and Firefox"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def provided(issuer: str = "local-ca") -> Provided:
    settings = Settings.from_environment(os.environ).with_options(issuer=issuer)
    return obtain(settings, settings.names)


def said(pair: Provided, capsys: pytest.CaptureFixture[str]) -> list[str]:
    settings = Settings.from_environment(os.environ)
    show_banner(pair, settings.names, "127.0.0.1", 5000)
    return capsys.readouterr().out.splitlines()


def root_of(pair: Provided) -> Path:
    assert pair.files.cafile is not None
    return pair.files.cafile


def brought(pair: Provided, folder: Path) -> Provided:
    """The same pair as ``--cert`` and ``--key`` name it."""
    certfile, keyfile = folder / "c.pem", folder / "k.pem"
    certfile.write_bytes(pair.files.certfile.read_bytes())
    keyfile.write_bytes(pair.files.keyfile.read_bytes())
    return Provided(PairFiles(certfile, keyfile, None), None)


def test_a_new_root_is_known_to_nobody(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(provided(), capsys)

    assert NOBODY in lines
    assert lines[2].endswith("type: flask tls trust install")
    assert lines[3].endswith("flask tls ca export --out root.crt")


def test_who_knows_it_is_named(
    project: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = provided()
    trust_in_nss(home / CHROMIUM_DATABASE, root_of(pair).read_bytes(), "root")
    monkeypatch.setenv("SSL_CERT_FILE", str(root_of(pair)))

    for each in (pair, brought(pair, project)):
        assert " * Trusted by curl, Python and Chromium; not " in said(each, capsys)[1]


def test_when_all_know_it_nothing_has_to_be_typed(
    project: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = provided()
    profile = home / ".mozilla" / "firefox" / "one"
    for database in (home / CHROMIUM_DATABASE, profile):
        trust_in_nss(database, root_of(pair).read_bytes(), "root")
    profile.with_name("profiles.ini").write_text("[Profile0]\nPath=one\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(root_of(pair)))

    lines = said(pair, capsys)

    assert lines[1] == " * Trusted by curl, Python, Chromium and Firefox"
    assert not [line for line in lines if "type" in line or "export" in line]


def test_one_profile_of_two_is_not_all_of_firefox(
    project: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = provided()
    firefox = home / ".mozilla" / "firefox"
    trust_in_nss(firefox / "one", root_of(pair).read_bytes(), "root")
    trust_in_nss(firefox / "two", root_of(pair).read_bytes(), "root", flags=",,")
    (firefox / "profiles.ini").write_text(
        "[Profile0]\nPath=one\n[Profile1]\nPath=two\n"
    )

    assert said(pair, capsys)[1].endswith("Chromium and every database of Firefox")


def test_a_self_signed_pair_is_said_to_be_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(provided("self-signed"), capsys)

    assert NOBODY in lines
    assert lines[2].startswith(" * It is self-signed.")


def test_a_pair_that_was_brought_is_looked_at_too(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(brought(provided(), project), capsys)

    assert lines[1] == (
        " * Trusted by nobody on this machine; not by curl and Python; not known of"
        " Chromium and Firefox"
    )
    assert "root of its CA" in lines[2]


def test_a_dotenv_file_does_not_say_who_trusts_it(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = provided()
    (project / ".env").write_text(f"SSL_CERT_FILE={root_of(pair)}\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(root_of(pair)))

    assert NOBODY in said(pair, capsys)


@pytest.mark.parametrize("is_brought", [False, True], ids=["stored", "brought"])
def test_cryptography_is_not_imported_for_it(project: Path, is_brought: bool) -> None:
    pair = provided()
    if is_brought:
        pair = brought(pair, project)

    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from flask_tlsdev.trust import clients\n"
        "clients.of_chain(Path(sys.argv[1]), Path(sys.argv[2]), {'HOME': '/'})\n"
        "assert 'cryptography' not in sys.modules\n"
    )
    done = run(sys.executable, "-c", script, pair.files.certfile, pair.files.keyfile)

    assert done.returncode == 0, done.stderr
