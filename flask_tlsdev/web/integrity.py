"""What is the hash of a static file, for ``integrity="..."``?"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache

from flask import current_app
from werkzeug.security import safe_join

from ..errors import ConfigError
from ..printable import quoted
from ..spelling import did_you_mean


def static_integrity(filename: str, *, blueprint: str | None = None) -> str:
    """The hash of a static file, so that a browser runs no other one.

    ::

        <script src="{{ url_for('static', filename='app.js') }}"
                integrity="{{ static_integrity('app.js') }}"></script>

    The file is read again only after it has changed.

    :param filename: As in ``url_for("static", filename=...)``.
    :param blueprint: The blueprint whose static file it is.
    :raises ConfigError: There is no such file.
    """
    owner = current_app.blueprints.get(blueprint) if blueprint else current_app
    folder = owner.static_folder if owner else None
    path = safe_join(folder, filename) if folder else None
    try:
        if path is None:
            raise FileNotFoundError
        found = os.stat(path)
        return _hash(path, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"There is no static file {quoted(filename)}.",
            hint=did_you_mean(filename, _names(folder)),
        ) from error


@lru_cache(maxsize=1024)
def _hash(path: str, changed: int, size: int) -> str:
    with open(path, "rb") as file:
        digest = hashlib.sha384(file.read()).digest()

    return f"sha384-{base64.b64encode(digest).decode()}"


def _names(folder: str | None) -> list[str]:
    try:
        return os.listdir(folder) if folder else []
    except OSError:
        return []
