from __future__ import annotations

import configparser
import shutil
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from importlib.util import find_spec
from pathlib import Path

import pytest

from .tools import missing
from .tools import run

ROOT = Path(__file__).parent.parent

#: What a clone has and git does not.
MADE = shutil.ignore_patterns(
    ".*", "__pycache__", "*.egg-info", "build", "dist", "_build"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this clone, built as a release is: through its sdist."""
    if find_spec("build") is None:
        missing("build")

    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "clone", ignore=MADE)

    done = run(
        sys.executable,
        *("-m", "build", "--no-isolation", "--outdir", folder / "dist"),
        folder / "clone",
        # Not from here: the folder "build" would be the module.
        cwd=folder,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    (path,) = (folder / "dist").glob("*.whl")
    return zipfile.ZipFile(path)


def in_dist_info(wheel: zipfile.ZipFile, name: str) -> str:
    (found,) = (
        each for each in wheel.namelist() if each.endswith(f".dist-info/{name}")
    )
    return wheel.read(found).decode()


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parsestr(in_dist_info(wheel, "METADATA"))


def test_wheel_has_every_module_and_every_data_file(wheel: zipfile.ZipFile) -> None:
    package = ROOT / "flask_tlsdev"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    packed = {name for name in wheel.namelist() if name.startswith("flask_tlsdev/")}

    assert packed == expected
    assert "flask_tlsdev/py.typed" in packed
    assert "flask_tlsdev/data/public_suffix_list.dat" in packed


def test_wheel_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {top.partition("-")[0] for top in tops} == {"flask_tlsdev"}
    assert len(tops) == 2


def test_wheel_has_the_license(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert in_dist_info(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text()
    assert metadata["License-File"] == "LICENSE"


def test_wheel_brings_flask_tls(wheel: zipfile.ZipFile) -> None:
    entry_points = configparser.ConfigParser()
    entry_points.read_string(in_dist_info(wheel, "entry_points.txt"))

    assert dict(entry_points["flask.commands"]) == {"tls": "flask_tlsdev.cli:tls"}


def test_wheel_needs_three_packages(metadata: Message) -> None:
    needed = metadata.get_all("Requires-Dist") or []

    always = {each.partition(">")[0] for each in needed if "extra ==" not in each}

    assert always == {"flask", "cryptography", "werkzeug"}
    assert metadata["Requires-Python"] == ">=3.10"
