"""Where do the user's pairs and CA lie?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .. import files
from ..errors import ConfigError
from ..errors import StoreError
from .values import absolute


class Folders(NamedTuple):
    """The folders of the user.

    An app that only wants headers runs for users without a home, too, so that
    there is no such folder is an error when the folder is asked for.
    """

    store_or_error: Path | StoreError
    ca_or_error: Path | StoreError

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Folders:
        """The folders that the environment names, else those in the data folder.

        :param environ: The user's own environment.
        """
        data = _data_folder(environ)
        return cls(
            _named(environ, "TLSDEV_STORE_PATH") or _below(data, "pairs"),
            _named(environ, "TLSDEV_CA_PATH") or _below(data, "ca"),
        )

    def moved(self, *, store: Path | None, ca: Path | None) -> Folders:
        """The same, but for what is not ``None``."""
        return Folders(store or self.store_or_error, ca or self.ca_or_error)

    @property
    def store(self) -> Path:
        """Where the pairs are kept."""
        return _found(self.store_or_error)

    @property
    def ca(self) -> Path:
        """Where the local CA is kept."""
        return _found(self.ca_or_error)


def _named(environ: Mapping[str, str], variable: str) -> Path | None:
    text = environ.get(variable)
    if not text:
        return None

    try:
        return absolute(text)
    except ConfigError as error:
        raise ConfigError(
            f"{variable}: {error.message}", key=variable, hint=error.hint
        ) from error


def _data_folder(environ: Mapping[str, str]) -> Path | StoreError:
    try:
        return files.data_folder(environ)
    except StoreError as error:
        return error


def _below(folder: Path | StoreError, name: str) -> Path | StoreError:
    return folder / name if isinstance(folder, Path) else folder


def _found(folder: Path | StoreError) -> Path:
    if isinstance(folder, StoreError):
        raise folder

    return folder
