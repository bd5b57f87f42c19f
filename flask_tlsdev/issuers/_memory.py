"""What is kept of an issuer, so that its pairs can be renewed where no app is?

::

    <store>/<folder of its kind>/<issuer id>.json

Neither secrets nor programs are kept: the user's environment has those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import Protocol
from typing import TypeVar

from .. import files
from ..errors import TLSDevError

_VERSION = 1


class _Options(Protocol):
    @property
    def issuer_id(self) -> str: ...


_O = TypeVar("_O", bound=_Options)


def keep(folder: Path, issuer_id: str, content: Mapping[str, object]) -> None:
    """Write it, where it is not there already.

    :param folder: In the store.
    :raises StoreError: It cannot be written.
    """
    path = _path(folder, issuer_id)
    data = json.dumps({"version": _VERSION, **content}, indent=2).encode() + b"\n"
    if not path.exists() or files.read(path) != data:
        files.make_data_folder(path.parents[1])
        files.make_private_folder(path.parent)
        files.write(path, data)


def find(
    folder: Path, issuer_id: str, make: Callable[[dict[str, Any]], _O]
) -> _O | None:
    """The options of an issuer; ``None`` where nothing of it can be read.

    :param make: Makes them of the content, or raises what a wrong type or value
        raises.
    """
    try:
        content = json.loads(files.read(_path(folder, issuer_id)))
        if content.pop("version") != _VERSION:
            return None

        options = make(content)
    except (
        TLSDevError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
    ):
        return None

    return options if options.issuer_id == issuer_id else None


def _path(folder: Path, issuer_id: str) -> Path:
    return folder.absolute() / f"{issuer_id}.json"
