"""What a user has on the disk, and whether a fault has left it sound."""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from click.testing import Result
from flask.cli import cli

from flask_tlsdev.errors import StoreError
from flask_tlsdev.files import data_folder
from flask_tlsdev.store import PairStore
from tests.runner import CliRunner

SECRET = b"PRIVATE KEY-----"


@dataclass(frozen=True)
class World:
    """A home folder and a project's folder, as they were before the fault."""

    home: Path
    project: Path
    #: A copy of what was in the home; ``None`` for a user who starts.
    before: Path | None

    def restore(self) -> None:
        """Make everything as it was."""
        for folder in (self.home, self.project):
            for entry in folder.iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

        if self.before is not None:
            shutil.copytree(self.before, self.home, dirs_exist_ok=True)

    @property
    def data(self) -> Path:
        return data_folder({"HOME": str(self.home)})

    @property
    def keys(self) -> list[Path]:
        """Every file that holds a private key, under whatever name."""
        return [
            path
            for folder in (self.home, self.project)
            for path in folder.rglob("*")
            if path.is_file() and SECRET in path.read_bytes()
        ]

    def check(self) -> None:
        """No key is readable by others, and no pair that can be found is half."""
        for key in self.keys:
            assert stat.S_IMODE(key.stat().st_mode) == 0o600, key

        store = PairStore(self.data / "pairs")
        try:
            found = store.list()
        except StoreError:
            # Something else stands where the store was: then nothing is served.
            return

        for stored in found:
            pair = store.load(stored)
            assert tuple(map(str, pair.names)) == stored.sidecar.names


def flask(*arguments: str) -> Result:
    """``flask ARGUMENTS`` in this process: done, or one sentence."""
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, (SystemExit, type(None))), result.exception
    if result.exit_code:
        assert_is_sentence(result.output)

    return result


def assert_is_sentence(output: str) -> None:
    """An error as a user may see it: no traceback, and something to read."""
    assert "Traceback" not in output
    assert "Error: " in output, output
